"""What is suggested while a query is typed; | is the cursor."""

import pytest

from logviewer.query import completion
from logviewer.query.completion import complete
from logviewer.query.errors import TimedOut
from logviewer.query.reader import Reader
from logviewer.store.catalogue import catch_up
from tests.integration.query.conftest import event

ANYONE = Reader(may_search=True)


@pytest.fixture
def stored(store):
    store(
        *(event(n, "cohort_listed", path="/cohorts", status_code=200, user={"name": "Ada"}) for n in range(3)),
        event(4, "slack_failed", service="monarch", path="/slack and more", status_code=500, cohort_id="12"),
        event(5, "slack_failed", service="monarch", tags=["late", "new", "two\nlines"], cohort_id="12"),
    )
    catch_up(60)


def suggested(written, reader=ANYONE):
    found = complete(reader, written.replace("|", ""), written.index("|"))
    return [one.text for one in found.suggestions]


@pytest.mark.parametrize(
    ("written", "texts"),
    [
        ("stat|", ["status_code:"]),
        ("STAT|", ["status_code:"]),
        ("code|", ["status_code:"]),
        ("us|", ["user:", "user.name:", "status_code:"]),
        ("user.n|", ["user.name:"]),
        ("-pat|", ["path:"]),
        ("a (pat|", ["path:"]),
        ("lev|", ["level>=", "level:"]),
        ("time|", ["time>=", "time<", "has:time ", "timestamp>="]),
        ("pa|:x", ["path"]),
        ("status_code|", [f"status_code{sign}" for sign in (":", ">", ">=", "<", "<=")] + ["has:status_code "]),
        ("a OR|", ["OR ", "cohort_id:"]),
        ("ha|", ["has:"]),
        ("has:us|", ["user ", "user.name ", "status_code "]),
        ("level:|", ["critical ", "error ", "warning ", "info ", "debug ", "trace "]),
        ("level>=w|", ["warning "]),
        ("time>=-1|", ["-15m ", "-1h "]),
        ("service:|", ["api ", "monarch "]),
        ("service:mon| a", ["monarch"]),
        ("service>=|", []),
        ("event:|", ["cohort_listed ", "slack_failed "]),
        ("event:FAIL|", ["slack_failed "]),
        ("status_code:|", ["200 ", "500 "]),
        ("status_code>=5|", ["500 "]),
        ("path>|", []),
        ("path:/|", ["/cohorts ", '"/slack and more" ']),
        ('path:"/sl|', ['"/slack and more" ']),
        ("tags:|", ["late ", "new "]),
        ("user.name:a|", ["Ada "]),
        ("cohort_id:|", ["12 "]),
        ("nothing_like_it|", []),
        ("nothing:|", []),
        ("a.b.c.d.e.f.g.h.i:|", []),
        ("time:|", []),
    ],
)
def test_suggests(written, texts, stored):
    assert suggested(written) == texts


def test_what_is_typed_is_replaced_and_nothing_else(stored):
    found = complete(ANYONE, "a status_code:50 b", 15)

    assert (found.start, found.end) == (14, 16)
    assert [(one.text, one.shown, one.kind, one.events) for one in found.suggestions] == [("500", "500", "value", 1)]


def test_the_beginning_counts_more_than_the_middle_and_then_frequency(store):
    store(
        *(event(n, "x", a="not") for n in range(3)), event(4, "x", a="t1"), *(event(5, "x", a="t2") for _ in range(2))
    )

    assert suggested("a:t|") == ["t2 ", "t1 ", "not "]


def test_where_events_take_too_long_the_catalogue_s_samples_are_left(stored, monkeypatch):
    def slow(*_, **__):
        raise TimedOut

    monkeypatch.setattr(completion, "fetch", slow)

    assert suggested("status_code:|") == ["200 ", "500 "]
    assert suggested("event:|") == []


def test_events_are_not_looked_through_for_a_field_that_the_catalogue_does_not_know(stored, monkeypatch):
    def never(*_, **__):
        raise AssertionError("asked")

    monkeypatch.setattr(completion, "fetch", never)

    assert suggested("nobody_sends_this:|") == []


def test_where_the_catalogue_is_empty_the_newest_events_are_asked(store):
    store(event(a="b"))

    assert suggested("a:|") == ["b "]


def test_who_may_not_search_gets_the_language_and_nothing_stored(stored):
    nobody = Reader(may_search=False)

    assert suggested("lev|", nobody) == ["level>=", "level:"]
    for written in ("stat|", "service:|", "event:|", "status_code:|"):
        assert suggested(written, nobody) == []


def test_a_query_that_is_too_long_is_not_completed(stored):
    assert complete(ANYONE, "a" * 5000, 5000).suggestions == []
