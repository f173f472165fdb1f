#: bad short and simple
SECRET = "abc123"
#: bad repeated
DB_PASSWORD = "aaaaaaaa"
#: bad keyword argument
api.connect(access_token="letmein", timeout=3)
#: bad key of a mapping
MAIL = {"host": "mx.invalid", "password": "qwerty"}
#: bad digits
SIGNING_KEY = "123123123123"
#: bad annotated
class Settings:
    db_password: str = "monkey"
#: bad subscript
config["PASSWORD"] = "qwerty"
#: good five characters
PASSWORD = "admin"
#: good enough entropy
ENCRYPTION_KEY = "winter-garden-77"
#: good word of a grammar
token = "not in"
#: good kind of a token
_COLUMN_TOKEN = "column"
#: good name of a header
class Auth:
    token = "X-Auth"
#: good name of the field
PASSWORD = "password"
#: good name of a variable
API_KEY = "API_KEY"
#: good place in a list
next_token = "aaaaaaa"
#: good two strings
def start(a):
    token = "" if a else "none"
    return token
#: good pattern
PASSWORD = r"\d\d\d\d"
#: good mask
password = "********"
#: good path
PASSWORD = "/etc/pass"
#: good test @ tests/test_login.py
PASSWORD = "qwerty"
#: good name says that it protects nothing
fake_secret_token = "coneofsilence"
