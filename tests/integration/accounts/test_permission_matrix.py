"""Who may do what: every route of the URLconf times everybody, in one table. A route without a line fails."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from logviewer.accounts import people
from logviewer.accounts.models import User
from logviewer.store.maintenance import maintain
from tests.integration.routes import path_to, routes

PEOPLE = ("anonymous", "viewer", "operator", "admin")
LOGIN = "login"  # led to the login page

EVERYBODY = (200, 200, 200, 200)
ACCOUNTS_ONLY = (LOGIN, 200, 200, 200)
KEEPERS_OF_KEYS = (LOGIN, 403, 200, 200)
ADMINS = (LOGIN, 403, 403, 200)
NOBODY = (405, 405, 405, 405)
NOWHERE = (404, 404, 404, 404)
NOT_ALLOWED = (LOGIN, 405, 405, 405)
OWN_CREDENTIALS = (401, 401, 401, 401)  # a session opens no door for machines


def inside(answer: int) -> tuple[int | str, ...]:
    """`answer` for those with an account."""
    return (LOGIN, answer, answer, answer)


def keepers(answer: int) -> tuple[int | str, ...]:
    return (LOGIN, 403, answer, answer)


def admins(answer: int) -> tuple[int | str, ...]:
    return (LOGIN, 403, 403, answer)


# Route: what GET answers and what an empty POST answers, to anonymous, viewer, operator, admin.
# 302: done, then led on. 422: the form asks again. 404: the thing is not there, or not for this person.
MATRIX: dict[str, tuple[tuple[int | str, ...], tuple[int | str, ...]]] = {
    # Machines
    "ingest/v1/events": (NOBODY, OWN_CREDENTIALS),
    "ingest/logstash": (NOBODY, OWN_CREDENTIALS),
    "ingest/v1/ready": (EVERYBODY, NOBODY),
    "ingest/": (NOWHERE, NOWHERE),  # all other paths below it
    "healthz": (EVERYBODY, NOBODY),
    "readyz": (EVERYBODY, NOBODY),
    "api/v1/events": (OWN_CREDENTIALS, NOBODY),
    "api/v1/fields": (OWN_CREDENTIALS, NOBODY),
    "api/v1/histogram": (OWN_CREDENTIALS, NOBODY),
    "api/v1/count": (OWN_CREDENTIALS, NOBODY),
    "api/v1/values": (OWN_CREDENTIALS, NOBODY),
    "api/v1/percentiles": (OWN_CREDENTIALS, NOBODY),
    "api/v1/": (NOWHERE, NOWHERE),  # all other paths below it
    # Logging in
    "accounts/login/": ((200, 302, 302, 302), (200, 302, 302, 302)),
    "accounts/logout/": ((302, 200, 200, 200), (302, 302, 302, 302)),
    "accounts/signup/": ((200, 302, 302, 302), (200, 302, 302, 302)),
    "accounts/inactive/": (EVERYBODY, NOBODY),
    "accounts/password/change/": (ACCOUNTS_ONLY, ACCOUNTS_ONLY),
    "accounts/password/reset/": (EVERYBODY, NOBODY),
    "accounts/password/reset/key/<uidb36>-<key>/": (EVERYBODY, EVERYBODY),
    "accounts/password/reset/key/done/": (EVERYBODY, NOBODY),
    # Management
    "manage/setup/<str:token>": ((410, 410, 410, 410), (410, 410, 410, 410)),
    "manage/accounts": (ADMINS, admins(422)),
    "manage/accounts/<int:user_id>/link": (NOT_ALLOWED, ADMINS),
    "manage/accounts/<int:user_id>/role": (NOT_ALLOWED, admins(302)),
    "manage/accounts/<int:user_id>/disable": (NOT_ALLOWED, admins(302)),
    "manage/accounts/<int:user_id>/enable": (NOT_ALLOWED, admins(302)),
    "manage/keys": (KEEPERS_OF_KEYS, keepers(422)),
    "manage/keys/<int:key_id>/revoke": (KEEPERS_OF_KEYS, keepers(302)),
    "manage/tokens": (ACCOUNTS_ONLY, inside(422)),
    "manage/tokens/<int:token_id>/revoke": ((LOGIN, 404, 404, 200), (LOGIN, 404, 404, 302)),
    # Searching
    "": (ACCOUNTS_ONLY, NOT_ALLOWED),
    "events": (ACCOUNTS_ONLY, NOT_ALLOWED),
    "events/<str:time>/<int:event_id>": (inside(404), NOT_ALLOWED),
    "events/<str:time>/<int:event_id>/around": (inside(302), NOT_ALLOWED),
    "jump": (inside(302), NOT_ALLOWED),
    "selected": (inside(400), NOT_ALLOWED),
    "histogram": (ACCOUNTS_ONLY, NOT_ALLOWED),
    "fields": (ACCOUNTS_ONLY, NOT_ALLOWED),
    "fields/values": (inside(400), NOT_ALLOWED),
    "fields/numbers": (inside(400), NOT_ALLOWED),
    "search/completion": (ACCOUNTS_ONLY, NOT_ALLOWED),
    "search/alternatives": (ACCOUNTS_ONLY, NOT_ALLOWED),
    "search/help": (ACCOUNTS_ONLY, NOT_ALLOWED),
    "requests/<path:request_id>": (inside(404), NOT_ALLOWED),
    "tail": (ACCOUNTS_ONLY, NOT_ALLOWED),
    "tail/counts": (ACCOUNTS_ONLY, NOT_ALLOWED),
    "views": (ACCOUNTS_ONLY, NOT_ALLOWED),
    "views/new": (ACCOUNTS_ONLY, inside(422)),
    "views/<int:view_id>": ((LOGIN, 404, 200, 200), (LOGIN, 404, 422, 422)),  # of another, shared
    "views/<int:view_id>/delete": ((LOGIN, 404, 200, 200), (LOGIN, 404, 302, 302)),
    "views/recent/<int:search_id>/forget": (NOT_ALLOWED, inside(302)),
    "views/recent/forget": (NOT_ALLOWED, inside(302)),
    "exports/new": (ACCOUNTS_ONLY, inside(422)),
    "exports/<int:export_id>": (inside(404), inside(405)),  # of another
    "exports/<int:export_id>/file": (inside(404), inside(405)),
    "exports/<int:export_id>/cancel": (inside(405), inside(404)),
    "first-event": (inside(204), keepers(200)),
    "preferences": (ACCOUNTS_ONLY, ACCOUNTS_ONLY),
    "preferences/theme": (NOT_ALLOWED, inside(302)),
}
# Their POST carries a credential of its own, so that no browser sends it unasked, or is 404.
WITHOUT_CSRF = {"ingest/v1/events", "ingest/logstash", "ingest/", "api/v1/"}


@pytest.fixture(autouse=True)
def _ready_to_store():
    """Today's partition, without which /readyz says no."""
    maintain()


