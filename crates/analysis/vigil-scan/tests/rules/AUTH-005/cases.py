#: bad fastapi list
from fastapi.middleware.cors import CORSMiddleware
app.add_middleware(CORSMiddleware, allow_origins=["*"])
#: bad list over several lines
from fastapi.middleware.cors import CORSMiddleware
app.add_middleware(
    CORSMiddleware,
    allow_origins=[
        "*",
    ],
)
#: bad flask text
from flask_cors import CORS
CORS(app, origins="*")
#: bad flask list
from flask_cors import CORS
CORS(app, origins=["*"])
#: bad resources
from flask_cors import CORS
CORS(app, resources={r"/api/*": {"origins": "*"}})
#: bad constant
CORS_ORIGINS = "*"
#: bad django switch
CORS_ALLOW_ALL_ORIGINS = True
#: good named origins
from fastapi.middleware.cors import CORSMiddleware
app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"])
#: good star for methods
from fastapi.middleware.cors import CORSMiddleware
app.add_middleware(CORSMiddleware, allow_origins=ORIGINS, allow_methods=["*"], allow_headers=["*"])
#: good test for the star
def allows_all(allow_origins):
    return "*" in allow_origins
#: good development file @ dev_server.py
from flask_cors import CORS
CORS(app, origins="*")
#: good directory of examples @ example/server.py
from flask_cors import CORS
CORS(app, origins="*")
#: good from the environment
CORS_ORIGINS = os.environ["CORS_ORIGINS"].split(",")
#: good the middleware itself
class CORSMiddleware:
    def __init__(self, app, allow_origins=(), allow_credentials=False):
        headers = {}
        if explicit:
            headers["Vary"] = "Origin"
        else:
            headers["Access-Control-Allow-Origin"] = "*"
#: bad a header without a choice
def reply(origin):
    headers = {}
    headers["Access-Control-Allow-Origin"] = "*"
