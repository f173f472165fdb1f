#: bad stored password
def check(user, attempt):
    return user.password == attempt
#: bad operands reversed
def check(stored, password):
    return stored == password
#: bad digest
import hashlib
def check(user, attempt):
    return hashlib.sha256(attempt).hexdigest() == user.password_hash
#: bad not equal
def check(row, given):
    if row.passwd != given:
        raise PermissionError
#: bad literal
def check(password):
    return password == "walnut"
#: bad environment
def check(ADMIN_PASSWORD, given):
    return ADMIN_PASSWORD == given
#: bad two records of a login
def check(user, form):
    return user.password == form.password
#: good compare digest
import hmac
def check(user, attempt):
    return hmac.compare_digest(user.password, attempt)
#: good empty
def check(password):
    return password == ""
#: good none
def check(password):
    return password != None
#: good confirmation
def check(form):
    return form.password == form.password_confirm
#: good numbered fields of a form
def check(password1, password2):
    return password1 == password2
#: good the same record
class Auth:
    def __eq__(self, other):
        return self.password == other.password
#: good looked up by name
class Auth:
    def __eq__(self, other):
        return self.password == getattr(other, "password", None)
#: good age of the password
def check(user):
    return user.password_age == 3
#: good kind of a field
def check(field):
    return field.type == "password"
