"""One of every secret and personal fact that a learning platform holds, none of them real, and where they turn up.

They are put together here, so that no scanner takes one for a real one.
"""

import secrets
from collections.abc import Iterator
from urllib.parse import quote, urlencode


def _letters(count: int) -> str:
    return secrets.token_hex(count)[:count]


HEX = secrets.token_hex(20)
OTHER_HEX = secrets.token_hex(20)

# By the name under which it goes in bodies, queries and fields.
SECRETS: dict[str, str] = {
    "token": HEX,
    "key_token": OTHER_HEX,
    "password": f"Correct-Horse-{_letters(10)}!",
    "new_password": f"Battery-Staple-{_letters(10)}?",
    "superuser_password": f"sup3r-{_letters(12)}",
    "access_token": f"gho_{_letters(36)}",
    "github_token": f"ghp_{_letters(36)}",
    "github_pat_token": f"github_pat_{_letters(40)}",
    "slack_bot_token": f"xoxb-{_letters(12)}-{_letters(24)}",
    "slack_user_token": f"xoxp-{_letters(12)}-{_letters(24)}",
    "learn_ops_secret_key": _letters(40) + "-k",
    "client_secret": _letters(40) + "-c",
    "django_secret_key": f"django-insecure-{_letters(30)}",
    "database_url": f"postgres://learnops:{_letters(16)}@db.school.test:5432/learnops",
    "sessionid": _letters(32),
    "csrf_token": _letters(32),
    "social_token": f"ya29.{_letters(30)}",
    "jwt_token": f"eyJ{_letters(20)}.eyJ{_letters(30)}.{_letters(30)}",
    "email": f"ada.{_letters(6)}@school.test",
    "student_name": f"Ada{_letters(6)} Lovelace{_letters(6)}",
    "first_name": f"Grace{_letters(6)}",
    "last_name": f"Hopper{_letters(6)}",
    "github_handle": f"handle-{_letters(8)}",
    "slack_handle": f"U0{_letters(8).upper()}",
    "zoom_url": f"https://zoom.test/j/{_letters(10)}",
    "attendance_sheet_url": f"https://sheets.test/d/{_letters(20)}",
    "phone_number": f"+1 615 {_letters(7)}",
}
CODE, STATE = _letters(20), _letters(24)
WEBHOOK = f"T{_letters(8)}/B{_letters(8)}/{_letters(24)}"

# What must be found nowhere. Of an address it is the part that opens it.
PLANTED = {
    **SECRETS,
    "database_url": SECRETS["database_url"].split(":")[2].split("@")[0],
    "code": CODE,
    "state": STATE,
    "webhook": WEBHOOK,
}


def texts() -> Iterator[str]:
    """Sentences as exceptions, answers of other services and careless log calls hold them."""
    yield f"Authorization: Token {HEX}"
    yield f"{{'Authorization': 'Bearer {SECRETS['github_token']}', 'Accept': 'application/json'}}"
    yield f"Reverse for 'auth' not found. '/auth/github/callback?code={CODE}&state={STATE}' is no pattern"
    yield f"https://hooks.slack.com/services/{WEBHOOK} answered 404"
    yield f"could not connect to {SECRETS['database_url']}"
    yield f"Cookie: sessionid={SECRETS['sessionid']}; csrftoken={SECRETS['csrf_token']}"
    yield f"POST https://slack.com/api/chat.postMessage token={SECRETS['slack_bot_token']}&channel=C1"
    yield f'{{"ok": false, "token": "{SECRETS["social_token"]}", "email": "{SECRETS["email"]}"}}'
    yield f"LEARN_OPS_SECRET_KEY='{SECRETS['learn_ops_secret_key']}' is too short"
    yield f"SocialToken(token='{SECRETS['social_token']}', token_secret='{SECRETS['client_secret']}')"
    yield f"Invalid header: {SECRETS['jwt_token']}"
    yield f"{SECRETS['email']} is taken; password={SECRETS['password']}"
    for name in ("access_token", "github_pat_token", "slack_user_token", "key_token"):
        yield f"cannot use {SECRETS[name]}"


def row() -> dict[str, str]:
    """Of auth_user, as Postgres repeats it when it refuses it. Registration takes the address as the username."""
    return {
        "username": SECRETS["email"],
        "password": SECRETS["password"],
        "first_name": SECRETS["first_name"],
        "last_name": SECRETS["last_name"],
        "email": SECRETS["email"],
        "is_superuser": "false",
        "is_staff": "false",
        "is_active": "true",
        "date_joined": "2026-01-05",
    }


def query() -> str:
    return urlencode({**SECRETS, "code": CODE, "state": STATE})


def paths() -> Iterator[str]:
    """Addresses with one in it. What has no look of its own, such as a handle, cannot be told from any other word."""
    yield f"/auth/github/callback?code={CODE}&state={STATE}"
    for name in ("token", "email", "slack_bot_token", "github_token", "jwt_token"):
        yield f"/reset/{quote(SECRETS[name])}"
        yield f"/cohorts/{quote(SECRETS[name])}/assign"


def headers() -> dict[str, str]:
    return {
        "Cookie": f"sessionid={SECRETS['sessionid']}; csrftoken={SECRETS['csrf_token']}",
        "X-Api-Key": SECRETS["learn_ops_secret_key"],
        "X-CSRFToken": SECRETS["csrf_token"],
        "X-Slack-Token": SECRETS["slack_bot_token"],
        "X-Request-ID": SECRETS["sessionid"],
        "Referer": f"https://school.test/auth/github/callback?{query()}",
        "User-Agent": f"curl ({SECRETS['email']})",
        "Connection": "close",  # a refused request's body may not have been read
        "Proxy-Authorization": f"Bearer {SECRETS['access_token']}",
    }
