#: bad number
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.price.return_value = 40
    assert total(api) == 40
#: bad text
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.name.return_value = "Ada"
    assert name(api) == "Ada"
#: bad constructor
from unittest.mock import Mock
def test_it():
    api = Mock(return_value=40)
    assert total(api) == 40
#: bad method of the class
class TestIt(TestCase):
    def test_it(self):
        api = Mock()
        api.price.return_value = 40
        self.assertEqual(total(api), 40)
#: bad quotes differ
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.name.return_value = 'Ada'
    assert name(api) == "Ada"
#: bad true
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.ready.return_value = True
    assert ready(api) == True
#: bad operands reversed
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.price.return_value = 40
    assert 40 == total(api)
#: bad decorator
from unittest.mock import patch
@patch("shop.price", return_value=40)
def test_it(price):
    assert total() == 40
#: good another value
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.price.return_value = 40
    assert total(api) == 47.6
#: good not a literal
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.price.return_value = price
    assert total(api) == price
#: good inequality
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.price.return_value = 40
    assert total(api) != 40
#: good mock of another test
from unittest.mock import Mock
def test_one():
    api = Mock()
    api.price.return_value = 40
    assert total(api) == 41
def test_two():
    assert total(None) == 40
#: good no mock
def test_it():
    assert total([40]) == 40
#: good skipped
import pytest
from unittest.mock import Mock
@pytest.mark.skip(reason="later")
def test_it():
    api = Mock(return_value=40)
    assert total(api) == 40
#: good no test file @ app.py
from unittest.mock import Mock
def run():
    api = Mock(return_value=40)
    assert total(api) == 40
