//: bad defined
it('works', () => { const value = run(); expect(value).toBeDefined(); });
//: bad truthy
it('works', () => { const value = run(); expect(value).toBeTruthy(); });
//: bad not null
it('works', () => { const value = run(); expect(value).not.toBeNull(); });
//: bad call inside
it('works', () => { expect(run(1, 2)).toBeDefined(); });
//: good value
it('works', () => { expect(run()).toBe(3); });
//: good mixed
it('works', () => { const value = run(); expect(value).toBeDefined(); expect(value.total).toBe(3); });
//: good boolean result
it('works', () => { expect(isReady()).toBe(true); });
