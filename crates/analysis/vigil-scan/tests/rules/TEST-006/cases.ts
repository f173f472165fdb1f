//: bad jest
it('adds', () => { const price = jest.fn().mockReturnValue(40); const got = price('pear'); expect(got).toBe(40); });
//: bad resolved
it('adds', async () => { const price = jest.fn().mockResolvedValue('x1'); expect(await price()).toEqual('x1'); });
//: bad vitest
it('adds', () => { const price = vi.fn().mockReturnValue(40); expect(price('pear')).toBe(40); });
//: bad member of an object
it('adds', () => { const api = { price: jest.fn().mockReturnValue(40) }; expect(api.price('pear')).toBe(40); });
//: bad spy
it('adds', () => { jest.spyOn(shop, 'price').mockReturnValue(40); expect(shop.price('pear')).toBe(40); });
//: bad mocked module
it('adds', () => { vi.mocked(price).mockReturnValueOnce(40); expect(price('pear')).toBe(40); });
//: bad assigned
it('adds', () => { api.price = jest.fn(() => 40); assert.equal(api.price('pear'), 40); });
//: bad sinon
it('adds', () => { const price = sinon.stub().returns(40); assert.strictEqual(price(), 40); });
//: bad stub of a member
it('adds', () => { sinon.stub(shop, 'price').returns(40); assert.strictEqual(shop.price(), 40); });
//: bad promise
it('adds', async () => { load.mockResolvedValue('x'); await expect(load()).resolves.toBe('x'); });
//: good through the code under test
it('adds', () => { const price = jest.fn().mockReturnValue(40); expect(total(price)).toBe(40); });
//: good through a method
it('adds', async () => { repo.find.mockResolvedValue('Ada'); const user = await service.load(1); expect(user).toBe('Ada'); });
//: good member of what a call gives
it('adds', () => { make.mockReturnValue(1); expect(make().count()).toBe(1); });
//: good tests of a mock library @ mock.test.ts
it('adds', () => { const price = fn(() => 40); price.mockReturnValue(40); expect(price()).toBe(40); });
//: good another value
it('adds', () => { const price = jest.fn().mockReturnValue(40); expect(total(price)).toBe(47.6); });
//: good no mock
it('adds', () => { expect(total([40])).toBe(40); });
