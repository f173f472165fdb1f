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
