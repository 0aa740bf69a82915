"""The page Keys: a secret shown once, a key that works at once, and revoking that asks first."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from ingest.keys import create_ingest_key
from ingest.models import IngestKey

NEW_YORK = ZoneInfo("America/New_York")
FORM = {"service": "learning-api", "label": "staging", "min_level": "", "last_day": ""}


def send(secret):
    return Client().post(
        "/ingest/v1/events",
        b'{"event": "hello"}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )


def test_an_operator_makes_a_key_that_sends_at_once(operator, client_of):
    client = client_of(operator)

    page = client.post("/manage/keys", FORM)

    secret = page.context["secret"]
    assert page.content.decode().count(secret) == 3  # to copy, in the curl line, in the structlog lines
    assert "from logviewer_client import configure" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert send(secret).status_code == 200
    key = IngestKey.objects.get()
    assert (key.service, key.label, key.created_by) == ("learning-api", "staging", operator)


def test_the_secret_is_not_shown_again_and_the_last_use_is(operator, client_of):
    client = client_of(operator)
    secret = client.post("/manage/keys", FORM).context["secret"]
    assert "Never" in client.get("/manage/keys").content.decode()

    IngestKey.objects.update(last_used_at=timezone.now())

    later = client.get("/manage/keys").content.decode()
    assert secret not in later
    assert "learning-api" in later
    assert f"{timezone.now():%Y-%m-%d}" in later
    assert "Never" not in later


def test_a_key_may_have_a_lowest_level_and_an_end(operator, client_of):
    operator.time_zone = "America/New_York"
    operator.save()
    day = timezone.now().date() + timedelta(days=3)

    client_of(operator).post("/manage/keys", FORM | {"min_level": "30", "last_day": day.isoformat()})

    key = IngestKey.objects.get()
    assert key.min_level == 30
    assert key.expires_at.astimezone(NEW_YORK) == datetime.combine(day + timedelta(days=1), time.min, NEW_YORK)


@pytest.mark.parametrize(
    "change",
    [
        {"service": ""},
        {"service": "two words"},
        {"service": "x" * 101},
        {"label": "x" * 101},
        {"min_level": "17"},
        {"min_level": "loud"},
        {"last_day": "2020-01-01"},
        {"last_day": "soon"},
        {"label": "a\0b"},
    ],
)
def test_what_makes_no_key_is_said_on_the_form(operator, client_of, change):
    page = client_of(operator).post("/manage/keys", FORM | change)

    assert page.status_code == 422
    assert "errorlist" in page.content.decode()
    assert not IngestKey.objects.exists()


def test_a_key_of_any_service_shows_an_example_name(operator, client_of):
    page = client_of(operator).post("/manage/keys", FORM | {"service": "*"}).content.decode()

    assert "my-service" in page


def test_revoking_asks_first_and_then_ends_the_key(operator, client_of):
    new = create_ingest_key(service="learning-api", label="old")
    client = client_of(operator)

    assert "Revoke this key?" in client.get(f"/manage/keys/{new.key.pk}/revoke").content.decode()
    assert IngestKey.objects.get().is_active

    client.post(f"/manage/keys/{new.key.pk}/revoke")
    assert not IngestKey.objects.get().is_active
    assert send(new.secret).status_code == 403
    assert "Revoked" in client.get("/manage/keys").content.decode()
    assert client.post(f"/manage/keys/{new.key.pk}/revoke").status_code == 404


def test_a_label_is_shown_as_text(operator, client_of):
    create_ingest_key(service="*", label="<img src=x onerror=alert(1)>")

    assert "<img" not in client_of(operator).get("/manage/keys").content.decode()


def test_of_many_revoked_keys_the_last_are_listed_and_the_others_a_link_away(operator, client_of):
    used = create_ingest_key(service="used", created_by=operator).key
    for number in range(12):
        create_ingest_key(service=f"old-{number:02}", created_by=operator)
    IngestKey.objects.exclude(pk=used.pk).update(revoked_at=timezone.now())
    client = client_of(operator)

    short, whole = (client.get(path).content.decode() for path in ("/manage/keys", "/manage/keys?all"))

    assert short.count("old-") == 10
    assert ">used<" in short
    assert '<a href="?all">2 more revoked keys</a>' in short
    assert whole.count("old-") == 12
    assert "more revoked" not in whole
