"""How long a page takes, to the last byte of its HTML, how heavy it is, and how that compares with the API.

scripts/bench pages --data DIR [--only P1,P5] [--number 20] [--rounds 3]

DIR was made by scripts/bench store. Each page is asked for with `--number` parameters over one kept-open connection of
somebody who is logged in, once uncounted and in `--rounds` rounds timed, of which the medians are shown and between
what their p95 were; the reference is the API's answer to the same search, in turn with it. P1 to P3 are the first pages
that staff open most. A page that comes before its search is at its end asks for the rest: "went on" says how many did,
and "whole" how long the longest took in all.
"""

import argparse
import http.client
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks import product, report
from benchmarks.product import Client, Product
from benchmarks.store import Kept, read_truth
from benchmarks.truth import HOUR_US, Truth

LOG_IN = """
from importlib import import_module
from django.conf import settings
from logviewer.accounts.models import User
user = User.objects.get(email={email!r})
session = import_module(settings.SESSION_ENGINE).SessionStore()
session.update({{
    "_auth_user_id": str(user.pk),
    "_auth_user_backend": settings.AUTHENTICATION_BACKENDS[0],
    "_auth_user_hash": user.get_session_auth_hash(),
}})
session.create()
print(session.session_key)
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A kind of page. `paths` makes addresses; it may look at pages to find them. `api`: the same search there."""

    name: str
    title: str
    paths: Callable[[Truth, random.Random, "Browser"], Sequence[str]]
    api: str = "events"


