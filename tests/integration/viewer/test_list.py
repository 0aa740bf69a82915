"""The list: its columns and lines, its two directions, its marks, and what is copied of it."""

import json
import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest

from logviewer.viewer.addresses import event_key
from tests.integration.viewer.conftest import MOMENT, event, text_of
from tests.integration.viewer.test_events_page import names


def rows(response):
    return re.findall(r'<tr class="events__row.*?(?=<tr|</tbody>)', text_of(response), re.S)


def cells(row):
    """The texts of a row's chosen columns, as they are read."""
    return [unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r'<td class="c-cell.*?(?=<td|$)', row, re.S)]


def link(response, words):
    found = re.search(rf'<a class="[^"]*" href="([^"]*)"[^>]*>(?:<svg.*?</svg>)?{words}', text_of(response))
    return unescape(found[1])


def test_columns_are_chosen_in_the_address(page, store_events):
    store_events(
        [event("a", at_ms=1, ms=1.5, error={"code": 5}), event("b", at_ms=2, error=[{"code": 6}, {"code": 7}])]
    )

    response = page("/?columns=event,ms,error.code,service")

    assert [cells(row) for row in rows(response)] == [
        ["b", "", "6, 7", "learning-api"],
        ["a", "1.5", "5", "learning-api"],
    ]
    assert re.findall(r'<th class="c-cell[^>]*><span class="th-column"><bdi>([^<]*)', text_of(response)) == [
        "event", "ms", "error.code", "service",
    ]  # fmt: skip


def test_columns_are_kept_by_every_link_and_by_the_form(page, store_events):
    (identifier,) = store_events([event("a", student=88)])

    shown = text_of(page("/?columns=event,student&wrap=1&since=-1d"))
    opened = text_of(page(f"/events/{MOMENT.isoformat()}/{identifier}", part_of="/?columns=event,student"))

    assert (
        '<input type="hidden" name="columns" value="event,student"><input type="hidden" name="wrap" value="1">' in shown
    )
    assert shown.count("columns=event,student&amp;wrap=1") > 5
    assert 'href="/?q=student:88&amp;columns=event,student"' in opened
    assert '<td colspan="4" hx-disable>' in opened


@pytest.mark.parametrize(
    "columns", ["%00", '"', "," * 5000, "a" * 9000, "%E2%80%AE", "<b>,</script>", "__proto__", "a..b", "."]
)
def test_any_columns_make_a_page(columns, page, store_events):
    store_events([event("a")])

    response = page(f"/?columns={columns}")

    assert response.status_code == 200
    assert "<b>," not in text_of(response)


def test_a_value_that_the_row_above_has_is_quiet(page, store_events):
    store_events([event("a", at_ms=1, service="x", request_id="r"), event("b", at_ms=2, service="x", request_id="q")])

    newest, older = rows(page("/"))

    assert '<td class="c-service">' in newest
    assert '<td class="c-service again">' in older
    assert '<td class="c-request">' in older
    assert ["again" in row for row in rows(page("/?columns=service"))] == [False, True]


def test_lines_wrap_where_the_address_says_so(page, store_events):
    store_events([event("a")])

    assert 'class="events events--wrap"' in text_of(page("/?wrap=1"))
    assert link(page("/?q=a"), "Wrap lines") == "/?q=a&wrap=1"
    assert link(page("/?q=a&wrap=1"), "One line each") == "/?q=a"


def test_from_older_events_the_way_leads_back_to_newer_ones(page, store_events):
    store_events([event(f"number {number}", at_ms=number) for number in range(250)])

    second = page(link(page("/"), "Older events"))
    third = page(link(second, "Older events"))
    back = page(link(third, "Newer events"))
    first = page(link(back, "Newer events"), part_of="/")

    assert names(third) == [f"number {number}" for number in range(49, -1, -1)]
    assert names(back) == names(second) == [f"number {number}" for number in range(149, 49, -1)]
    assert names(first) == [f"number {number}" for number in range(249, 149, -1)]
    assert "Newer events" not in text_of(first)
    assert "Older events" not in text_of(first)
    assert "No newer events match yet." in text_of(first)


def test_a_time_is_jumped_to_in_the_reader_s_zone(viewer, page, store_events):
    viewer.time_zone = "Asia/Kolkata"
    viewer.save()
    store_events([event("before", at_ms=-1000), event("at", at_ms=0), event("after", at_ms=1000)])
    here = (MOMENT + timedelta(hours=5, minutes=30)).replace(tzinfo=None)

    response = page(f"/jump?at={here}&service=learning-api")

    assert response.status_code == 302
    assert "service=learning-api&before=" in response["Location"]
    assert names(page(response["Location"])) == ["at", "before"]
    assert names(page(link(page(response["Location"]), "Newer events"))) == ["after"]


@pytest.mark.parametrize("at", ["", "tomorrow", "%00", "9999-12-31T23:59:59.999999Z", "<b>"])
def test_a_time_that_is_none_is_said_and_the_search_kept(at, page, store_events):
    response = page(f"/jump?at={at}&q=a")

    assert response.status_code == 302
    assert response["Location"] == "/?q=a"
    assert "<b>&#x27; is not" not in text_of(page("/?q=a"))


def test_what_is_missing_stands_between_the_rows(page, store_events):
    store_events([event("a", at_ms=0, boot="p", seq=1), event("b", at_ms=7_200_000, boot="p", seq=4)])

    assert "2 events of this process are not here (numbers 2–3)" in text_of(page("/?since=-7d"))
    assert "2 h without events" in text_of(page("/?q=boot:p"))
    assert "of this process" not in text_of(page("/?q=boot:p"))


