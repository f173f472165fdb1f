//! Tests: which there are, what they assert, what is skipped.

use super::facts_at;
use crate::facts::Test;

#[track_caller]
fn tests(text: &str) -> Vec<Test> {
    facts_at("tests/test_a.py", text).tests
}

#[track_caller]
fn names(text: &str, expect: &[&str]) {
    let found: Vec<String> = tests(text).into_iter().map(|test| test.name).collect();
    assert_eq!(found, expect, "{text}");
}

/// The body of a test and how many assertions it makes.
#[track_caller]
fn asserts(body: &str, expect: usize) {
    let text = format!("def test_it(client):\n    {}\n", body.replace('\n', "\n    "));
    assert_eq!(tests(&text)[0].assertions.len(), expect, "{text}");
}

#[track_caller]
fn in_case(body: &str, more: &str, expect: usize) {
    let text = format!("class T(TestCase):\n    def test_it(self):\n        {body}\n{more}");
    assert_eq!(tests(&text)[0].assertions.len(), expect, "{text}");
}

#[track_caller]
fn trivial(body: &str, expect: bool) {
    let text = format!("def test_it():\n    {}\n", body.replace('\n', "\n    "));
    let found = tests(&text).remove(0).assertions;
    assert_eq!(found.iter().all(|assertion| assertion.trivial), expect, "{text}");
}

#[test]
fn a_file_holds_tests_by_its_name_or_its_directory() {
    for (path, expect) in [
        ("test_a.py", 1),
        ("a_test.py", 1),
        ("polls/tests.py", 1),
        ("tests/helpers.py", 1),
        ("a/test/b.py", 1),
        ("tests/conftest.py", 0),
        ("a.py", 0),
        ("latest/a.py", 0),
        ("contest.py", 0),
    ] {
        let text = "class TestA:\n    def test_a(self): ...";
        assert_eq!(facts_at(path, text).tests.len(), expect, "{path}");
    }
}

#[test]
fn a_script_beside_tests_holds_none() {
    let runs = "\nif __name__ == '__main__':\n    test_a()";
    for (path, end, expect) in [
        ("tests/test_a.py", runs, 1),
        ("tests/a_test.py", runs, 1),
        ("tests/helpers.py", "", 1),
        ("tests/audit.py", runs, 0),
    ] {
        let text = format!("def test_a(): ...{end}");
        assert_eq!(facts_at(path, &text).tests.len(), expect, "{path}");
    }
}

#[test]
fn finds_tests() {
    names("def test_a(): ...\nasync def test_b(): ...\ndef helper(): ...", &["test_a", "test_b"]);
    names("class TestA:\n    def test_b(self): ...\n    def other(self): ...", &["test_b"]);
    names("class A(unittest.TestCase):\n    def testB(self): ...", &["testB"]);
    names("class TestA:\n    class TestB:\n        def test_c(self): ...", &["test_c"]);
    names("if X:\n    def test_a(): ...", &["test_a"]);
}

#[test]
fn what_only_looks_like_a_test_is_none() {
    names("@pytest.fixture\ndef test_client(): ...", &[]);
    names("@pytest.fixture(scope='module')\ndef test_client(): ...", &[]);
    names("def f():\n    def test_inner(): ...", &[]);
    names("class Client:\n    def test_connection(self): ...", &[]);
    names("class TestA:\n    __test__ = False\n    def test_b(self): ...", &[]);
    names("class Base(TestCase):\n    def test_b(self):\n        raise NotImplementedError", &[]);
    names("@app.route('/test')\ndef test_page(): ...", &[]);
    names("def testing_client(): ...", &[]);
}

#[test]
fn the_head_is_the_signature() {
    let text = "@mark\nasync def test_a(\n    b,\n): assert b.c\n";
    let test = tests(text).remove(0);
    assert_eq!(&text[test.head.range()], "async def test_a(\n    b,\n)");
    let text = "class A(B):\n    def test_a(self) -> None:\n        pass\n";
    assert_eq!(&text[tests(text).remove(0).head.range()], "def test_a(self) -> None");
}

