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