def keys(response):
    return re.findall(r'name="e" value="([^"]*)"', text_of(response))


def test_selected_events_are_copied_oldest_first(page, store_events):
    store_events([event("one", at_ms=1, a=1.50), event("two", at_ms=2), event("three", at_ms=3)])
    three, _, one = keys(page("/"))

    as_json = page(f"/selected?as=json&e={three}&e={one}")
    as_text = page(f"/selected?as=text&e={three}&e={one}")
    as_markdown = page(f"/selected?as=markdown&e={three}&e={one}")

    assert [json.loads(line)["event"] for line in text_of(as_json).splitlines()] == ["one", "three"]
    assert [line.split()[5] for line in text_of(as_text).splitlines()] == ["one", "three"]
    assert text_of(as_markdown).count("\n| 2") == 2
    for response in (as_json, as_text, as_markdown):
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("as=json", 400),
        ("as=pdf&e=1.1", 400),
        ("as=json&e=x", 400),
        ("as=json&e=1.1", 404),
        ("as=json&e=99999999999999999.1", 404),
        ("as=text&" + "&".join(["e=1.1"] * 501), 400),
    ],
)
def test_what_cannot_be_copied_is_said(query, status, page, store_events):
    store_events([event("one")])

    assert page(f"/selected?{query}").status_code == status


def test_around_an_event_keeps_what_was_ticked_and_marks_it(page, store_events):
    (here, *_) = store_events(
        [
            event("here", cohort_id="12", request_id="r"),
            event("same cohort", at_ms=20_000, cohort_id="12", service="other"),
            event("far", at_ms=40_000, cohort_id="12"),
            event("other cohort", at_ms=-20_000, cohort_id="9"),
        ]
    )
    address = f"/events/{MOMENT.isoformat().replace('+00:00', 'Z')}/{here}/around"

    cohort = page(f"{address}?span=30s&cohort_id=12")
    everything = page(f"{address}?span=5m")
    spaced = page(f"{address}?service=api&request_id=+r+")

    assert names(page(cohort["Location"])) == ["same cohort", "here"]
    assert names(page(everything["Location"])) == ["far", "same cohort", "here", "other cohort"]
    assert "q=request_id:%22%20r%20%22" in spaced["Location"]
    assert "&service=api&" in spaced["Location"]
    assert text_of(page(cohort["Location"])).count('is-marked" id="marked"') == 1
    assert cohort["Location"].endswith("#marked")


@pytest.mark.parametrize("sort", ["", "&sort=oldest"])
def test_an_event_among_many_around_it_is_a_link_away_and_marked_in_the_bars(sort, page, store_events):
    ids = store_events([event(f"event_{number:03}", at_ms=number) for number in range(301)])
    (here,) = store_events([event("here", at_ms=150)])
    address = f"/events/{(MOMENT + timedelta(milliseconds=150)).isoformat().replace('+00:00', 'Z')}/{here}/around"

    around = text_of(page(page(f"{address}?span=5s{sort}")["Location"]))
    found = re.search(r'The event itself is further on: <a href="([^"]*)#marked">show it</a>', around)
    there = text_of(page(unescape(found[1])))

    assert len(ids) == 301
    assert 'id="marked"' not in around
    assert 'x1="50.0%"' in around
    assert 'id="marked"' in there
    assert "further on" not in there


@pytest.mark.parametrize("mark", ["7", "x", "253402300799999999.1", "-99999999999999999.1"])
def test_a_mark_that_says_no_place_marks_nothing(mark, page, store_events):
    store_events([event("here")])

    assert page(f"/?mark={mark}").status_code == 200


def test_around_an_event_the_list_is_shown_as_before(page, store_events):
    (here, *_) = store_events([event("here"), event("later", at_ms=1)])
    chosen = "columns=event,service&wrap=1&by=service&sort=oldest"

    opened = text_of(page(f"/events/{MOMENT.isoformat()}/{here}", part_of=f"/?q=here&{chosen}"))
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', opened))
    around = page(f"/events/{MOMENT.isoformat().replace('+00:00', 'Z')}/{here}/around?{urlencode(hidden)}")

    assert hidden == {"columns": "event,service", "wrap": "1", "by": "service", "sort": "oldest"}
    assert f"&{chosen}&mark={event_key(MOMENT, here)}#marked" in around["Location"]
    assert names(page(around["Location"])) == ["here", "later"]


def test_the_detail_leads_to_its_kin(page, store_events):
    (here, *_) = store_events([event("here", level="error"), event("here", at_ms=1), event("there", at_ms=2)])

    opened = page(f"/events/{MOMENT.isoformat()}/{here}", part_of="/?level=error&since=-7d")

    assert link(opened, "Same event") == "/?q=event:here&since=-7d"
    assert names(page("/?q=event:here&since=-7d")) == ["here", "here"]
    assert 'name="service" value="learning-api" checked' in text_of(opened)


def test_a_list_of_exceptions_is_a_stack_too(page, store_events):
    raised = [
        {"exc_type": "KeyError", "exc_value": "12", "frames": [{"filename": "/app/a.py", "lineno": 3, "name": "get"}]}
    ]
    (here,) = store_events([event("failed", exception=raised)])

    shown = text_of(page(f"/events/{MOMENT.isoformat()}/{here}"))

    assert '<strong class="traceback__verdict"><bdi>KeyError: 12</bdi></strong>' in shown
    assert "<bdi>/app/a.py</bdi>:3" in shown