#[test]
fn counts_assertions_of_every_kind() {
    asserts("assert a == 1", 1);
    asserts("assert a == 1\nif b:\n    assert c", 2);
    asserts("with pytest.raises(ValueError):\n    f()", 1);
    asserts("with pytest.warns(UserWarning):\n    f()", 1);
    asserts("pytest.fail('no')", 1);
    asserts("raise AssertionError('no')", 1);
    asserts("np.testing.assert_allclose(a, b)", 1);
    asserts("assert_frame_equal(a, b)", 1);
    asserts("hook.assert_called_once_with(1)", 1);
    asserts("check_result(a)", 1);
    asserts("verify_output(a)", 1);
    asserts("expect(page).to_have_title('x')", 1);
    asserts("ensure_equal(a, b)", 1);
    asserts("validate_schema(a)", 1);
    asserts("result.stdout.fnmatch_lines(['*ok*'])", 1);
    asserts("testdir.runpytest().assert_outcomes(passed=1)", 1);
    asserts("benchmark(f, 1)", 1);
    asserts("snapshot.assert_match(a)", 1);
    asserts("eq_(a, b)", 1);
    asserts("warnings.simplefilter('error')\nf()", 1);
    asserts("subprocess.run(['x'], check=True)", 1);
    asserts("def inner():\n    assert a == 1\nrun(inner)", 1);
}

#[test]
fn calls_and_prints_assert_nothing() {
    asserts("f(1)", 0);
    asserts("print('assert')", 0);
    asserts("pass", 0);
    asserts("'''We assert nothing.'''\nf()", 0);
    asserts("# assert a\nf()", 0);
    asserts("app.test_client()", 0);
    asserts("d.get('checkout')", 0);
    asserts("warnings.simplefilter('ignore')", 0);
}

#[test]
fn an_import_by_another_name_asserts_too() {
    let count = |text| tests(text)[0].assertions.len();
    assert_eq!(
        count("from pytest import raises\ndef test_a():\n    with raises(ValueError):\n        f()"),
        1
    );
    assert_eq!(
        count(
            "from pytest import raises as throws\ndef test_a():\n    with throws(ValueError):\n        f()"
        ),
        1
    );
}

#[test]
fn methods_of_unittest_assert() {
    in_case("self.assertEqual(a, b)", "", 1);
    in_case("self.failUnless(a)", "", 1);
    in_case("self.fail('no')", "", 1);
    in_case("with self.assertRaises(ValueError): f()", "", 1);
    in_case("self.assertQuerySetEqual(a, b)", "", 1);
    in_case("self.run_test(1)", "", 1);
    in_case("super().test_it()", "", 1);
    in_case("self.client.login()", "", 0);
    in_case("self.skipTest('no')", "", 0);
}

#[test]
fn helpers_of_the_file_are_followed() {
    let count = |text| tests(text)[0].assertions.len();
    assert_eq!(count("def test_a():\n    go(1)\ndef go(x):\n    assert x == 1"), 1);
    assert_eq!(
        count("def test_a():\n    go(1)\ndef go(x):\n    deeper(x)\ndef deeper(x):\n    assert x == 1"),
        1
    );
    assert_eq!(count("def test_a():\n    go(1)\ndef go(x):\n    print(x)"), 0);
    assert_eq!(count("def test_a():\n    go(1)\ndef go(x):\n    back(x)\ndef back(x):\n    go(x)"), 0);
    in_case("self.go()", "    def go(self):\n        self.assertTrue(self.x)", 1);
    in_case("self.go()", "    def go(self):\n        self.x = 1", 0);
    let inherited = "class Base(TestCase):\n    def go(self):\n        assert self.x == 1\nclass T(Base):\n    def test_a(self):\n        self.go()";
    assert_eq!(count(inherited), 1);
    let made =
        "class Checker:\n    def run(self):\n        assert self.x == 1\ndef test_a():\n    Checker().run()";
    assert_eq!(count(made), 1);
}

#[test]
fn fixtures_and_decorators_of_the_file_can_assert() {
    let count = |text| tests(text).pop().map(|test| test.assertions.len());
    assert_eq!(
        count("@pytest.fixture\ndef quiet():\n    yield\n    assert not warned\ndef test_a(quiet):\n    f()"),
        Some(1)
    );
    assert_eq!(
        count(
            "def checked(f):\n    def run():\n        assert f() == 1\n    return run\n@checked\ndef test_a():\n    return 1"
        ),
        Some(1)
    );
    assert_eq!(count("from other import test_b\ndef test_a():\n    test_b()"), Some(1));
    assert_eq!(count("@unittest.expectedFailure\ndef test_a():\n    f()"), Some(1));
    assert_eq!(count("@check_figures_equal()\ndef test_a():\n    f()"), Some(1));
    assert_eq!(count("@pytest.mark.parametrize('a', [1])\ndef test_a(a):\n    f(a)"), Some(0));
}

