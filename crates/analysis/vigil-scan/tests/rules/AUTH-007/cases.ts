//: bad strict equality
export const check = (user, attempt) => user.password === attempt;
//: bad loose inequality
export function check(u, x) { if (u.hashedPassword != x) throw new Error('no'); }
//: good confirmation
export const same = (password: string, confirm: string) => password === confirm;
//: good type test
export const is = (x: any) => typeof x.password === 'string';
//: good undefined
export const has = (password?: string) => password !== undefined;
//: good timing safe
export const check = (a, b) => timingSafeEqual(Buffer.from(a.password), Buffer.from(b));
//: good parts of two addresses
function same(target: URL, root: URL) {
  if (target.protocol !== root.protocol || target.password !== root.password || target.hostname !== root.hostname) {
    return null;
  }
}
//: bad hosts are compared elsewhere
function login(input: Login, user: User) {
  return input.password === user.password && input.hostName === user.hostName;
}
