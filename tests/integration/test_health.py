"""The two probes: any Host, no redirect, and the truth."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.utils import timezone

from logviewer.accounts.models import User
from logviewer.health_detail import ahead_until
from logviewer.store import state
from logviewer.store.maintenance import maintain
from logviewer.store.partitions import Partition
from logviewer.store.plan import DAYS_AHEAD


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/ingest/v1/ready"])
def test_probes_take_any_host(path):
    maintain()
    response = Client().get(path, headers={"host": "10.9.8.7"})

    assert response.status_code == 200


def test_machines_are_not_redirected_to_https(settings):
    settings.SECURE_SSL_REDIRECT = True

    assert Client().get("/healthz").status_code == 200
    assert Client().get("/accounts/login/").status_code == 301


def test_ready_names_the_check_that_fails(monkeypatch):
    maintain()
    monkeypatch.setattr("logviewer.health.partitions.existing", list)

    response = Client().get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"] == {"database": True, "migrations": True, "partition": False, "disk": True}


def test_a_page_for_people_refuses_a_foreign_host():
    assert Client().get("/accounts/login/", headers={"host": "evil.test"}).status_code == 400


def detail_for(client):
    return client.get("/readyz").json().get("detail")


def test_only_admins_who_are_logged_in_get_the_detail(client_of, viewer, operator, admin):
    maintain()
    admins = client_of(admin)

    assert detail_for(Client()) is None
    assert [detail_for(client_of(user)) for user in (viewer, operator)] == [None, None]
    assert detail_for(admins).keys() == {"worker", "cursor", "partitions", "disk", "database"}

    made_up = Client()
    made_up.cookies[settings.SESSION_COOKIE_NAME] = "guess"
    assert made_up.get("/readyz").json().keys() == {"status", "checks"}
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert detail_for(admins) is None


def test_the_detail_tells_when_maintenance_ran_and_how_far_partitions_are_made(client_of, admin):
    client = client_of(admin)
    maintain()
    seen = detail_for(client)

    assert not seen["worker"]["maintenance_late"]
    assert datetime.fromisoformat(seen["partitions"]["until"]) >= timezone.now() + timedelta(days=DAYS_AHEAD)
    assert seen["database"]["bytes"] > 1_000_000
    assert seen["cursor"] == {"lag_s": 0.0, "batches_behind": 0, "held_by": None}
    assert seen["disk"] == {"free_percent": None, "floor_percent": 10}

    assert seen["worker"]["retention_behind_s"] < 60

    half_an_hour_ago = timezone.now() - timedelta(minutes=30)
    state.maintained(half_an_hour_ago, half_an_hour_ago - timedelta(days=3))
    late = detail_for(client)["worker"]
    assert late["maintenance_late"]
    assert late["retention_behind_s"] > 3 * 24 * 60 * 60


def test_a_maintenance_that_does_not_come_to_its_end_is_none(monkeypatch):
    monkeypatch.setattr("logviewer.store.maintenance._drop", lambda expired: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        maintain()
    assert state.last_maintained() is None


def forget_workers():
    with connections["default"].cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_workers, procrastinate_jobs CASCADE")


def test_the_detail_tells_of_the_workers_heart_and_of_its_jobs(client_of, admin, request):
    client = client_of(admin)
    maintain()
    forget_workers()
    request.addfinalizer(forget_workers)
    assert detail_for(client)["worker"]["alive"] is False

    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT procrastinate_register_worker_v1()")
        cursor.execute(
            """INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at)
               VALUES ('default', 'a', 'todo', NULL), ('default', 'a', 'todo', now() + interval '1 h'),
                      ('default', 'a', 'failed', NULL), ('default', 'a', 'succeeded', NULL)"""
        )
    worker = detail_for(client)["worker"]
    assert worker["alive"]
    assert (worker["jobs_waiting"], worker["jobs_failed"]) == (1, 1)

    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 min'")
    assert not detail_for(client)["worker"]["alive"]


def test_partitions_reach_as_far_as_they_have_no_gap():
    now = datetime(2026, 5, 2, 12, tzinfo=UTC)
    starts = [datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2, 3, 5)]
    days = [Partition(start, start + timedelta(days=1), f"{start:%d}") for start in starts]

    assert ahead_until(now, days) == datetime(2026, 5, 4, tzinfo=UTC)
    assert ahead_until(now, days[:1]) is None
    assert ahead_until(now, []) is None
