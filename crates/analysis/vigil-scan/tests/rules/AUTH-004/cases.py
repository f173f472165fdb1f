#: bad constant
import jwt
JWT_SECRET = "sunflower-garden"
token = jwt.encode({"a": 1}, JWT_SECRET)
#: bad attribute of the application
app.secret_key = "blueberry pie"
#: bad subscript of the configuration
app.config["SECRET_KEY"] = "blueberry pie"
#: bad annotated field
class Settings(BaseSettings):
    SECRET_KEY: str = "walnut-tree"
#: bad keyword argument
settings.configure(SECRET_KEY="kittens")
#: bad literal handed to the library
import jwt
token = jwt.encode({"sub": sub}, "tangerine", algorithm="HS256")
#: bad hex digits
SECRET_KEY = "00112233445566778899aabbccddeeff0123"
#: bad key of a mapping
CONFIG = {"JWT_SECRET": "tulip"}
#: good environment
import os
SECRET_KEY = os.environ["SECRET_KEY"]
#: good random value
SECRET_KEY = "q7V!zP3x#Lk9Rw2@Tf6Yb8Nd4Hs1Gj5Mc0"
#: good name of a variable
SECRET_KEY = "SERVICE_SECRET_KEY"
#: good key in the configuration of a cloud
SECRET_KEY = "aws_secret_access_key"
#: good reference
SECRET_KEY = "${SECRET_KEY}"
#: good empty
SECRET_KEY = ""
#: good comparison
def weak(secret_key):
    return secret_key == "sunflower"
#: good docstring
def configure(app):
    """Put SECRET_KEY = "walnut tree" there."""
#: good computed
SECRET_KEY = f"{prefix}-garden"
#: good test @ tests/conftest.py
SECRET_KEY = "kittens"
