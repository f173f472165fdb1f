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
