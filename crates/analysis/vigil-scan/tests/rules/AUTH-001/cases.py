#: bad fastapi reads a user
from fastapi import FastAPI
app = FastAPI()
@app.get("/users/{name}")
def user(name: str):
    return load(name)
#: bad a database session is no guard
from fastapi import APIRouter, Depends
router = APIRouter()
@router.get("/accounts/{id}")
def account(id: int, db=Depends(get_db)):
    return db.get(id)
#: bad prefix of the router makes it sensitive
from fastapi import APIRouter
router = APIRouter(prefix="/admin")
@router.get("/queue")
def queue():
    return jobs()
#: bad flask route with two methods
from flask import Flask
app = Flask(__name__)
@app.route("/settings", methods=["GET", "HEAD"])
def settings():
    return "{}"
#: bad active sessions
from fastapi import FastAPI
app = FastAPI()
@app.get("/sessions")
def sessions():
    return all_sessions()
#: bad csrf protection lets everybody in
from flask import Flask
app = Flask(__name__)
@app.route("/billing/cards")
@csrf_protect
def cards():
    return "[]"
#: good guard in the signature
from fastapi import FastAPI, Depends
app = FastAPI()
@app.get("/users/me")
def me(user=Depends(get_current_user)):
    return user
#: good guard of the router
from fastapi import APIRouter, Depends
router = APIRouter(prefix="/admin", dependencies=[Depends(require_admin)])
@router.get("/queue")
def queue():
    return jobs()
#: good guard as decorator
from flask import Blueprint
bp = Blueprint("a", __name__)
@bp.route("/profile")
@login_required
def profile():
    return "me"
#: good public catalogue
from fastapi import FastAPI
app = FastAPI()
@app.get("/catalogue/{sku}")
def item(sku: str):
    return sku
#: good login page
from flask import Flask
app = Flask(__name__)
@app.get("/auth/login")
def login():
    return page("login")
#: good a client is no server
import requests
def people():
    return requests.get("https://api.invalid/users").json()
#: good route of a test @ tests/test_app.py
from fastapi import FastAPI
app = FastAPI()
@app.get("/users/{name}")
def user(name: str):
    return name
#: good authors are not auth
from fastapi import FastAPI
app = FastAPI()
@app.get("/authors/{name}")
def author(name: str):
    return name
