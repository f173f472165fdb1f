//: bad or
const secret = process.env.JWT_SECRET || 'walnut-tree';
//: bad nullish
const secret = process.env.JWT_SECRET ?? 'walnut-tree';
//: bad brackets
const token = process.env["GITHUB_TOKEN"] || "ghx-local";
//: bad digit in the name
const key = process.env.S3_SECRET_KEY || 'walnut-tree';
//: good harmless
const port = process.env.PORT || '3000';
//: good stops
const secret = process.env.JWT_SECRET || fail('JWT_SECRET is required');
//: good empty
const secret = process.env.JWT_SECRET || '';
//: good published on purpose
const key = process.env.STRIPE_PUBLISHABLE_KEY || 'pk_walnut';
