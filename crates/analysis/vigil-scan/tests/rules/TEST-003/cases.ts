//: bad empty handler
it('works', () => {
  try { expect(run()).toBe(1); } catch (error) {}
});
//: bad no binding
it('works', () => {
  try { expect(run()).toBe(1); } catch {}
});
//: bad only a comment
it('works', () => {
  try { expect(run()).toBe(1); } catch (error) { /* fine */ }
});
//: good handler that checks
it('works', () => {
  try { run(); } catch (error) { expect(error.message).toBe('no'); }
});
//: good thrown again
it('works', () => {
  try { expect(run()).toBe(1); } catch (error) { throw error; }
});
//: good rejects
it('works', async () => { await expect(run()).rejects.toThrow('no'); });
//: good fails the test
it('works', (done) => {
  try { run(); expect(1).toBe(2); } catch (error) { done(error); }
});
//: good a handler of a component within the test
it('runs', async () => {
  const View = () => {
    const load = async () => { try { await run(); } catch (error) { console.error(error); } };
    return load;
  };
  expect(await View()()).toBe(1);
});
