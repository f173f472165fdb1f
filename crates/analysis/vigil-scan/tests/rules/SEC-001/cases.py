#: bad api key
API_KEY = "your-weather-key-here"
#: bad keyword argument
client.login(user="svc", password="changeme")
#: bad key of a mapping
DATABASE = {"user": "svc", "password": "changeme"}
#: bad annotated field
class Settings(BaseSettings):
    api_key: str = "replace-me"
#: bad default of a parameter
def connect(password="changeme"):
    return password
#: bad marker
AUTH_TOKEN = "TODO: fetch from vault"
#: bad attribute
client.api_key = "insert-key-here"
#: bad run of x
SENDGRID_KEY = "xxxxxxxxxxxx"
#: bad through a constant
FALLBACK = "changeme"
client.login(password=FALLBACK)
#: good environment
import os
API_KEY = os.environ["API_KEY"]
#: good another name
GREETING = "changeme"
#: good random value
API_KEY = "h2Vt9QxL0rZcW7mKp4NsYe8B"
#: good marker within a word
ACCESS_TOKEN = "mastodon-bridge-9Qx2Lk7Vt4Zr"
#: good docstring
def login():
    """>>> client.login(password="changeme")"""
#: good comment
# API_KEY = "your-key-here"
ON = True
#: good too short
PASSWORD = "no"
#: good test @ tests/test_login.py
PASSWORD = "changeme"
#: good computed
API_KEY = f"{prefix}-changeme"
#: bad change me
SECRET_KEY = "change-me"
#: bad change this
SECRET_KEY = "please-change_this-later"
#: bad your key
API_KEY = "your_openai_api_key"
#: bad your token
API_TOKEN = "your-token"
#: bad in angle brackets
API_KEY = "<your-api-key>"
#: bad fake token
API_TOKEN = "fake_token_for_now"
#: good a word that only begins so
API_KEY_HINT = "yourself"
#: good another word
EXCHANGE_MEDIUM_TOKEN_NAME = "interchange_medium"
