//: bad constant
const apiKey = 'insert-api-token-here';
//: bad property
export const db = { host: 'db.invalid', password: 'replace-me' };
//: bad class field
export class Client { private apiKey: string = 'replace-me'; }
//: good markup @ app.tsx
export const Field = () => <input name="q" placeholder="changeme" type="text" />;
//: good argument of a function
export const token = readToken('changeme');
//: good block comment
/* const apiKey = "your-key-here"; */
export const x = 1;
//: good template
export const apiKey = `${prefix}-changeme`;
