#: bad post
def test_it(client):
    reply = client.post("/notes", json={"a": 1})
    assert reply.json()["a"] == 1
#: bad method client
class TestIt(TestCase):
    def test_it(self):
        response = self.client.get("/notes")
        self.assertEqual(response.json(), [])
#: bad requests
import requests
def test_it():
    r = requests.get("http://localhost/notes")
    assert r.json() == []
#: bad async client
async def test_it(async_client):
    response = await async_client.get("/notes")
    assert response.json() == []
#: bad word status in the payload
def test_it(client):
    reply = client.post("/notes", json={"status": "new"})
    assert reply.json()["id"] == 1
#: bad two calls
def test_it(client):
    client.post("/notes", json={})
    reply = client.get("/notes")
    assert len(reply.json()) == 1
#: good status code
def test_it(client):
    reply = client.get("/notes")
    assert reply.status_code == 200
#: good status attribute
async def test_it(client):
    reply = await client.get("/notes")
    assert reply.status == 200
#: good raise for status
import requests
def test_it():
    reply = requests.get("http://localhost/notes")
    reply.raise_for_status()
    assert reply.json() == []
#: good assert contains
class TestIt(TestCase):
    def test_it(self):
        response = self.client.get("/notes")
        self.assertContains(response, "note")
#: good redirect
class TestIt(TestCase):
    def test_it(self):
        response = self.client.get("/notes")
        self.assertRedirects(response, "/login")
#: good cache
def test_it(cache):
    res = cache.get("a")
    assert res == 1
#: good mapping
def test_it():
    res = {"a": 1}.get("a")
    assert res == 1
#: good skipped
import pytest
@pytest.mark.skip(reason="later")
def test_it(client):
    client.get("/notes")
#: good no http
def test_it():
    assert total([1]) == 1
#: good no test file @ app.py
def run(client):
    return client.get("/notes").json()
