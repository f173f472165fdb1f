//: bad thirty days as text
export const token = jwt.sign({ sub }, key, { expiresIn: '30d' });
//: bad seconds as a number
export const options = { expiresIn: 604800 };
//: bad product of seconds
export const token = jwt.sign({ sub }, key, { expiresIn: 60 * 60 * 24 * 30 });
//: bad spelled out
export const refresh = { expires_in: '90 days' };
//: bad a year
export const token = jwt.sign({ sub }, key, { expiresIn: '1y' });
//: good fifteen minutes
export const token = jwt.sign({ sub }, key, { expiresIn: '15m' });
//: good one day
export const token = jwt.sign({ sub }, key, { expiresIn: '1d' });
//: good from the settings
export const token = jwt.sign({ sub }, key, { expiresIn: config.ttl });
//: good other keys
export const cache = { maxAge: 31536000, ttl: '30d' };
