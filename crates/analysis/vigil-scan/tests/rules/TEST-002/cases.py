#: bad true
def test_it():
    run()
    assert True
#: bad not none
def test_it():
    value = run()
    assert value is not None
#: bad bare name
def test_it():
    value = run()
    assert value
#: bad with a message
def test_it():
    value = run()
    assert value, "there is one"
#: bad method of the class
class TestIt(TestCase):
    def test_it(self):
        self.assertIsNotNone(value)
#: bad two of them
def test_it():
    assert one is not None
    assert two is not None
#: bad constants
def test_it():
    assert 1 == 1
#: bad one line
def test_it(): assert True
#: bad trailing comment
def test_it():
    assert value is not None  # there
#: good one that tells more
def test_it():
    value = run()
    assert value is not None
    assert value.total == 3
#: good comparison
def test_it():
    assert run() == 3
#: good call
def test_it():
    assert is_ready()
#: good attribute
def test_it():
    assert reply.ok
#: good nothing at all is another rule
def test_it():
    run()
#: good skipped
import pytest
@pytest.mark.skip(reason="later")
def test_it():
    assert True
#: good no test file @ app.py
def test_it():
    assert True
#: good membership
def test_it():
    assert "a" in run()
