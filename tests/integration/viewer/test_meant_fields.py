"""Words that find something, but not what was meant: a thing by its number, as people say it."""

import pytest

from logviewer.query.errors import SearchUnavailable
from logviewer.store.catalogue import catch_up
from logviewer.viewer import nothing
from tests.integration.viewer.conftest import event, text_of

OFFER = 'Did you mean <a href="/?q=student_id:88"><bdi>student_id:88</bdi></a>?'


@pytest.fixture
def events_of_student_88(store_events):
    store_events([event("student_removed", path="/students/88"), event("student_assigned", student_id=88)])
    catch_up(60)


def test_a_number_beside_a_name_offers_the_field_that_holds_it(page, events_of_student_88):
    shown = text_of(page("/?q=student+88"))

    assert "1 event mentioning student and 88" in shown
    assert OFFER in shown
    assert "Did you mean" not in text_of(page("/?q=instructor+88+OR+student_id:88"))


def test_a_page_that_found_nothing_offers_it_too(page, events_of_student_88):
    shown = text_of(page("/?q=student+88&level=critical"))

    assert '<a href="/?q=student_id:88&amp;level=critical"><bdi>student_id:88</bdi></a>' in shown


def test_a_slow_catalogue_offers_nothing(page, events_of_student_88, monkeypatch):
    def slow(*_, **__):
        raise SearchUnavailable("slow")

    monkeypatch.setattr(nothing, "unknown_names", slow)

    assert "Did you mean" not in text_of(page("/?q=student+88"))
