"""PyJWT and python-jose verify our HS256 tokens by the secret that they share with Symbolon."""

import os
import pathlib

import jwt
import requests
from jose import jwt as jose
from symbolon import URL, begin, command, is_live, raises

SECRET = pathlib.Path(os.environ["SYMBOLON_TOKEN__SECRET_FILE"]).read_text().strip()

key = command("key add --name clients --scope issue,verify")["key"]
token = begin(key, "user-1024")["access_token"]
header = jwt.get_unverified_header(token)
assert header["alg"] == "HS256", header
options = {"verify_aud": False}
assert jwt.decode(token, SECRET, algorithms=["HS256"], options=options)["sub"] == "user-1024"
assert jose.decode(token, SECRET, algorithms=["HS256"], options=options)["sub"] == "user-1024"
raises(jwt.InvalidSignatureError, lambda: jwt.decode(token, SECRET + "x", algorithms=["HS256"], options=options))
# Who shares the secret can sign what they like; Symbolon still asks its store whether there is such a session.
claims = jwt.decode(token, SECRET, algorithms=["HS256"], options=options)
made_up = {**claims, "sid": "01890000-0000-7000-8000-000000000000"}
forged = jwt.encode(made_up, SECRET, algorithm="HS256", headers={k: v for k, v in header.items() if k != "alg"})
assert not is_live(key, forged)
assert is_live(key, token)
keys = requests.get(f"{URL}/.well-known/jwks.json", timeout=10)
assert keys.json() == {"keys": []}, "a shared secret is nobody else's to see"
print("held for HS256")
