#: bad exception
def test_it():
    try:
        run()
        assert False
    except Exception:
        pass
#: bad bare
def test_it():
    try:
        assert run() == 1
    except:
        pass
#: bad bound name
def test_it():
    try:
        assert run() == 1
    except Exception as error:
        pass
#: bad base exception
def test_it():
    try:
        assert run() == 1
    except BaseException:
        pass
#: bad comment before pass
def test_it():
    try:
        assert run() == 1
    except Exception:
        # fine
        pass
#: bad on one line
def test_it():
    try:
        assert run() == 1
    except Exception: pass
#: bad raises exception
import pytest
def test_it():
    with pytest.raises(Exception):
        run()
#: bad in a method
class TestIt:
    def test_it(self):
        try:
            assert run() == 1
        except Exception:
            pass
#: good named type
def test_it():
    try:
        assert run() == 1
    except ValueError:
        pass
#: good raised again
def test_it():
    try:
        assert run() == 1
    except Exception:
        raise
#: good handler that checks
def test_it():
    try:
        run()
    except Exception as error:
        assert str(error) == "no"
#: good raises with a message
import pytest
def test_it():
    with pytest.raises(Exception, match="no"):
        run()
#: good several types
def test_it():
    try:
        assert run() == 1
    except (ValueError, KeyError):
        pass
#: good raises a type
import pytest
def test_it():
    with pytest.raises(ValueError):
        run()
#: good outside of tests
def load():
    try:
        run()
    except Exception:
        pass
#: good no test file @ app.py
def load():
    try:
        run()
    except Exception:
        pass
#: good takes away what may be gone
import os
def test_it():
    try:
        os.unlink("x.pyc")
    except Exception:
        pass
    assert run() == 1
#: bad takes away and runs the code
import os
def test_it():
    try:
        os.unlink("x.pyc")
        run()
    except Exception:
        pass
#: good one after the other until one goes
def test_it():
    for address in addresses:
        try:
            sock = connect(address)
        except Exception:
            pass
        else:
            break
    assert sock.ok
#: good a linter is told that everything is meant
import pytest
def test_it():
    with pytest.raises(Exception):  # noqa: B017
        run()
