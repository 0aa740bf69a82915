"""All text goes through Django's translation: in a language of marks no page, in any of its states, has an unmarked
word, and each language that is offered has all that was said. Pages are found by the URLconf; what a page only says in
some state is asked for here."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from ingest.keys import create_ingest_key
from logviewer.accounts import first_admin, people
from logviewer.accounts.tokens import create_read_token
from logviewer.query.errors import SearchUnavailable
from logviewer.store.catalogue import catch_up
from logviewer.store.event import Event, Level
from logviewer.store.models import EventRow
from logviewer.viewer.addresses import event_address, event_key
from logviewer.viewer.meta_words import FLAG_WORDS, SENT_WORDS
from logviewer.viewer.models import Export, SavedView, State
from logviewer.viewer.views import events as events_view
from tests.conftest import PASSWORD
from tests.integration.marked_language import marked, speak, unmarked, untranslated, words_outside
from tests.integration.routes import path_to, routes

FOR_PROGRAMS = ("api/", "ingest/", "healthz", "readyz")
# Without it they name the parameter, which is the same in every language.
PARAMETERS = {"fields/values": "?field=zz_mixed", "fields/numbers": "?field=zz_number"}
REQUEST = "zz-request"
TRACEBACK = """Traceback (most recent call last):
  File "/zz/views.py", line 7, in zz_save
    zz()
zz.Broken: zz1

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/zz/site-packages/zz/query.py", line 9, in zz_run
    zz()
  File "/zz/views.py", line 8, in zz_view
    zz_save()
