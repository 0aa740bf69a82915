"""How fast the pages around the search box answer: completion, and what each part of an empty search keeps out.

scripts/bench search_box --data DIR [--number 10]

DIR was made by scripts/bench store. Each page is asked by a person who is logged in, once uncounted and then `--number`
times, timed to the last byte. The ratio is to the page of the newest events, with its list, histogram and counts.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import product, report
from benchmarks.product import READER, Client, Product
from benchmarks.store import Kept

NEWEST = ("the newest events", "/")
PAGES: Sequence[tuple[str, str]] = (
    ("a field's name", "/search/completion?q=stat"),
    ("values of a frequent field", "/search/completion?q=path:/coh"),
    ("values of a column", "/search/completion?q=event:"),
    ("long values", "/search/completion?q=exception:"),
    ("values of a field that no event has", "/search/completion?q=nobody_sends_this:"),
    ("an empty page", "/?q=nowhere_there+cohort_id:12+level:error"),
    ("its counts: a word, a cohort, a level", "/search/alternatives?q=nowhere_there+cohort_id:12+level:error"),
    ("its counts: one word", "/search/alternatives?q=nowhere_there"),
    ("its counts: fields and a time", "/search/alternatives?q=status_code:500+event:nothing&cohort_id=1&since=-1m"),
    ("its counts: a frequent word", "/search/alternatives?q=cohortid:12+slack"),
    ("its counts: a phrase that no index has", "/search/alternatives?q=%22could+xnot%22+status_code:500&level=error"),
)

# Prints the key of a session, as a login makes one.
LOG_IN = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from logviewer.accounts.models import User
user, session = User.objects.get(email={email!r}), SessionStore()
user.is_active = True
user.save()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
session.create()
print(session.session_key)
"""
NOTE_FIELDS = "from logviewer.store.catalogue import catch_up; catch_up(600)"


def main() -> None:
    options = _options()
    kept = Kept.read(options.data)
    with product.running(options.data, retention_days=kept.retention_days) as running, running.database() as database:
        facts = report.facts(database)
        report.show_facts(facts)
        running.manage("shell", "-c", NOTE_FIELDS)
        client = _logged_in(running)
        reference = _row(*NEWEST, client, options.number)
        rows = [reference, *(_row(*page, client, options.number) for page in PAGES)]
    for row in rows:
        row["ratio"] = round(row["p50 ms"] / reference["p50 ms"], 2)
    report.show("Around the search box", rows)
    report.write(options.json, "search_box", facts, pages=rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--number", type=int, default=10, help="times that each page is asked for")
    report.add_json_option(parser)
    return parser.parse_args()


def _logged_in(running: Product) -> Client:
    running.manage("create_user", "--email", READER, "--role", "viewer")
    session = running.manage("shell", "-c", LOG_IN.format(email=READER))
    return Client(running.port, "", cookie=f"sessionid={session}")


def _row(name: str, path: str, client: Client, number: int) -> dict[str, Any]:
    seconds, size = [], 0
    for _ in range(number + 1):
        began = time.perf_counter()
        status, body = client.get(path)
        seconds.append(time.perf_counter() - began)
        if status not in (200, 204):
            raise SystemExit(f"{path} was answered with {status}")
        size = len(body)
    warm = seconds[1:]
    row = {"page": name, "bytes": size, "p50 ms": 1000 * report.percentile(warm, 0.5), "worst ms": 1000 * max(warm)}
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
