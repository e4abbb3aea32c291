"""Authlib as an OAuth client and as a resource server: metadata, refresh, introspection, revocation.

Each step that held is a line of output.
"""

import time

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2 import ResourceProtector
from authlib.oauth2.rfc6750 import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc7662 import IntrospectTokenValidator
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from symbolon import URL, begin, command, is_live, raises

service = command("key add --name service --scope issue,verify,revoke")["key"]
secret = command("key add --name shop --scope verify --client shop")["key"]
resource = command("key add --name api --scope verify --client api")["key"]

# RFC 8414.
metadata = AuthorizationServerMetadata(
    requests.get(f"{URL}/.well-known/oauth-authorization-server", timeout=10).json()
)
for member in metadata.REGISTRY_KEYS:
    # There is no authorization endpoint whose response types could be told, and an empty list must not be (RFC 8414,
    # section 3.2). Authlib misses it all the same.
    if member != "response_types_supported":
        getattr(metadata, f"validate_{member}")()
assert metadata["issuer"] == URL, "RFC 8414, section 3.3: the issuer is where the metadata was found"
assert metadata["grant_types_supported"] == ["refresh_token"], metadata
assert "client_secret_basic" in metadata["token_endpoint_auth_methods_supported"]
assert metadata["jwks_uri"] == f"{URL}/.well-known/jwks.json"
assert "authorization_endpoint" not in metadata and [] not in metadata.values()
print("metadata: valid")


def of(pair, **more):
    """A pair as an OAuth client keeps it."""
    names = ["access_token", "refresh_token", "token_type", "expires_in"]
    return {name: pair[name] for name in names} | more


def client(pair, secret, client_id="shop"):
    kept = []
    session = OAuth2Session(
        client_id,
        secret,
        token_endpoint=metadata["token_endpoint"],
        update_token=lambda token, **_: kept.append(dict(token)),
        token=pair,
    )
    return session, kept


# RFC 6749, section 6: the access token has expired, the client refreshes by itself and goes on.
pair = begin(service, "user-1024", client_id="shop", scope="read write")
session, kept = client(of(pair, expires_at=int(time.time()) - 10), secret)
answer = session.get(f"{URL}/verify")
assert answer.status_code == 200, answer.text
assert answer.headers["X-Symbolon-Subject"] == "user-1024"
(renewed,) = kept
assert renewed["token_type"] == "Bearer" and 0 < renewed["expires_in"] <= 1800, renewed
assert renewed["access_token"] != pair["access_token"]
assert renewed["refresh_token"] != pair["refresh_token"]
# Two tabs: the same refresh token again, within the grace, is the same pair.
other_tab, _ = client(of(pair), secret)
again = other_tab.refresh_token(metadata["token_endpoint"])
assert again["access_token"] == renewed["access_token"]
assert again["refresh_token"] == renewed["refresh_token"]
print("refresh: by itself, once, and the same for two tabs")

# A public client says who it is and has no secret.
public, kept = client(
    of(begin(service, "user-7", client_id="spa"), expires_at=int(time.time()) - 10), None, "spa"
)
assert public.get(f"{URL}/verify").status_code == 200 and len(kept) == 1
print("refresh: a public client")

# RFC 6749, section 5.2.
wrong, _ = client(of(pair), "syk_" + "A" * 75)
error = raises(OAuthError, lambda: wrong.refresh_token(metadata["token_endpoint"]))
assert error.error == "invalid_client", error
error = raises(OAuthError, lambda: session.refresh_token(metadata["token_endpoint"], refresh_token="syr_AAAA"))
assert error.error == "invalid_grant", error
stranger, _ = client(of(pair), resource, "api")
error = raises(OAuthError, lambda: stranger.refresh_token(metadata["token_endpoint"]))
assert error.error == "invalid_grant", "a refresh token of another client"
for grant in [
    {"username": "admin", "password": "x"},
    {"grant_type": "client_credentials"},
    {"grant_type": "authorization_code", "code": "x"},
]:
    error = raises(OAuthError, lambda: session.fetch_token(metadata["token_endpoint"], **grant))
    assert error.error == "unsupported_grant_type", (grant, error)
assert is_live(service, renewed["access_token"]), "no error has ended it"
print("refused: wrong secret, unknown token, another's token, other grants")


# RFC 7662: a resource server asks.
class Introspect(IntrospectTokenValidator):
    def introspect_token(self, token_string):
        asker = OAuth2Session("api", resource)
        return asker.introspect_token(
            metadata["introspection_endpoint"], token=token_string, token_type_hint="access_token"
        ).json()


class Request:
    def __init__(self, token):
        self.headers = {"Authorization": f"Bearer {token}"}


protect = ResourceProtector()
protect.register_token_validator(Introspect())
access = session.token["access_token"]
told = protect.validate_request(["read"], Request(access))
assert told["active"] is True and told["sub"] == "user-1024" and told["client_id"] == "shop", told
assert told["scope"] == "read write" and told["token_type"] == "Bearer", told
assert told["sid"] == pair["session_id"] and told["iat"] <= time.time() < told["exp"], told
raises(InsufficientScopeError, lambda: protect.validate_request(["admin"], Request(access)))
for bad in ["sya_AAAA", "not-a-token", access[:-1]]:
    raises(InvalidTokenError, lambda: protect.validate_request(["read"], Request(bad)))
unknown = OAuth2Session("api", resource).introspect_token(metadata["introspection_endpoint"], token="x")
assert unknown.status_code == 200 and unknown.json() == {"active": False}, unknown.text
anonymous = OAuth2Session("api").introspect_token(metadata["introspection_endpoint"], token=access)
assert anonymous.status_code == 401, anonymous.text
print("introspection: a resource server admits and refuses")

# RFC 7009: the client gives its refresh token back, and both are dead.
done = session.revoke_token(
    metadata["revocation_endpoint"], token=session.token["refresh_token"], token_type_hint="refresh_token"
)
assert done.status_code == 200, done.text
raises(InvalidTokenError, lambda: protect.validate_request(["read"], Request(access)))
assert session.get(f"{URL}/verify").status_code == 401
error = raises(OAuthError, lambda: session.refresh_token(metadata["token_endpoint"]))
assert error.error == "invalid_grant", error
for token, hint in [(access, "access_token"), ("unknown", None), (access, "no_such_hint")]:
    assert session.revoke_token(metadata["revocation_endpoint"], token=token, token_type_hint=hint).status_code == 200
other = begin(service, "user-8", client_id="other")
session.revoke_token(metadata["revocation_endpoint"], token=other["access_token"])
assert is_live(service, other["access_token"]), "RFC 7009, section 2.1: not the token of another client"
print("revocation: effective at once, repeatable, for the own tokens alone")
