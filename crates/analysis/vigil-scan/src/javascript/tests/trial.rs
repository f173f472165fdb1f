//! Tests: assertions, skips, swallowed failures, HTTP, mocks.

use super::{auth::apply, facts_at, read};
use crate::facts::{Facts, Test};

fn file(text: &str) -> Facts {
    facts_at("src/a.test.ts", text)
}

fn only(text: &str) -> Test {
    let mut tests = file(text).tests;
    assert_eq!(tests.len(), 1, "{text}");
    tests.remove(0)
}

#[test]
fn a_test_file_is_told_by_its_name_or_folder() {
    for (path, expected) in [
        ("a.test.js", true),
        ("user-card.test.js", true),
        ("price.list.spec.ts", true),
        ("tests/scenario.js", true),
        ("pkg/__tests__/x.tsx", true),
        ("cypress/e2e/login.cy.ts", true),
        ("test.js", false),
        ("src/contest.js", false),
        ("src/latest/a.js", false),
        ("test_a.js", false),
    ] {
        assert_eq!(!facts_at(path, "it('x', () => { f() })").tests.is_empty(), expected, "{path}");
    }
}

#[test]
fn tests_of_every_framework_are_seen() {
    for text in [
        "test('x', () => { f() })",
        "it('x', function () { f() })",
        "specify('x', () => f())",
        "test.only('x', () => { f() })",
        "it.each([1, 2])('x %i', (n) => { f(n) })",
        "it.each`a\n${1}`('x', ({ a }) => { f(a) })",
        "it.concurrent.only.each([1])('x', (n) => f(n))",
        "test.failing('x', () => f())",
        "import { test } from 'node:test'; test('x', (t) => { f() })",
        "const test = require('tape'); test('x', (t) => { f(); t.end() })",
        "Deno.test('x', () => f())",
        "Deno.test({ name: 'x', fn() { f() } })",
        "QUnit.test('x', (assert) => f())",
        "test.serial('x', (t) => f())",
        "const test = base.extend({}); test('x', async ({ page }) => { await page.goto('/') })",
        "it('x', fakeAsync(() => { f() }))",
        "describe('g', () => { it('x', () => f()) })",
        "describe.each([1])('g', () => { it('x', () => f()) })",
        "test(`x ${1}`, () => f())",
        "it('x', done => { f(); done() })",
        "it('x', () => { const r = f(); expect(r) })",
        "test('x', { timeout: 5 }, () => f())",
    ] {
        let test = only(text);
        assert!(test.assertions.is_empty() && !test.skipped, "{text}: {:?}", test.assertions);
    }
}

#[test]
fn what_is_no_test_is_none() {
    for text in [
        "function test(name, fn) { return fn(name) } test('x', () => f())",
        "/x/.test('y')",
        "const it = (a, b) => b(); it('x', () => f())",
        "cases.forEach(test => test('x', () => f()))",
        "test.use({ a: 1 })",
        "test.beforeEach(() => f())",
        "beforeEach(() => f())",
        "it('x', imported)",
        "suite.add('x', () => f())",
    ] {
        let (facts, _) = read("src/a.test.ts", text);
        assert!(facts.tests.is_empty(), "{text}: {:?}", facts.tests);
    }
}

