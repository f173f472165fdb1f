//: bad argument
const pool = createPool('mysql://shop:oranges@db.internal/shop');
//: bad upper case
export default { url: 'MongoDB://root:walnut@mongo.internal:27017/app' };
//: bad clustered
export const uri = "mongodb+srv://reader:plum-tree@cluster0.internal/app";
//: good template
const url = `postgres://svc:${process.env.DB_PASS}@db.internal/app`;
//: good shell reference
const url = 'postgres://svc:$DB_PASS@db.internal/app';
