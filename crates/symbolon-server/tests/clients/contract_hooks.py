"""How schemathesis calls Symbolon, and what it looks at in every answer besides the document.

CALLER says who calls: `admin` and `service` by an API key, `person` by an access token, `browser` by the same in a
cookie, `nobody` by nothing.
"""

import os

import requests
import schemathesis

BASE = os.environ["SERVER_URL"]
CALLER = os.environ["CALLER"]
# A key of its own, which no call of the run can end: it makes what the callers hold.
MAKER = os.environ.get("MAKER_KEY", "")
MAKER_ID = os.environ.get("MAKER_KEY_ID", "")
SCOPES = {"admin": ["admin"], "service": ["issue", "verify", "revoke"]}

held = {"token": None}


def made(path, body):
    """What `path` makes, asked for with the key that lasts."""
    headers = {"Authorization": f"Bearer {MAKER}"}
    answer = requests.post(BASE + path, json=body, headers=headers, timeout=10)
    answer.raise_for_status()
    return answer.json()


def token():
    """What the caller proves itself with. What the last call has ended is made anew."""
    if held["token"] is None and CALLER in ("person", "browser"):
        held["token"] = made("/v1/service/sessions", {"subject": "ada"})["access_token"]
    elif held["token"] is None and CALLER in SCOPES:
        held["token"] = made("/v1/admin/api-keys", {"name": CALLER, "scopes": SCOPES[CALLER]})["key"]
    return held["token"]


@schemathesis.auth(refresh_interval=None)
class Caller:
    def get(self, case, context):
        return token()

    def set(self, case, data, context):
        if data is None:
            return
        if CALLER == "browser":
            case.cookies = {**(case.cookies or {}), "__Host-symbolon": data}
            case.headers.update({"X-Symbolon": "1", "Sec-Fetch-Site": "same-origin"})
        else:
            case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    # It collects the ids that answers show. The key that makes the others has to stay.
    path = case.path_parameters or {}
    if MAKER_ID and MAKER_ID in path.values():
        case.path_parameters = {**path, "id": "01890000-0000-7000-8000-000000000000"}
    # A position that nobody has given out yet is waited for, and then answered with 503.
    if (case.headers or {}).get("Symbolon-Min-Seq", "").isdigit():
        case.headers["Symbolon-Min-Seq"] = "0"


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code == 401:
        held["token"] = None


@schemathesis.check
def rules_of_every_answer(ctx, response, case):
    """What holds for all routes and stands in none of their descriptions."""
    headers = {name.lower(): values for name, values in response.headers.items()}
    status = response.status_code
    assert "x-request-id" in headers, "X-Request-Id is missing"
    assert len(headers.get("cache-control", [])) == 1, "Cache-Control is missing"
    if not case.path.startswith("/docs/") and case.path != "/.well-known/jwks.json":
        assert headers["cache-control"] == ["no-store"], "an answer may be kept"
    if case.path != "/verify":
        # What a gateway asks is shown by no browser.
        assert headers.get("x-content-type-options") == ["nosniff"], "a browser may guess the type"
        assert headers.get("referrer-policy") == ["no-referrer"], "a browser may tell where it was"
        assert "content-security-policy" in headers, "a browser may run what it is given"
    if status == 401:
        assert headers["www-authenticate"][0].startswith(("Bearer", "Basic")), "401 asks for no proof (RFC 9110)"
    if status in (429, 503):
        assert int(headers["retry-after"][0]) > 0, "Retry-After must be seconds (RFC 9110)"
    if status == 405:
        assert "allow" in headers, "405 names no method (RFC 9110)"
    text = response.content.decode("utf-8")
    for inside in ("struct ", "enum ", "panicked", "::", "rusqlite", ".rs:"):
        assert inside not in text or case.path in ("/openapi.json", "/docs"), f"an answer tells {inside!r}"
