"""What the scripts share: the server's address, its command line, and sessions to work with."""

import json
import os
import subprocess

import requests

# The clients insist on TLS, which a test on loopback does without.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

URL = os.environ["SERVER_URL"]


def command(line):
    """Runs `symbolon` beside the server, and gives what it said as JSON."""
    done = subprocess.run(
        [os.environ["SERVER_PROGRAM"], *line.split(), "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, f"symbolon {line}: {done.stderr}"
    return json.loads(done.stdout)


def post(path, key, body):
    answer = requests.post(
        URL + path, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=10
    )
    assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


def begin(key, subject, **more):
    """A session of `subject`: its pair."""
    return post("/v1/service/sessions", key, {"subject": subject, **more})


def is_live(key, token):
    """What Symbolon itself says about a token."""
    return post("/v1/verify", key, {"token": token})["active"]


def raises(kind, act):
    """The error of that kind that `act` ends with."""
    try:
        given = act()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}: {given!r}")
