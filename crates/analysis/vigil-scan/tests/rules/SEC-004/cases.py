#: bad getenv
import os
A = os.getenv("SECRET_KEY", "local-only-value")
#: bad environ get
import os
A = os.environ.get("API_KEY", "abc-123-def")
#: bad imported names
from os import environ, getenv
A = environ.get("SECRET_KEY", "walnut-tree")
B = getenv("API_KEY", "walnut-tree")
#: bad word in the middle
import os
A = os.getenv("DJANGO_SECRET_KEY", "walnut-tree")
#: bad address
import os
A = os.getenv("DATABASE_URL", "sqlite:///dev.db")
#: bad or
import os
A = os.getenv("JWT_SECRET") or "walnut-tree"
#: bad keyword
import os
A = os.getenv("AUTH_TOKEN", default="walnut-tree")
#: good no default
import os
A = os.getenv("SECRET_KEY")
#: good empty
import os
A = os.getenv("SECRET_KEY", "")
#: good harmless name
import os
A = os.getenv("KEYBOARD_LAYOUT", "us-intl")
#: good author
import os
A = os.getenv("AUTHOR", "Ada Byron")
#: good region
import os
A = os.getenv("AWS_REGION", "eu-west-1")
#: good algorithm
import os
A = os.getenv("JWT_ALGORITHM", "HS256")
#: good minutes
import os
A = os.getenv("ACCESS_TOKEN_EXPIRE_MINUTES", "30")
#: good computed
import os, secrets
A = os.getenv("SECRET_KEY", secrets.token_hex(16))
#: good switch
import os
A = os.getenv("USE_TOKEN", "false")
#: good test @ tests/conftest.py
import os
A = os.getenv("SECRET_KEY", "walnut-tree")