#[test]
fn knows_what_nearly_every_value_fulfils() {
    for body in [
        "assert True",
        "assert x",
        "assert x, 'message'",
        "assert x is not None",
        "assert x is None",
        "assert 1 == 1",
        "assert True is True",
        "assert x == x",
        "assert (x == 1, 'message')",
        "assert not False",
        "assert x == 1 or True",
        "assert 'text'",
        "self.assertTrue(True)",
        "self.assertIsNotNone(x)",
        "self.assertEqual(1, 1)",
    ] {
        trivial(body, true);
    }
}

#[test]
fn knows_what_only_some_values_fulfil() {
    for body in [
        "assert x == 1",
        "assert x.ok",
        "assert f(x)",
        "assert not x",
        "assert 'a' in x",
        "assert x.a is not None",
        "ok = x == 1\nassert ok",
        "found = any(x)\nassert found",
        "valid = is_valid(x)\nassert valid",
        "called = False\ngo()\nassert called",
        "self.assertTrue(x)",
        "self.assertEqual(x, 1)",
        "assert 1 == 2 - x",
    ] {
        trivial(body, false);
    }
}

#[track_caller]
fn swallows(body: &str, expect: usize) {
    let text = format!("def test_it():\n    {}\n    assert a == 1\n", body.replace('\n', "\n    "));
    assert_eq!(tests(&text)[0].swallowed.len(), expect, "{text}");
}

#[test]
fn finds_handlers_that_swallow_everything() {
    swallows("try:\n    f()\nexcept:\n    pass", 1);
    swallows("try:\n    f()\nexcept Exception as e:\n    ...", 1);
    swallows("try:\n    f()\nexcept BaseException: pass", 1);
    swallows("try:\n    f()\nexcept (ValueError, Exception):\n    # why\n    pass", 1);
    swallows("with pytest.raises(Exception):\n    f()", 1);
    swallows("with self.assertRaises(Exception):\n    f()", 1);
}

#[test]
fn leaves_handlers_that_look_at_what_they_catch() {
    swallows("try:\n    f()\nexcept ValueError:\n    pass", 0);
    swallows("try:\n    f()\nexcept Exception:\n    raise", 0);
    swallows("try:\n    f()\nexcept Exception as e:\n    print(e)", 0);
    swallows("try:\n    f()\nexcept Exception:\n    pass\nelse:\n    pytest.fail('no')", 0);
    swallows("with pytest.raises(Exception, match='x'):\n    f()", 0);
    swallows("with pytest.raises(Exception) as info:\n    f()", 0);
    swallows("try:\n    raise Exception('x')\nexcept Exception:\n    pass", 0);
    swallows("with pytest.raises(Exception):\n    with f():\n        raise ValueError", 0);
    swallows("def inner():\n    try:\n        f()\n    except Exception:\n        pass", 0);
}

/// The body of a test, how many requests it makes, whether it looks at the status.
#[track_caller]
fn http(body: &str, calls: usize, status: bool) {
    let text = format!("import requests\ndef test_it(client):\n    {}\n", body.replace('\n', "\n    "));
    let test = tests(&text).remove(0);
    assert_eq!((test.http_calls.len(), test.checks_status), (calls, status), "{text}");
}

#[test]
fn finds_requests_to_the_service() {
    http("r = client.get('/a')\nassert r.json() == {}", 1, false);
    http("r = self.client.post(reverse('a'), {})\nassert r.json() == {}", 1, false);
    http("r = await async_client.put(f'/a/{x}')\nassert r.json() == {}", 1, false);
    http("r = requests.get('http://localhost/')\nassert r.text == 'a'", 1, false);
    http("r = client.get(url)\nassert r.json() == {}", 1, false);
    http("r = TestClient(app).get('/a')\nassert r.json() == {}", 1, false);
    http("assert d.get('a') == cache.get('/a')", 0, false);
    http("x = session.get(User, 1)", 0, false);
    http("x = redis_client.get('/a')", 0, false);
    http("x = client.get('key')", 0, false);
    http("client.get('/a')\nassert log == []", 0, false);
    http("with pytest.raises(ValueError):\n    client.get('/a')", 0, false);
}

