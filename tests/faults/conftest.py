"""Products that run for tests, senders with a judge, and the list of faults that is printed in the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from logviewer import embedded_postgres
from tests.conftest import ROOT, running_server
from tests.faults.judge import EVENT, Verdict, judge
from tests.faults.product import Product, environment, start
from tests.faults.senders import Senders
from tests.miscounted import MISCOUNTED

WAITING_BRIEFLY = {"DJANGO_SETTINGS_MODULE": "tests.faults.settings_that_wait_briefly", "PYTHONPATH": str(ROOT)}
VERDICTS = pytest.StashKey[list[tuple[str, Verdict]]]()
COLUMNS = ("acknowledged", "stored", "missing", "doubled", "repeats", "miscounted", "longest s", "answers")
MOST_SERVICE_CHARACTERS = 100


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product that serves, for tests after which it still does."""
    folder = tmp_path_factory.mktemp("serving")
    product = Product(folder / "data", folder / "log")
    product.start()
    try:
        product.wait_until_serving()
        yield product
    finally:
        product.stop()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for products that come and go, one after the other."""
    return tmp_path_factory.mktemp("data") / "data"


@pytest.fixture
def product(data: Path, tmp_path: Path) -> Iterator[Product]:
    """A product that is not yet started, and of which nothing runs after the test."""
    product = Product(data, tmp_path / "log")
    yield product
    if not product.has_ended():
        product.stop()


@dataclass
class UnderLoad:
    """A product that takes events, and makes senders for it."""

    product: Product
    secret: str
    case: str = ""

    def senders(self, service: str = "", **options: object) -> Senders:
        """They send under the name of the test, or another."""
        return Senders(self.product.url, self.secret, service or self.case[:MOST_SERVICE_CHARACTERS], **options)


@pytest.fixture(scope="package")
def _product_under_load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnderLoad]:
    folder = tmp_path_factory.mktemp("under_load")
    product = Product(folder / "data", folder / "log", given=WAITING_BRIEFLY)
    product.start(LOGVIEWER_WEB_PROCESSES="1")  # so that its memory is that of all bodies
    try:
        product.wait_until_serving()
        yield UnderLoad(product, product.manage("create_key", "--service", "*"))
    finally:
        product.stop()


@pytest.fixture
def under_load(_product_under_load: UnderLoad, request: pytest.FixtureRequest) -> UnderLoad:
    """One product for many tests, each of which leaves it serving and sends under its own service's name."""
    return UnderLoad(_product_under_load.product, _product_under_load.secret, request.node.name)


@dataclass
class Elsewhere:
    """A Postgres of its own, prepared for logviewer, and the secret of a key. It runs where a test says so."""

    data: Path
    url: str = ""
    secret: str = ""

    @contextmanager
    def server(self, **settings: str) -> Iterator[embedded_postgres.Server]:
        """Not yet started, and stopped in the end."""
        server = embedded_postgres.Server(self.data, log=lambda line: None, settings=settings)
        self.url = server.url
        try:
            yield server
        finally:
            server.stop()
            server.close()

    @contextmanager
    def web(self, **variables: str) -> Iterator[str]:
        """The URL of a web server on this database, which need not run yet."""
        given = environment(
            DATABASE_URL=self.url, LOGVIEWER_DATA_DIR=str(self.data.parent / "web"), PYTHONPATH=str(ROOT)
        )
        with running_server({**given, **variables}) as url:
            yield url

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement, parameters).fetchall()


@pytest.fixture(scope="package")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    folder = tmp_path_factory.mktemp("elsewhere")
    elsewhere = Elsewhere(folder / "data")
    with elsewhere.server() as server:
        start(server)
        product = Product(folder / "web", folder / "log", given={"DATABASE_URL": elsewhere.url})
        product.manage("prepare")
        elsewhere.secret = product.manage("create_key", "--service", "*")
    return elsewhere


@pytest.fixture
def judged(request: pytest.FixtureRequest) -> Callable[[Product | Elsewhere, Senders], Verdict]:
    """Judges what a store has of what senders sent, and writes it into the list of faults."""

    def judged(store: Product | Elsewhere, senders: Senders) -> Verdict:
        rows = store.query("SELECT data FROM log_event WHERE service = %s AND event = %s", senders.service, EVENT)
        verdict = judge(senders.record, [content for (content,) in rows], store.query(MISCOUNTED))
        request.config.stash.setdefault(VERDICTS, []).append((request.node.name, verdict))
        return verdict

    return judged


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the list of faults with their counts."""
    verdicts = config.stash.get(VERDICTS, [])
    if not verdicts:
        return
    terminalreporter.section("faults")
    terminalreporter.line(" | ".join((*COLUMNS, "case")))
    for name, verdict in verdicts:
        answers = " ".join(f"{status}:{count}" for status, count in sorted(verdict.answers.items()))
        found = (verdict.missing, verdict.doubled, verdict.miscounted)
        missing, doubled, miscounted = map(len, found)
        numbers = (verdict.acknowledged, verdict.stored, missing, doubled, verdict.repeats, miscounted)
        cells = [*map(str, numbers), f"{verdict.longest_s:.2f}", answers, name.removeprefix("test_")]
        terminalreporter.line(" | ".join(cells))
