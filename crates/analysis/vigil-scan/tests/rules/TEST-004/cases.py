#: bad marker
import pytest
@pytest.mark.skip
def test_it():
    assert run() == 1
#: bad empty call
import pytest
@pytest.mark.skip()
def test_it():
    assert run() == 1
#: bad unittest
import unittest
class TestIt(unittest.TestCase):
    @unittest.skip
    def test_it(self):
        self.assertEqual(run(), 1)
#: bad class
import pytest
@pytest.mark.skip
class TestIt:
    def test_it(self):
        assert run() == 1
#: bad call in the body
import pytest
def test_it():
    pytest.skip()
#: bad empty reason
class TestIt(TestCase):
    def test_it(self):
        self.skipTest("")
#: good reason
import pytest
@pytest.mark.skip(reason="until #482")
def test_it():
    assert run() == 1
#: good reason as position
import pytest
@pytest.mark.skip("until #482")
def test_it():
    assert run() == 1
#: good unittest with reason
import unittest
class TestIt(unittest.TestCase):
    @unittest.skip("until #482")
    def test_it(self):
        self.assertEqual(run(), 1)
#: good condition
import pytest, sys
@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_it():
    assert run() == 1
#: good expected failure
import pytest
@pytest.mark.xfail
def test_it():
    assert run() == 1
#: good call with reason
import pytest
def test_it():
    pytest.skip("no network")
#: good not skipped
def test_it():
    assert run() == 1
#: good no test file @ app.py
import pytest
@pytest.mark.skip
def helper():
    return 1
#: good call under a condition
import sys, pytest
def test_it():
    if sys.platform == "win32":
        # No fork there.
        pytest.skip()
    assert run() == 1
#: good call in the else of a condition
class TestIt(TestCase):
    def test_it(self):
        if has_fork():
            self.assertEqual(run(), 1)
        else:
            self.skipTest("")
#: good call where an import fails
import pytest
def test_it():
    try:
        import bz2
    except ImportError:
        pytest.skip()
    assert run(bz2) == 1
#: good exception where an import fails
import unittest
class TestIt(unittest.TestCase):
    def test_it(self):
        try:
            import bz2
        except ImportError:
            raise unittest.SkipTest
        self.assertEqual(run(bz2), 1)
#: bad call behind a condition
import pytest
def test_it():
    if run():
        prepare()
    pytest.skip()
#: bad call in a with
import pytest
def test_it():
    with open("x") as file:
        pytest.skip()
