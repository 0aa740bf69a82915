"""A language is a compiled catalogue and a line of the settings: whose browser asks for it gets it, and only they."""

import re
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from logviewer.store.catalogue import catch_up
from logviewer.store.event import Event, Level

HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
SPANISH = {
    "": HEADER,
    "Sign in": "Entrar",
    "Select": "Elegir",
    "%(count)s error\0%(count)s errors": "%(count)s error\0%(count)s errores",
    "Complete: %(events)s event.\0Complete: %(events)s events.": "Completo: %(events)s evento.\0Completo: %(events)s.",
}


def compile_catalogue(messages: dict[str, str], path: Path) -> None:
    """Writes GNU's .mo file (https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html)."""
    pairs = sorted((original.encode(), said.encode()) for original, said in messages.items())
    texts = [*(pair[0] for pair in pairs), *(pair[1] for pair in pairs)]
    at, places = 28 + 8 * len(texts), b""
    for text in texts:
        places += struct.pack("<II", len(text), at)
        at += len(text) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    path.parent.mkdir(parents=True)
    path.write_bytes(head + places + b"".join(text + b"\0" for text in texts))


@pytest.fixture(autouse=True)
def _spanish(settings, tmp_path):
    compile_catalogue(SPANISH, tmp_path / "es" / "LC_MESSAGES" / "django.mo")
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [("en", "English"), ("es", "español")]


@pytest.fixture
def stored(store_events):
    def store(number: int) -> None:
        now = datetime.now(UTC)
        events = (Event(now, Level.ERROR, "api", f"failed_{n}", "", None, None, "{}") for n in range(number))
        store_events(list(events))

    return store


@pytest.mark.parametrize(
    ("asked_for", "language", "words"),
    [
        ("fr, es-MX;q=0.8, en;q=0.5", "es", "Entrar"),
        ("en, es", "en", "Sign in"),
        ("fr", "en", "Sign in"),
        ("zz,,;q=", "en", "Sign in"),
        ("", "en", "Sign in"),
    ],
)
def test_a_browser_gets_the_first_of_its_languages_that_is_there_and_otherwise_english(asked_for, language, words):
    page = Client().get("/accounts/login/", headers={"Accept-Language": asked_for})

    assert re.search('<html lang="([^"]*)"', page.content.decode())[1] == language
    assert f"<h1>{words}</h1>" in page.content.decode()
    assert "Accept-Language" in page.headers["Vary"]


def test_the_sentence_above_the_list_has_the_plurals_of_its_language(viewer, client_of, stored):
    stored(2)

    page = client_of(viewer).get("/?q=level:error", headers={"Accept-Language": "es"})

    assert "<title>2 errores" in page.content.decode()


def test_drawings_are_measured_with_points_also_where_people_write_commas(viewer, client_of, store_events):
    now = datetime.now(UTC)
    store_events(
        [
            Event(now - timedelta(seconds=step), Level.INFO, "api", f"e{step % 3}", "", "r", None, f'{{"n":{step}}}')
            for step in range(30)
        ]
    )
    catch_up(60)
    client = client_of(viewer)

    for path in ("/?since=-1h", "/requests/r", "/fields/values?field=event", "/fields/numbers?field=n"):
        drawn = " ".join(
            re.findall(
                "<svg(?! class=.icon).*?</svg>",
                client.get(path, headers={"Accept-Language": "es"}).content.decode(),
                re.DOTALL,
            )
        )
        assert re.search(r'="-?[0-9]+\.[0-9]+%?"', drawn), path
        assert not re.search(r'="[^" ]*[0-9],[0-9]', re.sub('href="[^"]*"', "", drawn)), path


def test_those_who_follow_one_search_get_its_rows_in_their_language(viewer, client_of, stored):
    client = client_of(viewer)

    def ask(language: str, cursor: str = "") -> dict[str, object]:
        return client.get(f"/tail?cursor={cursor}", headers={"Accept-Language": language}).json()

    begun = {language: ask(language)["cursor"] for language in ("es", "en")}
    stored(1)
    rows = {language: str(ask(language, cursor)["rows"]) for language, cursor in begun.items()}

    assert ["Elegir" in rows["es"], "Select" in rows["en"]] == [True, True]


def test_a_file_ends_in_the_language_in_which_it_was_asked_for(viewer, client_of, stored):
    stored(1)
    client = client_of(viewer)
    export = client.post("/exports/new?q=failed_0", {"format": "csv"}).headers["Location"]

    file = client.get(f"{export}/file", headers={"Accept-Language": "es"})
    translation.activate("en")

    assert b"Completo: 1 evento." in b"".join(file.streaming_content)