#[test]
fn assertions_of_every_library_count() {
    for text in [
        "it('x', () => { expect(f()).toBe(2) })",
        "it('x', () => expect(f()).toBe(2))",
        "it('x', async () => { await expect(f()).rejects.toThrow('no') })",
        "it('x', () => { expect(f()).to.be.true })",
        "it('x', () => { expect(f()).toMatchSnapshot() })",
        "it('x', () => { expectTypeOf(f).toBeFunction() })",
        "it('x', () => { assert(f() === 1) })",
        "it('x', () => { assert.strictEqual(f(), 2) })",
        "import { strictEqual } from 'node:assert'; it('x', () => { strictEqual(f(), 2) })",
        "it('x', () => { sinon.assert.calledOnce(f) })",
        "it('x', () => { f().should.equal(1) })",
        "it('x', () => { should.exist(f()) })",
        "it('x', () => request(app).get('/').expect(200))",
        "it('x', (done) => { request(app).get('/').expect(200, done) })",
        "it('x', (done) => { emitter.on('end', done) })",
        "it('x', (done) => { f((err) => done(err)) })",
        "it('x', (done) => { f(() => { done() }) })",
        "test('x', (t) => { t.equal(f(), 1); t.end() })",
        "test('x', (t) => { t.plan(1); f() })",
        "test('x', async ({ equal }) => { equal(f(), 1) })",
        "const { match } = require('./helper'); test('x', () => { match(f(), 1) })",
        "test('x', (t, done) => { f(() => { done() }) })",
        "test('x', (t) => { t.test('y', (st) => { st.ok(f()) }) })",
        "QUnit.test('x', (assert) => { assert.ok(f()) })",
        "it('x', () => { if (f()) throw new Error('no') })",
        "it('x', () => { cy.get('x').should('be.visible') })",
        "it('x', () => { screen.getByText('hello') })",
        "it('x', async () => { await waitFor(() => f()) })",
        "it('x', () => { verifyRows(f()) })",
        "it('x', () => { page.expectTitle('x') })",
        "it('x', () => { fail('no') })",
        "it('x', () => { expect.assertions(1); return f() })",
        "it('x', () => { items.forEach((i) => { expect(i).toBe(1) }) })",
        "it('x', () => { return f().then((r) => { expect(r).toBe(1) }) })",
        "it('x', () => { scope.done() })",
        "it('x', () => {\n  // @ts-expect-error\n  f(1)\n})",
        "function check(x) { expect(x).toBe(1) } it('x', () => { check(f()) })",
        "const check = (x) => { inner(x) }; const inner = (x) => { expect(x).toBe(1) }; it('x', () => { check(f()) })",
        "it('x', body); function body() { expect(f()).toBe(1) }",
        "class Page { see(x) { expect(x).toBe(1) } } it('x', () => { new Page().see(1) })",
        "it('x', () => { [1].forEach(row) }); function row(x) { assert.ok(x) }",
        "afterEach(() => { expect(mock).toHaveBeenCalled() }); it('x', () => { f() })",
        "it('x', inject([A], (a) => { expect(a).toBe(1) }))",
        "Deno.test('x', () => { assertEquals(f(), 1) })",
        "import { verifyRow } from './helpers'; it('x', () => { verifyRow(1) })",
    ] {
        let test = only(text);
        assert!(
            !test.assertions.is_empty() && !test.assertions.iter().any(|it| it.trivial),
            "{text}: {:?}",
            test.assertions
        );
    }
}

