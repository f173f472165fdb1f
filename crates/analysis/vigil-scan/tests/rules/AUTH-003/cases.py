#: bad token for a month
import jwt
from datetime import datetime, timedelta
def token(sub):
    return jwt.encode({"sub": sub, "exp": datetime.utcnow() + timedelta(days=30)}, key)
#: bad named constant
from datetime import timedelta
ACCESS_TOKEN_LIFETIME = timedelta(days=7)
#: bad minutes of the usual template
ACCESS_TOKEN_EXPIRE_MINUTES = 60 * 24 * 8
#: bad one hour too many
from datetime import timedelta
JWT_LIFETIME = timedelta(hours=25)
#: bad weeks
from datetime import timedelta
TOKEN_TTL = timedelta(weeks=1)
#: bad argument of a helper
from datetime import timedelta
token = create_access_token(data, expires_delta=timedelta(days=3))
#: good exactly one day
from datetime import timedelta
TOKEN_LIFETIME = timedelta(hours=24)
#: good minutes
from datetime import timedelta
access_token_expires = timedelta(minutes=30)
#: good a report looks back a year
from datetime import timedelta
REPORT_WINDOW = timedelta(days=365)
#: good a cache
from datetime import timedelta
cache.set("k", value, timeout=timedelta(days=30))
#: good value from the settings
from datetime import timedelta
TOKEN_LIFETIME = timedelta(hours=settings.hours)
#: good comment
# TOKEN_LIFETIME = timedelta(days=30)
HOURS = 1
#: good token of a test @ tests/test_token.py
from datetime import timedelta
TOKEN_LIFETIME = timedelta(days=30)
#: good the default of Django
SESSION_COOKIE_AGE = 60 * 60 * 24 * 7 * 2
#: bad longer than the default of Django
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
#: good the default of Flask
from datetime import timedelta
PERMANENT_SESSION_LIFETIME = timedelta(days=31)
#: bad longer than the default of Flask
from datetime import timedelta
PERMANENT_SESSION_LIFETIME = timedelta(days=90)