zz.Failed: zz2
"""
_STACK = {line.strip() for line in TRACEBACK.splitlines()}
# What a page says beside its usual state: below the path's name each address is one such state.
SEARCHES = (
    "",
    "q=zz_failed&level=error&service=zz-api&since=-2d",
    "q=-zz_nothing:1+zz1&columns=event,zz.zzcode,request_id&wrap=1",
    "q=zz_gone&level=warning&cohort_id=zz&since=-1h&until=-1m",
    "q=service%3Dzz-api+zz_gone&request_id=zz&service=zz",
    "q=(",
    "q=zz:",
    "q=zz!=1",
    "q=level:zz",
    "q=time>zz",
    "since=zz",
    "since=-1m&until=-1h",
    "by=event&since=-3d",
    "by=zz_code",
    "by=time",
    "q=zz_step&since=-2d",
    "before=zz",
    "before=MTc5NTY2ODk0Njg1NzY4My4xMDQ4NTg1OQ",
    "q=(zz:1+OR+-zz+OR+has:zz)+zz>5+-(zz:*a+zz)+level>=warning",
)
ADDRESSES = (
    *(f"/?{search}" for search in SEARCHES),
    *(f"/histogram?{search}" for search in ("by=event", "q=zz_gone", "by=time", "q=(")),
    *(f"/search/alternatives?{search}" for search in ("q=zzcode:1+-zz&since=-1m", "q=zz_failed+zz_gone", "q=(")),
    "/search/completion?q=zz_c&at=4",
    "/search/completion?q=level:&at=6",
    "/search/completion?q=has:zz+&at=7",
    "/fields?service=zz-api",
    *(f"/fields/values?field={field}" for field in ("zz_mixed", "zz_number", "level", "service", "zz_gone", "time")),
    "/fields/values?field=" + "z" * 2000,
    *(f"/fields/numbers?field={field}" for field in ("zz_number", "zz_gone")),
    f"/requests/{REQUEST}",
    "/views/new?q=zz",
    "/views/new?q=(",
    "/views/new?q=" + "zz" * 7000,
    "/exports/new?q=zz",
    "/exports/new?q=(",
    "/selected?as=text",
    "/selected?as=text&e=1.1",
    "/tail?q=(",
    "/tail?cursor=zz",
    "/zz/no/such/page",
)


def event(name: str, *, ago: timedelta, level: Level = Level.INFO, meta: object = None, **data: object) -> Event:
    return Event(
        time=datetime.now(UTC) - ago,
        level=level,
        service="zz-api",
        event=name,
        logger="zz",
        request_id=REQUEST if "zz_step" in data else None,
        cohort_id="zz12",
        meta=json.dumps(meta) if meta else None,
        data=json.dumps(data),
    )


def a_day() -> list[Event]:
    """Events that are in time and late, with a gap in time and in their numbers; every note that ingest makes."""
    second = timedelta(seconds=1)
    calm = [
        event("zz_calm", ago=step * second, boot="zz", seq=100 - step, zz_number=step, zz_mixed=(step, "zz")[step % 2])
        for step in range(1, 40)
        if step != 20
    ]
    noted = {"flags": [*FLAG_WORDS, "zz"], **dict.fromkeys(SENT_WORDS, "zz")}
    nested = {"zz": {"zzcode": [1, 2], "zz": {}}, "zz_long": "zz " * 6_700, **{f"zz{n}": n for n in range(400)}}
    steps = [event("zz_step", ago=hours * 3600 * second, zz_step=hours) for hours in (2, 3, 4)]
    failed = event("zz_failed", ago=26 * 3600 * second, level=Level.ERROR, meta=noted, zz_exception=TRACEBACK, **nested)
    return [*calm, *steps, failed]


@pytest.fixture
def marks(monkeypatch, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with monkeypatch.context() as patch:
        said = speak(patch)
        yield
    assert {name: missing for name, _ in settings.LANGUAGES[1:] if (missing := untranslated(said, name))} == {}


@pytest.fixture
def stored(store_events):
    ids = store_events(a_day())
    catch_up(60)
    return ids


def said(answer) -> list[str]:
    """The unmarked words of an answer, whatever it is."""
    if answer.streaming:
        file = b"".join(answer.streaming_content).decode()
        return words_outside(" ".join(re.findall(r"^\W*# .*", file, re.MULTILINE)))
    kind, text = answer.headers.get("Content-Type", ""), answer.content.decode()
    if kind.startswith("application/json"):
        return [word for value in json.loads(text).values() if isinstance(value, str) for word in unmarked(value)]
    if kind.startswith("text/plain"):
        return words_outside("".join(line for line in text.splitlines(keepends=True) if line.strip() not in _STACK))
    return unmarked(text)


def _key(row: EventRow) -> str:
    return event_key(row.time, row.id)


def silent(answers: dict[str, object]) -> list[str]:
    """Which answers have unmarked words, and which; [] if none has."""
    assert answers
    return [f"{name}: {' '.join(words)}" for name, answer in answers.items() if (words := said(answer))]


@pytest.mark.parametrize("person", ["admin", None])
def test_no_page_has_a_word_of_its_own(person, request, stored, client_of, marks):
    user = request.getfixturevalue(person) if person else None
    pages = [route for route in routes(get_resolver().url_patterns) if not route.startswith(FOR_PROGRAMS)]

    def ask(method: str, route: str) -> HttpResponse:
        client = client_of(user) if user else Client()  # anew, for some routes end the session
        return getattr(client, method)(path_to(route) + PARAMETERS.get(route, ""))

    answers = {f"{method} {route}": ask(method, route) for route in pages for method in ("get", "post")}

    assert silent(answers) == []
    pages_seen = [answer for answer in answers.values() if answer.status_code in (200, 422)]
    assert len(pages_seen) > len(pages) // (2 if user else 10)


def test_nor_in_any_of_its_states(stored, admin, client_of, marks):
    client = client_of(admin)
    failed = EventRow.objects.get(event="zz_failed")
    opened = event_address(failed.time, failed.id)
    in_place = {"HX-Request": "true", "HX-Current-URL": "http://testserver/?columns=event"}

    answers = {address: client.get(address, follow=True) for address in (*ADDRESSES, opened)}
    answers["opened in place"] = client.get(opened, headers=in_place)
    answers |= {
        f"copied as {form}": client.get(f"/selected?as={form}&e={_key(failed)}") for form in ("text", "markdown")
    }

    assert silent(answers) == []


def test_nor_when_something_is_done(stored, admin, operator, client_of, marks):
    client, key, token = (
        client_of(admin),
        create_ingest_key(service="zz", label="zz").key,
        create_read_token(admin, "zz"),
    )
    other, own = f"/manage/accounts/{operator.pk}", f"/manage/accounts/{admin.pk}"
    done = (
        ("/manage/keys", {"service": "*", "label": "zz", "min_level": "30", "last_day": "2999-01-01"}),
        ("/manage/keys", {"service": "no name", "min_level": "7", "last_day": "1999-01-01"}),
        (f"/manage/keys/{key.pk}/revoke", {}),
        ("/manage/keys", {"service": "zz", "label": "zz"}),
        ("/manage/tokens", {"label": "zz"}),
        (f"/manage/tokens/{token.token.pk}/revoke", {}),
        ("/manage/accounts", {"email": "zz@school.test", "role": "viewer"}),
        ("/manage/accounts", {"email": "zz@school.test", "role": "zz"}),
        (f"{other}/link", {}),
        (f"{other}/role", {"role": "viewer"}),
        (f"{other}/role", {"role": "zz"}),
        (f"{other}/disable", {}),
        (f"{other}/enable", {}),
        (f"{own}/disable", {}),
        (f"{own}/role", {"role": "viewer"}),
        ("/first-event", {}),
        ("/preferences", {"time_zone": "Europe/Berlin"}),
        ("/preferences", {"time_zone": "zz"}),
        ("/views/new?q=zz", {"name": "zz", "is_pinned": "on"}),
        ("/views/new?q=zz", {"name": "zz"}),
        ("/accounts/password/change/", {"oldpassword": "zz", "password1": "zz", "password2": "zzz"}),
        ("/jump?at=zz", None),
    )

    answers = {
        f"{number} {path}": client.get(path, follow=True) if sent is None else client.post(path, sent, follow=True)
        for number, (path, sent) in enumerate(done)
    }
    view = SavedView.objects.get(name="zz")
    for path in (f"/views/{view.pk}", f"/views/{view.pk}/delete"):
        answers[path] = client.post(path, {"name": "zz", "is_pinned": "on"}, follow=True)
    answers["by a role that may not"] = client_of(operator).get("/manage/accounts")

    assert silent(answers) == []


def test_nor_before_somebody_is_signed_in(admin, monkeypatch, marks):
    client = Client()
    link = urlsplit(people.set_password_link(admin)).path
    answers = {"a link": client.get(link, follow=True)}
    sets_password = answers["a link"].request["PATH_INFO"]
    answers["another link"] = Client().get("/accounts/password/reset/key/1-zz/", follow=True)
    for sent in ({"password1": "zz", "password2": "zzz"}, {"password1": PASSWORD * 2, "password2": PASSWORD * 2}):
        answers[f"set as {sent}"] = client.post(sets_password, sent, follow=True)
    for number in range(7):
        answers[f"try {number}"] = Client().post("/accounts/login/", {"login": "zz@school.test", "password": "zz"})
    answers["no address"] = Client().post("/accounts/login/", {"login": "zz"})
    admin.delete()
    answers["before there is an admin"] = Client().get("/accounts/login/")
    monkeypatch.setattr(first_admin, "link_is_alive", lambda token: True)
    answers["the first admin"] = client.get("/manage/setup/zz")
    for sent in ({}, {"email": "zz", "password1": "zz", "password2": "zzz"}):
        answers[f"the first admin as {sent}"] = client.post("/manage/setup/zz", sent)

    assert silent(answers) == []


def test_nor_while_there_are_no_events(admin, viewer, client_of, marks):
    assert silent({person.role: client_of(person).get("/") for person in (admin, viewer)}) == []


def test_nor_an_export_or_its_file(stored, admin, client_of, marks):
    client = client_of(admin)
    made = [
        Export.objects.create(owner=admin, query="q=zz_calm", created=timezone.now(), state=state, moved=moved, **known)
        for state in State
        for moved in (timezone.now(), None)
        for known in ({}, {"expected": 40, "format": "ndjson"})
    ]
    answers = {f"{export.state} {export.moved}": client.get(f"/exports/{export.pk}") for export in made}
    answers["wait"] = client.get(f"/exports/{made[0].pk}/file")
    Export.objects.update(state=State.READY)
    answers["file"] = client.get(f"/exports/{made[0].pk}/file")
    [path] = {client.post("/exports/new?q=zz", {"format": "csv"}).headers["Location"]}
    answers["made"] = client.get(path)

    assert silent(answers) == []


def test_nor_pages_of_errors(client_of, viewer, monkeypatch, marks):
    def unavailable(*_: object, **__: object) -> None:
        raise SearchUnavailable("zz")

    client = client_of(viewer)
    monkeypatch.setattr(events_view, "read_asked_page", unavailable)
    answers = {address: client.get(address) for address in ("/", "/zz")}
    names = ("400.html", "400_host.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html", "503.html")

    assert silent(answers) == []
    assert {name: words for name in names if (words := unmarked(render_to_string(name)))} == {}


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ('<p title="⟦a label⟧">⟦some text ⟧zz-data⟦ in it⟧ and more<code>theirs</code></p>', ["and", "more"]),
        ('<input placeholder="here" value="data"><input type="submit" value="Send">', ["here", "Send"]),
        ('<b data-words-copied="Copied.">⟦<b>⟧⟦Both</b> of them⟧</b>', ["Copied"]),
        ("<select><option value='zz'>⟦of ⟧them<option value='Asia/A_B'>Asia/A B</select>", ["them"]),
        ("<rect/>level <title>Page</title>", ["Page"]),
    ],
)
def test_an_unmarked_word_is_noticed(html, words):
    assert sorted(unmarked(html)) == sorted(words)


def test_what_is_put_into_a_message_is_outside_of_its_marks():
    assert marked("%(count)s d of {all} and 95 %%") == "%(count)s⟦ d of ⟧{all}⟦ and 95 ⟧%%"
