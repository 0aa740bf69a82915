"""Views: made from a search, opened as it was, shared by operators, changed and deleted by those who may."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django import forms
from django.db import connection, transaction

from logviewer.viewer.models import SavedView
from logviewer.viewer.saved_views import MOST_VIEWS, SHIPPED
from logviewer.viewer.views.saved_views import ViewForm
from tests.faults.product import until
from tests.integration.viewer.conftest import event, text_of

SEARCH = "q=duration_ms>500&cohort_id=12&level=warning&since=-24h&columns=student_id,status_code&wrap=1"


@pytest.fixture
def save(client_of):
    def save(user, search=SEARCH, *, name="Slow things", **given):
        return client_of(user).post(f"/views/new?{search}", {"name": name, **given})

    return save


def bar_of(page):
    text = text_of(page("/"))
    return text[text.index("views__pinned") : text.index("</nav>", text.index("views__pinned"))]


def test_a_view_keeps_query_range_and_columns(save, viewer, client_of):
    answer = save(viewer, f"before=xyz&made-up=1&{SEARCH}", is_pinned="on")
    view = SavedView.objects.get()

    assert (view.owner, view.name, view.is_pinned, view.is_shared) == (viewer, "Slow things", True, False)
    assert sorted(view.query.replace("%3E", ">").replace("%2C", ",").split("&")) == sorted(SEARCH.split("&"))
    assert answer.headers["Location"] == f"/?{view.query}"
    shown = text_of(client_of(viewer).get(answer.headers["Location"]))
    assert f'href="/?{view.query.replace("&", "&amp;")}" aria-current="true"' in shown


def test_the_four_that_come_with_it_are_searches_that_work(page, store_events):
    store_events([event("cohort_assignment_failed", level="error", duration_ms=1500)])
    found = {str(view.name): text_of(page(f"/?{view.query}")) for view in SHIPPED}

    assert list(found) == ["Errors", "Slow", "Workflows with problems", "New events"]
    for name in ("Errors", "Slow", "Workflows with problems"):
        assert "cohort_assignment_failed" in found[name], name
    assert all(f">{name}</bdi>" in bar_of(page) for name in found)


def test_a_private_view_is_nobody_elses(save, viewer, operator, client_of):
    save(viewer, is_pinned="on")
    view = SavedView.objects.get()

    for path in (f"/views/{view.pk}", f"/views/{view.pk}/delete"):
        assert client_of(operator).get(path).status_code == 404
        assert client_of(operator).post(path, {"name": "mine now"}).status_code == 404
    assert "Slow things" not in text_of(client_of(operator).get("/views"))


def test_a_shared_view_is_everybodys_and_operators_manage_it(save, operator, admin, viewer, client_of):
    save(operator, is_pinned="on", is_shared="on")
    view = SavedView.objects.get()

    assert "Slow things" in text_of(client_of(viewer).get("/"))
    assert client_of(viewer).post(f"/views/{view.pk}/delete").status_code == 404
    assert client_of(admin).post(f"/views/{view.pk}", {"name": "Slower", "is_shared": "on"}).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.is_shared, view.is_pinned, view.owner) == ("Slower", True, False, operator)


def test_a_viewer_cannot_share(save, viewer):
    save(viewer, is_shared="on")

    assert not SavedView.objects.get().is_shared


def test_a_view_is_deleted_only_after_asking(save, viewer, client_of):
    save(viewer)
    view = SavedView.objects.get()

    assert "Slow things" in text_of(client_of(viewer).get(f"/views/{view.pk}/delete"))
    assert SavedView.objects.exists()
    assert client_of(viewer).post(f"/views/{view.pk}/delete").status_code == 302
    assert not SavedView.objects.exists()


def test_the_same_name_replaces_only_if_that_is_said(save, viewer):
    save(viewer)
    refused = save(viewer, "q=other", name="SLOW things")

    assert refused.status_code == 422
    assert "There is a view of this name already." in text_of(refused)
    assert 'name="replace"' in text_of(refused)
    assert save(viewer, "q=other", name="SLOW things", replace="on").status_code == 302
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("SLOW things", "q=other")


def test_a_name_that_is_taken_meanwhile_is_said_too(save, viewer, monkeypatch):
    save(viewer)
    monkeypatch.setattr(ViewForm, "clean", forms.ModelForm.clean)

    answer = save(viewer, "q=other")

    assert answer.status_code == 422
    assert "There is a view of this name already" in text_of(answer)
    assert SavedView.objects.count() == 1


def test_a_view_that_is_deleted_while_it_is_changed_stays_deleted(save, viewer, client_of):
    save(viewer)
    view, client = SavedView.objects.get(), client_of(viewer)
    address = f"/views/{view.pk}"

    def change():
        try:
            return client.post(address, {"name": "Back again"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            view.delete()
            changing = pool.submit(change)
            until(somebody_waits_for_a_lock)

        assert changing.result() == 404
    assert not SavedView.objects.exists()


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_two_people_may_use_the_same_name(save, viewer, operator):
    assert save(viewer).status_code == save(operator).status_code == 302


def test_a_search_that_cannot_be_read_is_not_saved(save, viewer):
    answer = save(viewer, "q=(")

    assert answer.status_code == 400
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\x00b"])
def test_a_name_that_is_none_is_refused(save, viewer, name):
    assert save(viewer, name=name).status_code == 422


def test_there_is_an_end_to_how_many_one_person_has(save, viewer):
    SavedView.objects.bulk_create(SavedView(owner=viewer, name=f"v{n}", query="q=a") for n in range(MOST_VIEWS))

    assert save(viewer).status_code == 422


def test_hostile_names_stay_text(save, operator, client_of):
    save(operator, name="<img src=x onerror=1>\u202e", is_pinned="on", is_shared="on")
    shown = text_of(client_of(operator).get("/")) + text_of(client_of(operator).get("/views"))

    assert "<img" not in shown
    assert "&lt;img src=x onerror=1&gt;" in shown
    assert "\u202e" not in shown
