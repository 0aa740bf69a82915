"""The first to see a request: reads its headers so that none of them can end it with an error of ours.

A Content-Type may name as charset whatever Python has a codec for, rot13 too, and a quoted cookie may hold NUL, which
Postgres does not take: without this, both are a 500 for whoever sends them, before any view or middleware is asked.
"""

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.functional import cached_property


class Utf8Request(WSGIRequest):
    """Its parameters and forms are UTF-8, whatever it claims: browsers send nothing else to our pages."""

    @property
    def encoding(self) -> str | None:
        return None  # Django's default, which is UTF-8

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        pass

    @cached_property
    def COOKIES(self) -> dict[str, str]:  # type: ignore[override]  # noqa: N802 -- Django's name
        return {name: value for name, value in super().COOKIES.items() if "\0" not in value}


class Handler(WSGIHandler):
    request_class = Utf8Request