#[test]
fn finds_looks_at_the_status() {
    http("r = client.get('/a')\nassert r.status_code == 200", 1, true);
    http("r = client.get('/a')\nassert r.status == 200", 1, true);
    http("r = client.get('/a')\nassert r.ok", 1, true);
    http("client.get('/a').raise_for_status()", 1, true);
    http("r = client.get('/a')\nself.assertContains(r, 'x')", 1, true);
    http("r = client.get('/a')\nself.assertRedirects(r, '/b')", 1, true);
    http("r = client.get('/a')\nassert_ok(r)", 1, true);
    http("r = client.get('/a')\ncheck_reply(r)", 1, true);
    http("r = client.get('/a', status=404)\nassert r.json() == {}", 1, true);
    http("r = client.post('/a', json={'status': 'x'})\nassert r.json()['id'] == 1", 1, false);
    http("r = client.get('/a')\nself.assertEqual(r.content, b'')", 1, false);
}

#[test]
fn a_helper_that_checks_the_status_counts() {
    let text = "def ok(r):\n    assert r.status_code == 200\ndef test_a(client):\n    r = client.get('/a')\n    ok(r)\n";
    assert!(tests(text)[0].checks_status);
}

/// Values that mocks return and that are asserted, as `VALUE of ORIGIN`.
#[track_caller]
fn mirrors(text: &str, mocks: &[&str], asserted: &[&str]) {
    let test = tests(text).remove(0);
    let told = |literals: &[crate::facts::Literal]| -> Vec<String> {
        let origin = |literal: &crate::facts::Literal| literal.origin.clone().unwrap_or_default();
        literals.iter().map(|literal| format!("{} of {}", literal.value, origin(literal))).collect()
    };
    assert_eq!(told(&test.mock_values), mocks, "{text}");
    assert_eq!(told(&test.asserted_values), asserted, "{text}");
}

#[test]
fn reads_what_mocks_return_and_what_is_asserted() {
    mirrors("def test_a():\n    m.return_value = 42\n    assert m() == 42", &["42 of m"], &["42 of m"]);
    mirrors("def test_a():\n    m.b.return_value = 'x'\n    assert 'x' == got", &["x of m.b"], &["x of "]);
    mirrors(
        "def test_a():\n    m = Mock(return_value=None)\n    got = await m(1)\n    assert got == None",
        &["null of m"],
        &["null of m"],
    );
    mirrors(
        "@patch('a.b', return_value=-1)\ndef test_a(b):\n    assert b() == -1",
        &["-1 of a.b"],
        &["-1 of a.b"],
    );
    mirrors(
        "def test_a():\n    with patch.object(A, 'b', return_value=[]):\n        assert got == []",
        &["[] of A.b"],
        &["[] of "],
    );
    mirrors(
        "class T(C):\n    def test_a(self):\n        m.return_value = True\n        self.assertEqual(True, got)",
        &["true of m"],
        &["true of "],
    );
    mirrors("def test_a():\n    m.return_value = [1]\n    assert got == [1]", &[], &[]);
    mirrors("def test_a():\n    m.return_value = X\n    assert got != 5", &[], &[]);
    mirrors(
        "def test_a():\n    m.return_value = 1\n    assert len(got) == 1\n    assert m.call_count == 1",
        &["1 of m"],
        &["1 of len"],
    );
    mirrors("def test_a():\n    m.return_value = True\n    assert got == True  # noqa", &["true of m"], &[]);
}

/// Whether each skip gives a reason, and whether the first test is skipped.
#[track_caller]
fn skips(text: &str, expect: &[bool], skipped: bool) {
    let facts = facts_at("test_a.py", text);
    let found: Vec<bool> = facts.skips.iter().map(|skip| skip.reasoned).collect();
    let first = facts.tests.first().is_some_and(|test| test.skipped);
    assert_eq!((found.as_slice(), first), (expect, skipped), "{text}");
}

