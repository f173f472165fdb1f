//: bad variable
let token = '11112222';
//: bad property
export const db = { user: 'root', password: 'qwerty' };
//: good label
export const labels = { user: 'Name', password: 'Password' };
//: good label in another language
export const labels = { password: 'Mot de passe' };
//: good validation rule
export const rules = { password: 'required' };
//: good type of a field
export const schema = { password: 'string' };
