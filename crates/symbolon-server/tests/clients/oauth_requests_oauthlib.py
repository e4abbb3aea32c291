"""requests-oauthlib: a token that has expired is refreshed by itself, for a client with a secret and for one without."""

import time

from oauthlib.oauth2 import InvalidGrantError, LegacyApplicationClient, UnsupportedGrantTypeError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
from symbolon import URL, begin, command, raises

service = command("key add --name service --scope issue,verify")["key"]
secret = command("key add --name shop --scope verify --client shop")["key"]
token_uri = f"{URL}/oauth2/token"

for client_id, own_secret in [("shop", secret), ("spa", None)]:
    pair = begin(service, "user-1024", client_id=client_id)
    names = ["access_token", "refresh_token", "token_type"]
    token = {name: pair[name] for name in names} | {"expires_in": -10, "expires_at": time.time() - 10}
    kept = []
    session = OAuth2Session(
        client_id,
        token=token,
        auto_refresh_url=token_uri,
        auto_refresh_kwargs={} if own_secret else {"client_id": client_id},
        token_updater=kept.append,
    )
    answer = session.get(f"{URL}/verify", client_id=client_id, client_secret=own_secret)
    assert answer.status_code == 200, answer.text
    assert len(kept) == 1 and kept[0]["refresh_token"] != pair["refresh_token"], kept
    auth = HTTPBasicAuth(client_id, own_secret) if own_secret else None
    more = {} if own_secret else {"client_id": client_id}
    raises(
        InvalidGrantError,
        lambda: session.refresh_token(token_uri, refresh_token="syr_AAAA", auth=auth, **more),
    )
    print(f"{client_id}: refreshed by itself")

# A password is not a grant here (RFC 9700, section 2.4).
password = OAuth2Session(client=LegacyApplicationClient("shop"))
raises(
    UnsupportedGrantTypeError,
    lambda: password.fetch_token(token_uri, username="admin", password="x", client_id="shop", client_secret=secret),
)
print("a password: refused")