#[test]
fn reads_skips() {
    skips("@pytest.mark.skip\ndef test_a(): ...", &[false], true);
    skips("@pytest.mark.skip()\ndef test_a(): ...", &[false], true);
    skips("@pytest.mark.skip(reason='')\ndef test_a(): ...", &[false], true);
    skips("@pytest.mark.skip('why')\ndef test_a(): ...", &[true], true);
    skips("@pytest.mark.skip(reason=WHY)\ndef test_a(): ...", &[true], true);
    skips("@pytest.mark.skip  # why\ndef test_a(): ...", &[true], true);
    skips("from pytest import mark\n@mark.skip\ndef test_a(): ...", &[false], true);
    skips("import unittest\n@unittest.skip\ndef test_a(): ...", &[false], true);
    skips("from unittest import skip\n@skip('why')\ndef test_a(): ...", &[true], true);
    skips("@pytest.mark.skipif(X, reason='why')\ndef test_a(): ...", &[], true);
    skips("@skipUnlessDBFeature('x')\ndef test_a(): ...", &[], true);
    skips("@pytest.mark.xfail\ndef test_a(): ...", &[], false);
    skips("@pytest.mark.skip\nclass TestA:\n    def test_b(self): ...", &[false], true);
    skips("pytestmark = pytest.mark.skip\ndef test_a(): ...", &[false], true);
    skips("pytestmark = [pytest.mark.slow, pytest.mark.skip('why')]\ndef test_a(): ...", &[true], true);
    skips("pytest.skip('why', allow_module_level=True)\ndef test_a(): ...", &[true], true);
    skips("def test_a():\n    pytest.skip()", &[false], true);
    skips("def test_a():\n    if x:\n        pytest.skip()\n    assert x.y", &[], false);
    skips("class T(TestCase):\n    def test_a(self):\n        self.skipTest('')", &[false], true);
    skips("def test_a():\n    raise unittest.SkipTest('why')", &[true], true);
    skips("def test_a():\n    raise SkipTest", &[false], true);
    skips("@pytest.mark.skip\ndef helper(): ...", &[false], false);
}

#[test]
fn skips_are_read_in_tests_only() {
    assert_eq!(facts_at("app.py", "@pytest.mark.skip\ndef later(): ...").skips, []);
}

#[test]
fn a_fix_writes_a_stub_of_a_reason() {
    for (text, expect) in [
        (
            "@pytest.mark.skip\ndef test_a(): ...",
            "@pytest.mark.skip(reason=\"TODO: say why this is skipped\")\ndef test_a(): ...",
        ),
        (
            "@pytest.mark.skip( )\ndef test_a(): ...",
            "@pytest.mark.skip(reason=\"TODO: say why this is skipped\")\ndef test_a(): ...",
        ),
        (
            "@unittest.skip\ndef test_a(): ...",
            "@unittest.skip(\"TODO: say why this is skipped\")\ndef test_a(): ...",
        ),
        (
            "def test_a():\n    self.skipTest('')",
            "def test_a():\n    self.skipTest(\"TODO: say why this is skipped\")",
        ),
        (
            "pytest.skip(allow_module_level=True)",
            "pytest.skip(\"TODO: say why this is skipped\", allow_module_level=True)",
        ),
    ] {
        let skip = facts_at("test_a.py", text).skips.remove(0);
        let edit = skip.fix.expect("a fix").edits.remove(0);
        let mut fixed = text.to_owned();
        fixed.replace_range(edit.start as usize..edit.end as usize, &edit.text);
        assert_eq!(fixed, expect);
        assert!(facts_at("test_a.py", &fixed).skips[0].reasoned);
    }
}

#[test]
fn an_assertion_by_another_name_is_one() {
    in_case("eq = self.assertEqual\n        eq(f(), 1)\n        eq(g(), 2)", "", 2);
    in_case("eq, ok = self.ndiffAssertEqual, self.assertTrue\n        eq(f(), 1)\n        ok(g())", "", 2);
    in_case("eq = self.assertEqual", "", 0);
    in_case("eq = self.other\n        eq(f(), 1)", "", 0);
    asserts("fs = [tm.assert_series_equal, tm.assert_frame_equal]\nfor f, x in zip(fs, xs):\n    f(x, y)", 1);
}

#[test]
fn a_decorator_of_the_class_asserts_for_its_tests() {
    let text = "class T(TestCase):\n    def jump(expected):\n        def decorator(func):\n            def test(self):\n                self.assertEqual(trace(func), expected)\n            return test\n        return decorator\n    @jump([1])\n    def test_it(output):\n        output.append(1)\n";
    assert_eq!(tests(text)[0].assertions.len(), 1);
}

#[test]
fn a_question_and_an_example_are_no_empty_tests() {
    names("def test_lower(value: str) -> bool:\n    return value.islower()", &[]);
    names("def test_lower(value: str) -> None: ...", &["test_lower"]);
    asserts("r\"\"\"\n>>> 1 + 1\n2\n\"\"\"", 1);
    asserts("\"\"\"Says what it does.\"\"\"", 0);
}

#[test]
fn an_assertion_that_never_passes_is_not_trivial() {
    trivial("self.assertTrue(False)", false);
    trivial("self.assertFalse(True)", false);
    trivial("self.assertTrue(True)", true);
}
