#: bad no flags
def view(response):
    response.set_cookie("a", value)
#: bad one flag
def view(response):
    response.set_cookie("a", value, httponly=True)
#: bad switched off
def view(response):
    response.set_cookie("a", value, secure=False, httponly=True, samesite="Lax")
#: bad no same site
def view(response):
    response.set_cookie("a", value, secure=True, httponly=True)
#: bad the next cookie has them
def view(response):
    response.set_cookie("a", value)
    response.set_cookie("b", value, secure=True, httponly=True, samesite="Lax")
#: bad over several lines
def view(response):
    response.set_cookie(
        "a",
        value,
        max_age=60,
    )
#: good all flags
def view(response):
    response.set_cookie("a", value, secure=True, httponly=True, samesite="Strict")
#: good flags far below
def view(response):
    response.set_cookie(
        "a",
        value,
        max_age=60,
        path="/",
        domain="x",
        expires=None,
        httponly=True,
        samesite="Lax",
        secure=True,
    )
#: good deleted
def view(response):
    response.delete_cookie("a")
#: good test @ tests/test_cookie.py
def test_it(response):
    response.set_cookie("a", "b")
    assert response
#: good comment
# response.set_cookie("a", value)
x = 1
#: good a setting
SESSION_COOKIE_SECURE = True