#[test]
fn what_is_tested_is_no_assertion() {
    for text in [
        "import { verifyToken } from '../auth'; it('x', () => { verifyToken(1) })",
        "it('x', () => { cart.add('pear') })",
        "test('x', async ({ page }) => { await page.goto('/') })",
        "test('x', ({ end }) => { f(); end() })",
        "it('x', () => { f.mockImplementation(() => { throw new Error('x') }) })",
        "function helper(x) { f(x) } it('x', () => { helper(1) })",
        "function a() { b() } function b() { a() } it('x', () => { a() })",
        "it('x', () => { // expect(1).toBe(1)\n f() })",
        "it('x', () => { f('expect(1)') })",
    ] {
        assert!(only(text).assertions.is_empty(), "{text}");
    }
    let tests = file("it('a', () =>\n  expect(1 + 1).toBe(2),\n);\ntest('b', () => {\n  run();\n});").tests;
    assert_eq!(tests.iter().map(|it| it.assertions.len()).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn assertions_that_nearly_every_value_fulfils() {
    for (assertion, trivial) in [
        ("expect(node).toBeTruthy()", true),
        ("expect(render(page)).toBeTruthy()", true),
        ("expect(v).toBeDefined()", true),
        ("expect(v).not.toBeNull()", true),
        ("expect(v).not.toBeUndefined()", true),
        ("expect(true).toBe(true)", true),
        ("assert(true)", true),
        ("assert.equal(1, 1)", true),
        ("t.ok(true)", true),
        ("expect(v).to.exist", true),
        ("expect(ok).toBe(true)", false),
        ("expect(isValid(v)).toBeTruthy()", false),
        ("expect(a === b).toBeTruthy()", false),
        ("expect(!a).toBeTruthy()", false),
        ("expect(el.querySelector('x')).not.toBeNull()", false),
        ("expect(v).toBeNull()", false),
        ("expect(v).toBe(false)", false),
        ("expect(v).to.be.true", false),
        ("assert.ok(v)", false),
        ("assert(false)", false),
    ] {
        let test = only(&format!("test('x', (t) => {{ {assertion} }})"));
        assert_eq!(test.assertions.iter().map(|it| it.trivial).collect::<Vec<_>>(), [trivial], "{assertion}");
    }
}

#[test]
fn handlers_that_hide_the_failure() {
    for (handler, hidden) in [
        ("catch {}", true),
        ("catch (e) {}", true),
        ("catch (e: unknown) { /* fine */ }", true),
        ("catch (e) { console.log(e) }", true),
        ("catch (e) { ignore(e) }", true),
        ("catch (e) { return }", true),
        ("catch (e) { expect(e.code).toBe('X') }", false),
        ("catch (e) { caught = e }", false),
        ("catch (e) { throw e }", false),
        ("catch (e) { return { error: e } }", false),
        ("catch (e) { done(e) }", false),
        ("catch (e) { report(e) }", false),
        ("finally { f() }", false),
    ] {
        let test = only(&format!(
            "test('x', async () => {{ try {{ await send() }} {handler} expect(n()).toBe(1) }})"
        ));
        assert_eq!(!test.swallowed.is_empty(), hidden, "{handler}");
    }
    assert!(
        only("test('x', () => { try { fs.unlinkSync(p) } catch {} expect(n()).toBe(1) })")
            .swallowed
            .is_empty()
    );
}

#[test]
fn skips_and_their_reasons() {
    for (text, reasons) in [
        ("test.skip('x', () => f())", vec![false]),
        ("xit('x', () => f())", vec![false]),
        ("xtest('x', () => f())", vec![false]),
        ("describe.skip('g', () => { it('x', () => f()) })", vec![false]),
        ("xdescribe('g', () => { it('x', () => f()) })", vec![false]),
        ("it.skip.each([1])('x', (n) => f(n))", vec![false]),
        ("// needs a printer\ntest.skip('x', () => f())", vec![true]),
        ("test.skip('x', () => f()) // needs a printer", vec![true]),
        ("/* needs\n a printer */\ntest.skip('x', () => f())", vec![true]),
        ("// eslint-disable-next-line\ntest.skip('x', () => f())", vec![false]),
        ("f() // something else\ntest.skip('x', () => f())", vec![false]),
        ("// far away\n\ntest.skip('x', () => f())", vec![false]),
        ("test('x', { skip: 'needs a printer' }, () => f())", vec![true]),
        ("test('x', { skip: true }, () => f())", vec![false]),
        ("test('x', { skip: !ci }, () => f())", vec![]),
        ("test('x', (t) => { t.skip('needs a printer') })", vec![true]),
        ("it('x', function () { this.skip() })", vec![false]),
        ("it('x', function () { if (ci) this.skip(); f() })", vec![]),
        ("test('x', () => { test.skip(ci, 'needs a printer'); f() })", vec![true]),
        ("it.skipIf(ci)('x', () => f())", vec![]),
        ("it.todo('x')", vec![]),
        ("test('x', () => { expect(skip('a')).toBe(1) })", vec![]),
        ("test.fixme('x', async () => f())", vec![false]),
    ] {
        let found: Vec<bool> = file(text).skips.iter().map(|it| it.reasoned).collect();
        assert_eq!(found, reasons, "{text}");
    }
    for text in
        ["describe.skip('g', () => { it('x', () => f()) })", "it.todo('x')", "xit('x', () => f())", "it('x')"]
    {
        assert!(only(text).skipped, "{text}");
    }
}

#[test]
fn a_skip_gets_room_for_its_reason() {
    let text = "describe('g', () => {\n  it.skip('x', () => f())\n})";
    let fix = file(text).skips.remove(0).fix.expect("a fix");
    assert_eq!(
        apply(text, &fix.edits),
        "describe('g', () => {\n  // TODO: say why this is skipped\n  it.skip('x', () => f())\n})"
    );
}

#[test]
fn http_calls_and_the_status_of_replies() {
    for (body, calls, checked) in [
        ("const res = await request(app).get('/n'); expect(res.body).toEqual([])", 1, false),
        ("const res = await request(app).get('/n').expect(200); expect(res.body).toEqual([])", 1, true),
        ("const res = await request(app).get('/n'); expect(res.status).toBe(200)", 1, true),
        ("const res = await fetch('/n'); expect(res).toHaveProperty('status', 200)", 1, true),
        ("const res = await fetch('/n'); expect(res.statusCode).toBe(204)", 1, true),
        ("const page = await fetch('/n'); expect(await page.text()).toContain('pear')", 1, false),
        ("const out = await axios.put('/n', {}); expect(out.data).toBe('y')", 1, false),
        ("const { status } = await axios.get('/n'); expect(status).toBe(200)", 1, true),
        ("const res = await app.inject({ url: '/n' }); expect(res.json()).toEqual([])", 1, false),
        ("await expect(axios.get('/n')).rejects.toThrow()", 1, true),
        ("expect(await get('/n')).toMatchObject({ status: 200 })", 0, true),
        ("const n = await prefetch(['a']); expect(n).toBe(2)", 0, false),
        ("const n = await map.get('a'); expect(n).toBe(2)", 0, false),
    ] {
        let test = only(&format!("test('x', async () => {{ {body} }})"));
        assert_eq!((test.http_calls.len(), test.checks_status), (calls, checked), "{body}");
    }
    let test = only(
        "async function load() { return fetch('/n') } test('x', async () => { expect(await load()).toBe(1) })",
    );
    assert_eq!((test.http_calls.len(), test.checks_status), (1, false));
}

#[test]
fn mocked_and_asserted_values() {
    for (body, mocked, asserted) in [
        ("const f = jest.fn().mockReturnValue(42); expect(f()).toBe(42)", "42", "42"),
        ("const f = vi.fn().mockReturnValue('a'); expect(f()).toEqual('a')", "a", "a"),
        ("load.mockResolvedValueOnce(null); expect(await load()).toStrictEqual(undefined)", "null", "null"),
        ("stub.returns(-1); assert.equal(f(), -1)", "-1", "-1"),
        ("const f = jest.fn(() => true); assert.strictEqual(f(), true)", "true", "true"),
        ("f.mockImplementation(() => []); t.is(f(), {})", "[]", "{}"),
        ("const f = jest.fn().mockReturnValue(10); expect(total(f)).toBe(30)", "10", "30"),
        ("f.mockReturnValue(make()); expect(f()).toEqual({ a: 1 })", "", ""),
    ] {
        let test = only(&format!("test('x', async (t) => {{ {body} }})"));
        let join = |values: &[crate::facts::Literal]| {
            values.iter().map(|it| it.value.clone()).collect::<Vec<_>>().join(",")
        };
        assert_eq!(
            (join(&test.mock_values).as_str(), join(&test.asserted_values).as_str()),
            (mocked, asserted),
            "{body}"
        );
    }
}
