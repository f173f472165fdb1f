//: bad calls only
test('adds', () => {
  total([1, 2]);
});
//: bad only
test.only('adds', () => { total([1, 2]); });
//: bad each
it.each([1, 2])('adds %d', (n) => { total([n]); });
//: bad within a group
describe('total', () => { it('adds', async () => { await total([1]); }); });
//: good expect
test('adds', () => { expect(total([1, 2])).toBe(3); });
//: good one line
it('adds', () => expect(total([1, 2])).toBe(3));
//: good node
import assert from 'node:assert';
test('adds', () => { assert.strictEqual(total([1, 2]), 3); });
//: good context of the runner
test('adds', (t) => { t.equal(total([1, 2]), 3); t.end(); });
//: good supertest
it('answers', async () => { await request(app).get('/').expect(200); });
//: good todo
it.todo('adds');
//: good title says that nothing shall go wrong
it('does not throw when closed twice', () => { client.close(); client.close(); });
//: good comment says that nothing shall go wrong
it('closes', () => {
  // must not throw
  client.close();
});
//: bad title says so and nothing is called
it('does not throw', () => {});
//: good helper in the callback of a group
describe('total', () => {
  const check = (value: number, expected: number) => {
    if (value) { expect(value).toBe(expected); }
  };
  it('adds', () => { check(total([1]), 1); });
});
//: bad function in the callback of a group
describe('total', () => {
  const prepare = (value: number) => { run(value); };
  it('adds', () => { prepare(1); });
});
//: good types are judged by the compiler @ a.test-d.ts
it('adds', () => { total([1]); });
//: good types within a test
it('adds', () => {
  const result = total([1]);
  const check: Expect<Equal<typeof result, number>> = true;
});
//: good only the compiler looks
test('assignability', () => {
  const _a: Schema = {} as any as StringSchema;
  const _b: Schema<string> = {} as StringSchema;
  type _c = Enum<{ a: 'a' }>;
});
//: bad a value without a type
test('assignability', () => {
  const a = string();
});
//: bad a value of a type is computed
it("adds", () => {
  const sum: number = add(1, 2);
});
//: bad a value of a type is awaited
it("creates", async () => {
  const user: User = await createUser("x");
});
//: bad a value of a type is made
it("makes", () => {
  const user: User = new User("x");
});
