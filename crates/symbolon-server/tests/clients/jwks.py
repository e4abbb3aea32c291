"""PyJWT and python-jose verify our tokens by our JWKS: before, during and after a rotation of the signing key.

ALG says the algorithm, PHASE the step, STATE a file that goes from one step to the next. Each step that held is a line
of output.
"""

import json
import os
import pathlib

import jwt
import requests
from jose import jwt as jose
from jose.exceptions import JWTError
from symbolon import URL, begin, command, is_live, raises

ALG = os.environ["ALG"]
AUDIENCE = "https://api.example"
ISSUER = os.environ["SYMBOLON_TOKEN__ISSUER"]
JWKS = f"{URL}/.well-known/jwks.json"
# The newest release of python-jose knows no EdDSA.
JOSE_KNOWS = ALG in ("ES256", "RS256")
# The clock of the server is ahead of ours in the last step, and so is what it says of when a token was made.
SAME_CLOCK = os.environ["PHASE"] != "after"


def issued(key, subject):
    """A new token, the name of its key, and its session."""
    pair = begin(key, subject, audience=AUDIENCE, scope="read write", client_id="shop")
    header = jwt.get_unverified_header(pair["access_token"])
    assert header == {"alg": ALG, "typ": "at+jwt", "kid": header["kid"]}, header
    return pair["access_token"], header["kid"], pair["session_id"]


def key_set():
    """The keys, looked at as who publishes them must: none may be private."""
    answer = requests.get(JWKS, timeout=10)
    assert answer.status_code == 200, answer.text
    assert "max-age" in answer.headers["Cache-Control"], "keys may be kept for a while"
    keys = answer.json()
    for one in keys["keys"]:
        assert one["use"] == "sig" and one["alg"] == ALG, one
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(one), "a private key is shown"
    return keys


def names(keys):
    return [one["kid"] for one in keys["keys"]]


def by_pyjwt(token, client=None, **more):
    """The claims, by PyJWT: RFC 9068, section 4, with each claim of section 2.2."""
    signing = (client or jwt.PyJWKClient(JWKS)).get_signing_key_from_jwt(token)
    required = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]
    options = {"require": required, "verify_iat": SAME_CLOCK, "verify_nbf": SAME_CLOCK}
    asked = {"audience": AUDIENCE, "issuer": ISSUER, **more}
    return jwt.decode(token, signing.key, algorithms=[ALG], options=options, **asked)


def by_jose(token, keys, **more):
    asked = {"audience": AUDIENCE, "issuer": ISSUER, **more}
    return jose.decode(token, keys, algorithms=[ALG], options={"verify_nbf": SAME_CLOCK}, **asked)


def holds(token, subject, keys, client=None):
    """The token is good for both, and for Symbolon."""
    claims = by_pyjwt(token, client)
    assert claims["sub"] == subject, claims
    if JOSE_KNOWS:
        assert by_jose(token, keys)["sub"] == subject
    assert is_live(state["key"], token)
    return claims


def before():
    state["key"] = command("key add --name clients --scope issue,verify,revoke")["key"]
    token, kid, session = issued(state["key"], "user-1024")
    keys = key_set()
    assert kid in names(keys)
    claims = holds(token, "user-1024", keys)
    assert claims["sid"] == session and claims["client_id"] == "shop", claims
    assert claims["scope"] == "read write" and claims["exp"] - claims["iat"] == 1800, claims

    # What a verifier refuses.
    other = "https://other.example"
    raises(jwt.InvalidAudienceError, lambda: by_pyjwt(token, audience=other))
    raises(jwt.InvalidIssuerError, lambda: by_pyjwt(token, issuer=other))
    head, body, signature = token.split(".")
    forged = ".".join([head, body, ("B" if signature[0] == "A" else "A") + signature[1:]])
    raises(jwt.InvalidSignatureError, lambda: by_pyjwt(forged))
    assert not is_live(state["key"], forged)
    if JOSE_KNOWS:
        raises(JWTError, lambda: by_jose(token, keys, audience=other))
        raises(JWTError, lambda: by_jose(forged, keys))

    # What a signature cannot say: that the session has ended. Symbolon says it.
    ended, _, session = issued(state["key"], "user-1025")
    done = requests.delete(
        f"{URL}/v1/service/sessions/{session}",
        headers={"Authorization": f"Bearer {state['key']}"},
        timeout=10,
    )
    assert done.json()["effective"] == "now", done.text
    assert by_pyjwt(ended)["sub"] == "user-1025", "by its signature it is good until it expires"
    assert not is_live(state["key"], ended), "Symbolon knows better"
    state.update(old=token, old_kid=kid, old_keys=keys)


def during():
    """The next key is published before it signs: whoever fetches now is ready."""
    # A client that fetched before the rotation, and does not again.
    client = jwt.PyJWKClient(JWKS)
    client.jwk_set_cache.put(state["old_keys"])
    command("signing-key rotate")
    keys = key_set()
    assert state["old_kid"] in names(keys) and len(names(keys)) == len(names(state["old_keys"])) + 1, keys
    token, kid, _ = issued(state["key"], "user-1026")
    assert kid == state["old_kid"], "the new key signs although nobody may have it yet"
    for one, subject in [(state["old"], "user-1024"), (token, "user-1026")]:
        holds(one, subject, keys)
        holds(one, subject, keys, client)
    state["keys"] = keys


def after():
    token, kid, _ = issued(state["key"], "user-1027")
    assert kid != state["old_kid"] and kid in names(state["keys"]), "it was published before it signed"
    keys = key_set()
    holds(token, "user-1027", keys)
    # Who fetched during the rotation needs not fetch again.
    ready = jwt.PyJWKClient(JWKS)
    ready.jwk_set_cache.put(state["keys"])
    holds(token, "user-1027", state["keys"], ready)
    # Who has only the keys of before sees a name that it does not know, and fetches.
    late = jwt.PyJWKClient(JWKS, cooldown_duration=0)
    late.jwk_set_cache.put(state["old_keys"])
    holds(token, "user-1027", keys, late)
    # The key of before is still there for what it signed.
    holds(state["old"], "user-1024", keys)
    if JOSE_KNOWS:
        raises(JWTError, lambda: by_jose(token, state["old_keys"]))


where = pathlib.Path(os.environ["STATE"])
state = json.loads(where.read_text()) if where.exists() else {}
phase = os.environ["PHASE"]
{"before": before, "during": during, "after": after}[phase]()
where.write_text(json.dumps(state))
print(f"{phase}: held for {ALG}")
