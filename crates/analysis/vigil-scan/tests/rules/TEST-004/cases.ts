//: bad skip
test.skip('adds', () => { expect(total()).toBe(1); });
//: bad x
xit('adds', () => { expect(total()).toBe(1); });
//: bad group
describe.skip('total', () => { it('adds', () => { expect(total()).toBe(1); }); });
//: bad x group
xdescribe('total', () => { it('adds', () => { expect(total()).toBe(1); }); });
//: good comment above
// until #482: the service is down
test.skip('adds', () => { expect(total()).toBe(1); });
//: good active
test('adds', () => { expect(total()).toBe(1); });
//: good other skip
test('adds', () => { const rows = list.skip(2); expect(rows).toBe(1); });
