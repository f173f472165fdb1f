#: bad calls only
def test_total():
    total([1, 2])
#: bad prints
def test_total():
    print(total([1, 2]))
#: bad pass
def test_total():
    pass
#: bad commented assert
def test_total():
    total([1, 2])
    # assert total([1]) == 1
#: bad word in the docstring
def test_total():
    """assert that it works"""
    total([1, 2])
#: bad async method
class TestTotal:
    async def test_total(self):
        await total([1, 2])
#: bad one line
def test_total(): total([1])
#: bad helper that does not assert
def run():
    return total([1])
def test_total():
    run()
#: good assert
def test_total():
    assert total([1, 2]) == 3
#: good method of the test class
class TestTotal(TestCase):
    def test_total(self):
        self.assertEqual(total([1, 2]), 3)
#: good raises
import pytest
def test_total():
    with pytest.raises(ValueError):
        total([])
#: good imported raises
from pytest import raises
def test_total():
    with raises(ValueError):
        total([])
#: good mock
def test_total(mocker):
    mock = mocker.Mock()
    total(mock)
    mock.assert_called_once_with(3)
#: good imported helper
from numpy.testing import assert_allclose
def test_total():
    assert_allclose(total([1, 2]), 3)
#: good helper of this file
def check(value):
    assert value == 3
def test_total():
    check(total([1, 2]))
#: good signature over several lines
def test_total(
    first,
    second,
):
    assert total([first, second]) == 3
#: good fixture
import pytest
@pytest.fixture
def test_data():
    return [1, 2]
#: good skipped
import pytest
@pytest.mark.skip(reason="later")
def test_total():
    total([])
#: good nested
def test_total():
    for one in range(3):
        if one:
            assert total([one]) == one
#: good no test file @ totals.py
def test_total():
    total([])
#: good name says that nothing shall go wrong
def test_close_twice_does_not_raise():
    client.close()
    client.close()
#: good comment says that nothing shall go wrong
def test_close():
    # Used to crash when nothing was open.
    client.close()
#: good docstring says that nothing shall go wrong
def test_close():
    """Closing twice is no error."""
    client.close()
#: bad name says so and nothing is called
def test_does_not_raise():
    pass
#: good raises what fails
def test_total():
    if total([1]) != 1:
        raise TestFailed("wrong total")
#: good helper that raises what fails
def tester(left, right):
    if left != right:
        raise TestFailed("differs")
def test_total():
    tester(total([1]), 1)
#: bad raises for its own purpose
def test_total():
    try:
        raise ValueError("x")
    except ValueError:
        total([1])
#: good hands the test on
class T(TestCase):
    def test_total(self):
        with Tracer(self) as tracer:
            tracer.run(total)
#: good hands an assertion on
class T(TestCase):
    def test_total(self):
        roundtrip(self.assertEqual, total)
#: bad hands itself to what is no check
class T(TestCase):
    def test_total(self):
        setattr(self, "x", total([1]))
#: good method of the class it is mixed into
class Base(TestCase):
    def same(self, left, right):
        self.assertEqual(left, right)
class Mixin:
    def test_total(self):
        self.same(total([1]), 1)
#: good own check
class T(Base):
    def test_total(self):
        self.checkequal(total([1]), 1)
#: good function of a script @ tests/audit.py
def test_total():
    total([1])
if __name__ == "__main__":
    test_total()
#: bad function of a file of tests @ tests/helpers.py
def test_total():
    total([1])
#: bad method of a mixin @ tests/mixins.py
class TotalTests:
    def test_total(self):
        total([1])
#: good another file's check
from enum import _test_simple_enum
def test_enum():
    _test_simple_enum(A, B)
#: good asserts in another interpreter
import subprocess, sys
def test_total():
    code = "import shop; value = shop.total([1]); assert value == 1"
    subprocess.check_output([sys.executable, "-c", code])
#: bad a text that only speaks of it
def test_total():
    total("you have to assert this")
#: good fixture that compares
def test_literal(literal_round_trip):
    literal_round_trip(Boolean(), [True], [True])
#: good expects what is raised
def test_it():
    with tm.external_error_raised(TypeError):
        raise TypeError("x")
#: good comment says what would fail
def test_create_index():
    # This would error if the classes were not ignored.
    editor.add_index(index)
#: good method that is called later
class T(TestCase):
    def on_start(self, name):
        self.assertEqual(name, "a")
    def test_parse(self):
        self.parser.handler = self.on_start
        self.parser.parse("<a/>")
