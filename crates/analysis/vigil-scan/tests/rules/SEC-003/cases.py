#: bad postgresql
DATABASE = "postgresql://ledger:tulip-77@db.internal:5432/ledger"
#: bad driver
DATABASE = "postgresql+asyncpg://ledger:tulip-77@db.internal/ledger"
#: bad tls
CACHE = "rediss://:plum-tree@cache.internal:6380/0"
#: bad queue
BROKER = "amqps://worker:walnut@mq.internal/prod"
#: bad argument
engine = create_engine("mysql+pymysql://shop:oranges@db.internal/shop")
#: bad concatenated
URL = "mongodb://root:" + "walnut" + "@mongo.internal/app"
#: bad computed host
URL = f"postgres://app:walnut@{host}/app"
#: bad escaped password
URL = "postgres://app:wal%40nut@db.internal/app"
#: bad several lines
SETTINGS = """
cache = redis://me:plum-tree@cache.internal/0
"""
#: bad test against a real host @ tests/test_db.py
URL = "postgres://app:walnut@db.corp.net/app"
#: good no credentials
DATABASE = "postgresql://db.internal:5432/ledger"
#: good put in later
URL = f"postgresql://{user}:{password}@{host}/app"
#: good format
URL = "mysql://shop:%s@db/shop" % read("db")
#: good braces
URL = "mysql://shop:{}@db/shop".format(word)
#: good user only
URL = "postgresql://ledger@db.internal/ledger"
#: good another scheme
HOOK = "https://bot:walnut@hooks.internal/ci"
#: good port and an address behind it
CACHE = "redis://cache.internal:6379/0"  # owner: ops@shop.internal
#: good mask
URL = "postgres://app:****@db.internal/app"
#: good docstring
def connect(url):
    """postgresql://name:word@host/db"""
#: good test on this machine @ tests/test_db.py
URL = "postgres://app:walnut@localhost/app"
