//: bad no options
export function view(req, res) { res.cookie('a', value); }
//: bad one option
export function view(req, res) { res.cookie('a', value, { httpOnly: true }); }
//: bad insecure is not secure
export function view(req, res) { res.cookie('a', v, { insecure: true, httpOnly: true, sameSite: 'lax' }); }
//: good all options
export function view(req, res) { res.cookie('a', v, { secure: true, httpOnly: true, sameSite: 'lax' }); }
//: good same site as a switch
export function view(req, res) { res.cookie('a', v, { secure: true, httpOnly: true, sameSite: true }); }
//: good reading
export const a = $.cookie('a');
//: good cleared
export function view(req, res) { res.clearCookie('a'); }
//: good document
document.cookie = 'a=b';
