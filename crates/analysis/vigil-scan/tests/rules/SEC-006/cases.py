#: bad argument
GATEWAY = connect("gw-sample-0042")
#: bad quoted in the example
camera = open_camera('cam-0007-x')
#: bad password
smtp.login("svc", "orchid-lane")
#: bad special characters
GOOD = "a.b*c(d)+e"
#: bad number
DOOR = "48151"
#: bad blanks around the equals sign
ID = "sandbox-9000"
#: bad in a list
KEYS = ["x", "gw-sample-0042"]
#: bad value of a mapping
MAP = {"hook": "hook-4711"}
#: bad twice on a line
A, B = "gw-sample-0042", "gw-sample-0042"
#: good not a text
def gwsample():
    return gwsample
#: good part of a longer text
A = "prefix-gw-sample-0042-suffix"
#: good ordinary setting
TITLE = "Orchard"
#: good name of a product
KIND = "postgres"
#: good generic
PORT = "8080"
#: good address
URL = "https://api.invalid/v1"
#: good reference
A = "$HOME/data"
#: good short
A = "abcd"
#: good comment
# connect("gw-sample-0042")
A = 1
#: good level
LEVEL = "verbose"
#: good test @ tests/test_gateway.py
GATEWAY = connect("gw-sample-0042")