class Browser:
    """Somebody who is logged in, over one kept-open connection."""

    def __init__(self, port: int, session: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Cookie": f"sessionid={session}"}

    def get(self, path: str) -> bytes:
        """The body, read to its last byte. Ends the benchmark if the page is not answered."""
        self._connection.request("GET", path, headers=self._headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"{path}: {response.status}")
        return body

    def leads_to(self, path: str) -> str:
        """Where an address redirects to."""
        self._connection.request("GET", path, headers=self._headers)
        response = self._connection.getresponse()
        response.read()
        return response.headers["Location"]

    def links(self, path: str, pattern: str) -> list[str]:
        """The addresses on a page that match."""
        return [unescape(found) for found in re.findall(f'href="({pattern})"', self.get(path).decode())]


def main() -> None:
    options = _options()
    kept, truth = Kept.read(options.data), read_truth(options.data)
    with product.running(options.data, retention_days=kept.retention_days) as running, running.database() as database:
        facts = report.facts(database)
        report.show_facts(facts)
        token = running.token()
        browser, api = Browser(running.port, _session(running)), Client(running.port, token)
        rows = [_measured(page, truth, browser, api, options) for page in options.only]
    days = (truth.last - truth.first) / 86_400e6
    report.show(f"Pages over {truth.events:,} events of {days:.1f} days", rows)
    report.write(options.json, "pages", facts, events=truth.events, pages=rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", type=_pages, default=PAGES, help="names of pages, with commas between")
    parser.add_argument("--number", type=int, default=20, help="varied parameters for each page")
    parser.add_argument("--rounds", type=int, default=3, help="the figures are the medians of so many")
    report.add_json_option(parser)
    return parser.parse_args()


def _pages(names: str) -> list[Page]:
    return [next(page for page in PAGES if page.name == name) for name in names.split(",")]


def _session(running: Product) -> str:
    return running.manage("shell", "-v", "0", "-c", LOG_IN.format(email=product.READER))


def _measured(page: Page, truth: Truth, browser: Browser, api: Client, options: argparse.Namespace) -> dict[str, Any]:
    different = page.paths(truth, random.Random(page.name), browser)
    asked = list(islice(cycle(different), options.number)) if different else []
    rounds = [[_both(page, path, browser, api) for path in asked] for _ in range(options.rounds + 1)]
    row = {"name": page.name, "page": page.title, **_figures(rounds[1:])}
    print(row, flush=True)
    return row


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one page: milliseconds, those until it was whole, those of the API, and its bytes."""

    ms: float
    whole_ms: float
    api_ms: float
    size: int


def _both(page: Page, path: str, browser: Browser, api: Client) -> Taken:
    took, body = _timed(lambda: browser.get(path))
    rest = re.search(rb'hx-get="([^"]*)" hx-trigger="load" hx-target="#results"', body)
    more, _ = _timed(lambda: browser.get(unescape(rest[1].decode()))) if rest else (0.0, b"")
    took_api, _ = _timed(lambda: _reference(page, path, api))
    return Taken(took, took + more, took_api, len(body))


def _figures(rounds: Sequence[Sequence[Taken]]) -> dict[str, Any]:
    if not rounds or not rounds[0]:
        return {"note": "the corpus has no case of it"}
    p50 = [report.percentile([one.ms for one in taken], 0.5) for taken in rounds]
    p95 = [report.percentile([one.ms for one in taken], 0.95) for taken in rounds]
    api_p50 = [report.percentile([one.api_ms for one in taken], 0.5) for taken in rounds]
    everything = [one for taken in rounds for one in taken]
    whole = [one.whole_ms for one in everything if one.whole_ms > one.ms]
    return {
        "p50 ms": round(median(p50), 1),
        "p95 ms": round(median(p95), 1),
        "p95 of the rounds": f"{min(p95):.0f}-{max(p95):.0f}",
        "worst ms": round(max(one.ms for one in everything), 1),
        "API p50 ms": round(median(api_p50), 1),
        "ratio": round(median(p50) / median(api_p50), 2),
        "KiB of HTML": round(max(one.size for one in everything) / 1024, 1),
        "went on": f"{len(whole)} of {len(everything)}",
        "whole ms": round(max(whole, default=0), 1),
    }


def _timed(ask: Callable[[], bytes]) -> tuple[float, bytes]:
    began = time.perf_counter()
    answer = ask()
    return 1000 * (time.perf_counter() - began), answer


def _reference(page: Page, path: str, api: Client) -> bytes:
    query = path.partition("?")[2]
    status, body = api.get(f"/api/v1/{page.api}?{query}" if page.api else "/api/v1/events?limit=1")
    if status != 200:
        raise SystemExit(f"The API said {status} to {query}")
    return body


def _some(chance: random.Random, values: Sequence[Any]) -> list[Any]:
    return chance.sample(values, min(20, len(values)))


def _hours(truth: Truth, chance: random.Random) -> Iterator[str]:
    for hour in _some(chance, truth.whole_hours()):
        since, until = (datetime.fromtimestamp(at * HOUR_US // 1_000_000, UTC) for at in (hour, hour + 1))
        yield urlencode({"since": f"{since:%FT%TZ}", "until": f"{until:%FT%TZ}"}, safe=":")


def _of_requests(truth: Truth, chance: random.Random, _: Browser) -> list[str]:
    return [f"/?request_id={quote(request)}" for request in _some(chance, truth.keys("request"))]


def _of_cohorts(truth: Truth, chance: random.Random, _: Browser) -> list[str]:
    return [f"/?cohort_id={cohort}&level=error" for cohort in _some(chance, truth.keys("cohort error"))]


def _of_hours(truth: Truth, chance: random.Random, _: Browser) -> list[str]:
    return [f"/?{hour}" for hour in _hours(truth, chance)]


def _everything(*_: object) -> list[str]:
    return ["/"]


def _older(truth: Truth, chance: random.Random, browser: Browser) -> list[str]:
    return [
        path for hour in _of_hours(truth, chance, browser) for path in browser.links(hour, r"/\?[^\"]*before=[^\"]*")
    ]


def _newer(truth: Truth, chance: random.Random, browser: Browser) -> list[str]:
    older = _older(truth, chance, browser)
    return [path for page in older for path in browser.links(page, r"/\?[^\"]*after=[^\"]*")]


def _events(truth: Truth, chance: random.Random, browser: Browser) -> list[str]:
    return [browser.links(hour, r"/events/[^\"?]*")[0] for hour in _of_hours(truth, chance, browser)]


def _stories(truth: Truth, chance: random.Random, _: Browser) -> list[str]:
    return [f"/requests/{quote(request)}" for request in _some(chance, truth.keys("request"))]


def _with_columns(truth: Truth, chance: random.Random, _: Browser) -> list[str]:
    return [f"/?{hour}&columns=service,event,path,duration_ms,status_code" for hour in _hours(truth, chance)]


def _by_service(*_: object) -> list[str]:
    return ["/?by=service"]


def _by_status(truth: Truth, chance: random.Random, _: Browser) -> list[str]:
    return [f"/?{hour}&by=status_code" for hour in _hours(truth, chance)]


def _tables(truth: Truth, chance: random.Random, _: Browser) -> list[str]:
    return [f"/histogram?{hour}" for hour in _hours(truth, chance)]


def _fields(*_: object) -> list[str]:
    return ["/fields"]


def _values(*_: object) -> list[str]:
    return [f"/fields/values?field={field}" for field in ("path", "status_code", "service", "user_id")]


def _hour_values(truth: Truth, chance: random.Random, _: Browser) -> list[str]:
    return [f"/fields/values?{hour}&field=path" for hour in _hours(truth, chance)]


def _by_field(*_: object) -> list[str]:
    return [f"/?by={field}" for field in ("status_code", "event", "path", "cohort_id", "request_id")]


def _common_searches(*_: object) -> list[str]:
    return [f"/?q={q}" for q in ("timeout", "has:exception", "status_code:500", "-path:/health*", "cohort_id:12")]


def _nowhere(*_: object) -> list[str]:
    return [f"/?q=nowhere{number}" for number in range(5)]


def _around(truth: Truth, chance: random.Random, browser: Browser) -> list[str]:
    return [browser.leads_to(f"{event}/around") for event in _events(truth, chance, browser)]


def _help(*_: object) -> list[str]:
    return ["/search/help"]


def _views(*_: object) -> list[str]:
    return ["/views"]


def _exports(*_: object) -> list[str]:
    return ["/exports/new?q=timeout", "/exports/new?q=status_code:500"]


def _numbers(*_: object) -> list[str]:
    return ["/fields/numbers?field=duration_ms"]


PAGES = (
    Page("P1", "a request's events", _of_requests),
    Page("P2", "errors of a cohort", _of_cohorts),
    Page("P3", "an hour", _of_hours),
    Page("P4", "everything", _everything),
    Page("P5", "older events of an hour", _older, api=""),
    Page("P6", "and back to newer ones", _newer, api=""),
    Page("P7", "an event", _events, api=""),
    Page("P8", "a request as a story", _stories, api=""),
    Page("P9", "an hour with chosen columns", _with_columns, api=""),
    Page("P10", "everything by service", _by_service, api=""),
    Page("P11", "an hour by status_code", _by_status, api=""),
    Page("P12", "the histogram of an hour as a table", _tables, api="histogram"),
    Page("P13", "the fields", _fields, api="fields"),
    Page("P14", "a field's values", _values, api="values"),
    Page("P15", "a field's numbers", _numbers, api="percentiles"),
    Page("P16", "a field's values of an hour", _hour_values, api="values"),
    Page("P17", "everything by other fields", _by_field, api=""),
    Page("P18", "a word, a value, not a path, everything of a cohort", _common_searches),
    Page("P19", "around an event", _around, api=""),
    Page("P20", "the help of the language", _help, api=""),
    Page("P21", "saved views", _views, api=""),
    Page("P22", "what an export would have", _exports, api=""),
    Page("P23", "a word that stands nowhere", _nowhere),
)


if __name__ == "__main__":
    main()
