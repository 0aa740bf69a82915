"""Every route of the URLconf, and a real path for each: tests of all pages get new ones by themselves."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver
from django.utils import timezone

from ingest.keys import create_ingest_key
from logviewer.accounts.models import User
from logviewer.accounts.tokens import create_read_token
from logviewer.viewer.models import Export, RecentSearch, SavedView


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        here = before + plain(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, here)
        else:
            yield here


def plain(route: str) -> str:
    """allauth's one route by regular expression, written like the others."""
    route = route.removeprefix("^").removesuffix("$")
    return route.replace("(?P<uidb36>[0-9A-Za-z]+)", "<uidb36>").replace("(?P<key>.+)", "<key>")


def path_to(route: str) -> str:
    """A real path for the route. What it names belongs to somebody else, and is new for each request."""
    if "<" not in route:
        return f"/{route}"
    other = User(email=f"zz{User.objects.count()}@school.test")
    other.set_unusable_password()
    other.save()
    values: dict[str, Any] = {
        "<uidb36>": "1",
        "<key>": "zz",
        "<str:token>": "zz",
        "<int:user_id>": other.pk,
        "<str:time>": "2026-11-23T10:00:00Z",
        "<int:event_id>": 1,
        "<path:request_id>": "zz/1",
    }
    if "<int:token_id>" in route:
        values["<int:token_id>"] = create_read_token(other, "zz").token.pk
    if "<int:view_id>" in route:
        values["<int:view_id>"] = SavedView.objects.create(
            owner=other, name="zz-theirs", query="q=zz", is_shared=True
        ).pk
    if "<int:search_id>" in route:
        recent = RecentSearch(owner=other, query="q=zz", digest=b"1", searched=timezone.now())
        recent.save()
        values["<int:search_id>"] = recent.pk
    if "<int:export_id>" in route:
        values["<int:export_id>"] = Export.objects.create(owner=other, query="q=zz", created=timezone.now()).pk
    if "<int:key_id>" in route:
        values["<int:key_id>"] = create_ingest_key(service="*", label="zz").key.pk
    for placeholder, value in values.items():
        route = route.replace(placeholder, str(value))
    assert "<" not in route, f"say in this test what stands for the parameter in {route}"
    return f"/{route}"
