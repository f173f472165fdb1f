#: bad fastapi delete
from fastapi import FastAPI
app = FastAPI()
@app.delete("/notes/{id}")
def drop(id: int):
    notes.remove(id)
#: bad put with a body and a database
from fastapi import APIRouter, Depends
router = APIRouter()
@router.put("/notes/{id}")
def replace(id: int, body: Note, db: Session = Depends(get_db)):
    db.save(body)
#: bad methods as a tuple
from flask import Flask
app = Flask(__name__)
@app.route("/publish", methods=("POST", "GET"))
def publish():
    return "ok"
#: bad rate limit is no guard
from flask import Flask
app = Flask(__name__)
@app.post("/messages")
@limiter.limit("5/minute")
def send():
    return "ok"
#: bad async handler
from fastapi import FastAPI
api = FastAPI()
@api.patch("/items/{id}")
async def change(id: int):
    await items.change(id)
#: bad login by design
from fastapi import FastAPI
app = FastAPI()
@app.post("/login")
def login(form: dict):
    return issue(form)
#: good dependency in the decorator
from fastapi import FastAPI, Depends
app = FastAPI()
@app.delete("/notes/{id}", dependencies=[Depends(verify_token)])
def drop(id: int):
    notes.remove(id)
#: good annotated dependency
from typing import Annotated
from fastapi import FastAPI, Depends
app = FastAPI()
@app.post("/notes")
def add(body: dict, user: Annotated[User, Depends(get_current_user)]):
    notes.add(user, body)
#: good security scopes
from fastapi import FastAPI, Security
app = FastAPI()
@app.post("/notes")
def add(body: dict, caller=Security(read_scope, scopes=["notes"])):
    notes.add(body)
#: good flask decorator below the route
from flask import Flask
app = Flask(__name__)
@app.route("/drafts/<id>", methods=["DELETE"])
@jwt_required()
def drop(id):
    return "ok"
#: good decorator with arguments
from flask import Flask
app = Flask(__name__)
@app.post("/users")
@permission_required("users.add")
def add():
    return "ok"
#: good mock patch is no route
from unittest import mock
class Case:
    @mock.patch("shop.tax.rate")
    def check(self, rate):
        rate.return_value = 7
#: good safe methods
from fastapi import FastAPI
app = FastAPI()
@app.get("/catalogue")
def catalogue():
    return []
#: good route in a docstring
"""Use it so:

    @app.delete("/notes/{id}")
    def drop(id): ...
"""
