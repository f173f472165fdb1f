//: bad jest
it('adds', () => { const price = jest.fn().mockReturnValue(40); expect(total(price)).toBe(40); });
//: bad resolved
it('adds', async () => { const price = jest.fn().mockResolvedValue('x1'); expect(await total(price)).toEqual('x1'); });
//: bad vitest
it('adds', () => { const price = vi.fn().mockReturnValue(40); expect(total(price)).toBe(40); });
//: good another value
it('adds', () => { const price = jest.fn().mockReturnValue(40); expect(total(price)).toBe(47.6); });
//: good no mock
it('adds', () => { expect(total([40])).toBe(40); });