#: bad method that is called later and asserts nothing
class T(TestCase):
    def on_start(self, name):
        print(name)
    def test_parse(self):
        self.parser.handler = self.on_start
        self.parser.parse("<a/>")
#: good what a test of a runner runs
class RunnerTests(TestCase):
    class Sample(TestCase):
        def test_pass(self):
            pass
    def test_run(self):
        self.assertTrue(run(self.Sample).ok)
#: good told what to expect
def test_exit(run):
    run_process(pid, exitcode=0)
#: good hands tests to a runner
def test_suite():
    return doctest.DocTestSuite()
#: good a fixture of the class that asserts
import pytest
class TestNumbers:
    @pytest.fixture
    def stored(self):
        def run(value, wanted):
            assert load(value) == wanted
        return run
    def test_float(self, stored):
        stored(1.5, 1.5)
#: good a part of tests, with its example
def test_dump(assertion, value):
    assertion(loads(dumps(value)), value)
class TestDump(TestCase):
    def test_it(self):
        test_dump(self.assertEqual, 1)
#: good an answer for its caller
class StaffOnly(UserPassesTestMixin):
    def test_func(self):
        return self.request.user.is_staff
#: bad an answer that nobody wants
class TestStaff(TestCase):
    def test_func(self):
        return compute()
#: good fail is handed on
class TestScope(TestCase):
    def test_scope(self):
        exec("fail('x')", {"fail": self.fail})
#: good a program that asserts, with a value
class TestShared(TestCase):
    def test_shared(self):
        run_string(f'assert(value == {value!r})')
#: good the other end asserts
class TestSocket(ThreadedCase):
    def test_connect(self):
        self.server.accept()
    def _test_connect(self):
        self.assertEqual(connect().recv(1), b"x")
#: good within a program
if __name__ == "__main__":
    class Demo(TestCase):
        def test_demo(self):
            print(1)
#: good waits that fail
class TestPage(SeleniumCase):
    def test_page(self):
        self.wait_for_text("#title", "x")
#: good runs the tests of a module that a fixture brings
def test_app(test_module):
    test_module.test_create_item()
#: bad runs what is not a test
def test_app(module):
    module.create_item()
#: bad a client of the application
from app import app
def test_login():
    client = app.test_client()
    client.post("/login", json={"name": "a"})
#: bad a context of the application
from app import app
def test_page():
    with app.test_request_context("/"):
        render()
#: good a test of an imported module is run
from examples import test_main
def test_example():
    test_main.test_read_main()
#: good a test of an imported module, named for what it is about
from examples import test_main
def test_example():
    test_main.test_create_user()
#: bad the comparison is returned and not asserted
class TestAdd(TestCase):
    def test_add(self):
        return add(1, 2) == 3
#: bad the comparison is returned, in a class of tests by its base
class Addition(unittest.TestCase):
    def test_add(self):
        return add(1, 2) == 3
#: good who asks for the view wants the answer
class Page(UserPassesTestMixin):
    def test_func(self):
        return self.request.user.is_staff
#: bad a comment and a text speak of it
def test_login(client):
    client.get("/")
# see test_login() above
TEXT = "test_login(client)"
#: bad called only when the file is run as a program
def test_login(client):
    client.get("/")
if __name__ == "__main__":
    test_login(Client())
#: bad called only by itself
def test_tree(node):
    test_tree(node.left)
#: good another function calls it
def test_lower(value):
    return value.lower()
def convert(value):
    return test_lower(value)
#: good an example calls it
def test_lower(value):
    """
    >>> test_lower("A")
    'a'
    """
    return value.lower()
#: bad a text that asserts is only shown
def test_total():
    got, want = total([1]), 1
    print(f"assert {got} == {want}")
#: bad a text that asserts goes nowhere
def test_total():
    message = f"assert {total([1])} == {1}"
    print(message)
#: good a text that asserts is run
def test_total():
    code = f"assert total([1]) == {1}"
    exec(code)
#: good a text that asserts is run by another interpreter
def test_total():
    call([sys.executable, "-c", f"assert total([1]) == {1}"])
#: good a text that asserts is written, and run
def test_total(tmp_path):
    (tmp_path / "a.py").write_text(dedent(f"assert total([1]) == {1}"))
    start(tmp_path / "a.py")
#: bad a wait for the time to go by
class TestPage(TestCase):
    def test_page(self):
        self.wait_for_timeout(500)
#: good what used to end the interpreter
def test_it():
    # Used to core dump
    read(b"")
#: good nothing should happen
def test_it():
    """Nothing should happen."""
    close(None)
#: bad overflow is only a word
def test_overflow():
    """The overflow of a buffer."""
    fill(buffer)
