"""What the headers of a request say ends none of them with an error of ours: asked as the web server asks."""

import io
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from logviewer.wsgi import application

NO_TEXT_ENCODINGS = ("rot13", "base64", "undefined", "punycode")
OTHER_ENCODINGS = ("latin-1", "utf-16", "unicode_escape")

Ask = Callable[..., int]


@pytest.fixture
def ask() -> Ask:
    """Asks the product's own entry and returns the status."""

    def ask(path: str, *, query: str = "", body: bytes | None = None, **headers: str) -> int:
        statuses: list[str] = []
        environ: dict[str, Any] = {
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": "GET" if body is None else "POST",
            "CONTENT_LENGTH": str(len(body or b"")),
            "wsgi.input": io.BytesIO(body or b""),
            **headers,
        }
        setup_testing_defaults(environ)
        application(environ, lambda status, _headers: statuses.append(status)).close()
        return int(statuses[0].partition(" ")[0])

    return ask


@pytest.mark.parametrize("charset", [*NO_TEXT_ENCODINGS, *OTHER_ENCODINGS])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_charset_changes_nothing(charset, kind, ask, ingest_secret):
    content_type = f"{kind}; charset={charset}"
    key = f"Bearer {ingest_secret}"

    assert ask("/accounts/login/", query="next=/views", CONTENT_TYPE=content_type) == HTTPStatus.OK
    assert ask("/accounts/login/", body=b"login=a", CONTENT_TYPE=content_type) == HTTPStatus.FORBIDDEN  # no token in it
    sent = ask(
        "/ingest/v1/events", query="dry_run=1", body=b'{"event":"a"}', CONTENT_TYPE=content_type, HTTP_AUTHORIZATION=key
    )
    assert sent == HTTPStatus.OK


@pytest.mark.parametrize("path", ["/accounts/login/", "/readyz"])
def test_a_cookie_with_a_nul_is_none(path, ask):
    assert ask(path, HTTP_COOKIE='sessionid="\\000aaaaaaaaaaaa"') in (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE)


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/count"])
def test_another_method_of_the_read_api_is_405(path, ask):
    assert ask(path, body=b"{}", CONTENT_TYPE="application/json") == HTTPStatus.METHOD_NOT_ALLOWED
