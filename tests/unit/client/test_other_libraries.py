"""Values of libraries that the client does not import. Runs beside those of requirements.txt in test_versions."""

import json
import os
import subprocess
import sys

import pytest

from logviewer_client.line import render
from tests.unit.client.conftest import WATCHDOG_S


def rendered(value):
    return json.loads(render({"event": "e", "value": value}), parse_constant=pytest.fail)["value"]


def test_numpys_numbers_and_arrays_are_json():
    numpy = pytest.importorskip("numpy", reason="runs beside numpy in test_versions")

    assert rendered(numpy.int64(7)) == 7
    assert rendered(numpy.float64(1.5)) == 1.5
    assert rendered(numpy.float32("nan")) == "nan"
    assert rendered(numpy.bool_(True)) is True
    assert rendered(numpy.str_("text")) == "text"
    assert rendered(numpy.datetime64("2026-11-23")) == "2026-11-23"
    assert rendered(numpy.array([[1, 2], [3, 4]])) == [[1, 2], [3, 4]]
    assert rendered(numpy.array([{"password": "x"}], dtype=object)) == [{"password": "[redacted]"}]
    assert rendered(numpy.zeros((1000, 1000))) == "<ndarray of float64, shape (1000, 1000)>"
    assert isinstance(rendered(numpy.longdouble("1.5")), (float, str))


def test_pydantics_models_are_their_fields():
    pydantic = pytest.importorskip("pydantic", reason="runs beside pydantic in test_versions")

    class Address(pydantic.BaseModel):
        city: str

    class Student(pydantic.BaseModel):
        id: int
        password: str
        card: pydantic.SecretStr
        pin: int = pydantic.Field(repr=False)
        address: Address

    student = Student(id=88, password="hunter22", card="4711", pin=815, address=Address(city="Köln"))

    assert rendered(student) == {
        "id": 88, "password": "[redacted]", "card": "SecretStr('**********')", "address": {"city": "Köln"},
    }  # fmt: skip


def test_attrs_classes_are_their_fields():
    attrs = pytest.importorskip("attrs")

    @attrs.define
    class Student:
        id: int
        token: str
        pin: int = attrs.field(repr=False)

    assert rendered(Student(88, "t", 815)) == {"id": 88, "token": "[redacted]"}


def test_the_client_imports_none_of_them():
    names = "numpy pydantic attrs attr django celery gunicorn gevent rich"
    script = f"import sys, logviewer_client; print(sorted(set({names.split()!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300,
        env={"PYTHONPATH": ":".join(path for path in ["client/src", *sys.path] if path)},
    )  # fmt: skip
    # structlog looks for rich, and rich for attr.
    assert done.stdout.strip() in ("[]", "['rich']", "['attr', 'rich']")


def test_a_queryset_is_not_evaluated_and_a_model_is_its_key(monkeypatch):
    from django.db.models import QuerySet

    from logviewer.accounts.models import User

    monkeypatch.setattr(QuerySet, "_fetch_all", lambda self: pytest.fail("the database was asked"))

    label = User._meta.label
    assert rendered(User.objects.all()) == f"<QuerySet of {label}, not evaluated>"
    assert rendered(User(pk=7, email="ada@school.test")) == f"<{label} 7>"


def test_lazy_objects_are_what_they_wrap_once_they_are_there():
    from django.utils.functional import SimpleLazyObject
    from django.utils.translation import gettext_lazy

    lazy = SimpleLazyObject(lambda: {"id": 7})
    assert rendered(lazy) == "<SimpleLazyObject, not evaluated>"
    assert lazy["id"] == 7
    assert rendered(lazy) == {"id": 7}
    assert rendered(gettext_lazy("a text")) == "a text"


GREENLETS = """
import sys

if sys.argv[1] == "before":
    from gevent import monkey; monkey.patch_all()
import logging
import logviewer_client, logviewer_client.testing
logviewer_client.configure(console="none", transport=logviewer_client.testing.RecordingTransport())
from gevent import monkey; monkey.patch_all()
logviewer_client.configure(console="none")

import threading
import gevent
def enrol(place):
    for n in range(100):
        logging.getLogger("enrolment").info("enrolled", extra={"place": [place, n]})
        gevent.sleep(0)
gevent.joinall([gevent.spawn(enrol, place) for place in range(10)], raise_error=True)
gevent.get_hub().threadpool.apply(enrol, (10,))
assert logviewer_client.flush(%d), logviewer_client.shipping_stats()
"""


@pytest.mark.parametrize("patched", ["before", "after"])
def test_greenlets_log_wherever_gevent_was_told_to_replace_threads(door, tmp_path, patched):
    pytest.importorskip("gevent", reason="runs beside gevent in test_versions")
    ours = {"LOGVIEWER_URL": door.url, "LOGVIEWER_KEY": "lvk_test", "LOGVIEWER_SPOOL_DIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", GREENLETS % WATCHDOG_S, patched], capture_output=True, text=True, check=False,
        timeout=300,
        env={**os.environ, **ours, "PYTHONPATH": ":".join(path for path in ["client/src", *sys.path] if path)},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(event["place"] for event in door.stored) == [[place, n] for place in range(11) for n in range(100)]
