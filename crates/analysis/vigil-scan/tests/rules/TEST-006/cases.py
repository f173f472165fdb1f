#: bad number
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.price.return_value = 40
    got = api.price('pear')
    assert got == 40
#: bad text
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.name.return_value = "Ada"
    assert api.name(1) == "Ada"
#: bad constructor
from unittest.mock import Mock
def test_it():
    api = Mock(return_value=40)
    assert api() == 40
#: bad method of the class
class TestIt(TestCase):
    def test_it(self):
        api = Mock()
        api.price.return_value = 40
        self.assertEqual(api.price(), 40)
#: bad quotes differ
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.name.return_value = 'Ada'
    name = api.name()
    assert name == "Ada"
#: bad true
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.ready.return_value = True
    assert api.ready() == True
#: bad operands reversed
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.price.return_value = 40
    assert 40 == api.price()
#: bad decorator
from unittest.mock import patch
@patch("shop.price", return_value=40)
def test_it(price):
    assert shop.price() == 40
#: bad parameter of the decorator
from unittest.mock import patch
@patch("shop.tax", return_value=7)
@patch("shop.price", return_value=40)
def test_it(price, tax):
    assert tax("x") == 7
#: bad within a patch
from unittest.mock import patch
def test_it():
    with patch("shop.price") as price:
        price.return_value = 40
        assert shop.price("pear") == 40
#: bad patched member
from unittest.mock import patch
def test_it():
    with patch.object(shop, "price", return_value=40):
        assert shop.price("pear") == 40
#: bad two at once
def test_it():
    with patch("shop.a") as a, patch("shop.b") as b:
        b.return_value = 4
        x, y = shop.a(), shop.b()
        assert y == 4
#: bad awaited
from unittest.mock import AsyncMock
async def test_it():
    load = AsyncMock(return_value="x1")
    got = await load()
    assert got == "x1"
#: bad member of a made mock
def test_it():
    api = Api()
    api.price = Mock(return_value=40)
    assert api.price() == 40
#: good through the code under test
from unittest.mock import Mock
def test_it():
    api = Mock()
    api.price.return_value = 40
    assert total(api) == 40
#: good through a method
def test_it():
    askinteger.return_value = 10
    ask = self.formatter.ask
    self.assertEqual(ask(), 10)
#: good a code of exit
class T(TestCase):
    def test_it(self):
        self.run_pip.return_value = 2
        exit_code = ensurepip.main([])
        self.assertEqual(exit_code, 2)
#: good the patched function is called by another
from unittest.mock import patch
@patch("shop.price", return_value=40)
def test_it(price):
    assert shop.total() == 40
#: good another mock
from unittest.mock import Mock
def test_it():
    price, tax = Mock(return_value=40), Mock()
    tax.return_value = 7
    assert price() == 7
#: good name bound again
from unittest.mock import Mock
def test_it():
    price = Mock(return_value=40)
    got = price()
    got = total(price)
    assert got == 40
#: good tests of a mock library @ testmock/testasync.py
class T(TestCase):
    def test_it(self):
        mock = Mock(return_value=40)
        self.assertEqual(mock(), 40)
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