def answer_to(client: Client, method: str, route: str) -> int | str:
    response = client.generic(method, path_to(route))
    if response.status_code == 302 and response.headers["Location"].startswith("/accounts/login/?next="):
        return LOGIN
    return response.status_code


def everybody(admin: User, make_user: Any, client_of: Any) -> dict[str, Any]:
    """How to make a client for each kind of person."""
    accounts = {
        "viewer": make_user("viewer@school.test", "viewer"),
        "operator": make_user("operator@school.test", "operator"),
        "admin": admin,
    }
    return {"anonymous": lambda account=None: Client()} | {
        name: (lambda account=account: client_of(account)) for name, account in accounts.items()
    }


def test_every_route_has_a_line_and_every_line_a_route():
    assert sorted(set(routes(get_resolver().url_patterns))) == sorted(MATRIX)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_gets_what_the_table_says(admin, make_user, client_of, person, method):
    client_for = everybody(admin, make_user, client_of)[person]
    place = PEOPLE.index(person)

    expected = {route: lines[method == "POST"][place] for route, lines in MATRIX.items()}
    assert {route: answer_to(client_for(), method, route) for route in MATRIX} == expected


def test_no_page_for_somebody_is_kept_where_the_next_one_can_see_it(admin, client_of):
    """As with the button Back, after they logged out."""
    pages = [route for route, (got, _) in MATRIX.items() if got[0] == LOGIN and got[-1] == HTTPStatus.OK]
    pages.append("accounts/logout/")

    answers = {route: client_of(admin).get(path_to(route)) for route in pages}
    assert [route for route, answer in answers.items() if "no-store" not in answer.get("Cache-Control", "")] == []


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_a_disabled_account_gets_what_a_stranger_gets(admin, make_user, client_of, role):
    account = make_user("gone@school.test", role)
    client = client_of(account)
    people.disable(account)

    for place, method in enumerate(("GET", "POST")):
        expected = {route: lines[place][0] for route, lines in MATRIX.items()}
        assert {route: answer_to(client, method, route) for route in MATRIX} == expected


def test_every_change_needs_the_token_against_forged_requests(admin, client_of):
    client = client_of(admin)
    client.handler.enforce_csrf_checks = True
    changing = {route for route, lines in MATRIX.items() if lines[1] not in (NOBODY, NOT_ALLOWED)} - WITHOUT_CSRF

    assert {route: answer_to(client, "POST", route) for route in changing} == dict.fromkeys(changing, 403)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_change_nothing_and_fail_politely(admin, client_of, method):
    answers = {route: answer_to(client_of(admin), method, route) for route in MATRIX}

    assert {route: status for route, status in answers.items() if status == 500} == {}
