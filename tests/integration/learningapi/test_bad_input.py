"""Whatever is sent, the answer is 4xx in JSON with the request's id, and the log has one warning about it."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.learningapi.harness import Answer, Logviewer, Service

HOSTILE = "<script>alert(1)</script>'; DROP TABLE auth_user; --"
HUGE = 10**30
COHORT = {
    "name": "Day Cohort 99", "slackChannel": "day-cohort-99", "startDate": "2026-01-05", "endDate": "2026-07-05",
    "clientSide": 1, "serverSide": 3,
}  # fmt: skip
CHANGE = {"name": "Day Cohort 71", "slack_channel": "c", "start_date": "2026-01-05", "end_date": "2026-07-05"}
LOGIN = {"username": "ines.tutor", "password": "a slip of the finger"}
DEEP = b"[" * 100_000
NO_TEXT = b'{"message": "\xff\xfe"}'


@dataclass(frozen=True)
class Case:
    status: int
    method: str
    path: str
    body: Any = None
    token: str | None = "staff"
    content_type: str = "application/json"
    accept: str = "application/json"

    def __str__(self) -> str:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        kind = " ".join({self.content_type, self.accept} - {"application/json"})
        return f"{self.method} {self.path[:50]} {body[:40]!r} {self.token} {kind}".replace(HOSTILE, "HOSTILE")


def bad_bodies(method: str, path: str, good: dict[str, Any], *, may_be_empty: bool = False) -> list[Case]:
    """What is wrong in the same way for every address that takes a body, and each field missing and wrong."""
    texts = [b'{"', b"[]", b"7", b'"text"', b"NaN", b'{"x": 1e999}', DEEP, NO_TEXT, b"\x00", b"{}" * 2]
    cases = [Case(400, method, path, body) for body in texts]
    cases += [Case(400, method, path, good | {name: wrong}) for name in good for wrong in ({"a": 1}, [[]])]
    cases += [Case(413, method, path, b'{"x": "%s"}' % (b"x" * 300_000))]
    cases += [Case(415, method, path, b"<x/>", content_type="text/xml")]
    cases += [Case(400, method, path, json.dumps(good).encode("utf-16"))]
    if not may_be_empty:
        cases += [Case(400, method, path, {name: good[name] for name in good if name != left}) for left in good]
        cases += [Case(400, method, path, good | {name: None}) for name in good]
    return cases


def for_staff_only(method: str, path: str, body: Any = None) -> list[Case]:
    return [
        Case(401, method, path, body, token=None),
        Case(401, method, path, body, token="0" * 40),
        Case(401, method, path, body, token="two words"),
        Case(401, method, path, body, token="\xff" * 40),
        Case(403, method, path, body, token="student"),
    ]


def of_unknown_cohorts(method: str, path: str, body: Any = None) -> list[Case]:
    wrong = ("4040", "0", str(HUGE), "9" * 3000, "one", "-1", "1.5", "%00", "%3Cscript%3E", "1'--", "\u0661")
    return [Case(404, method, path.replace("{id}", name.replace("\u0661", "%D9%A1")), body) for name in wrong]


CASES = [
    # looking
    Case(401, "GET", "/cohorts", token=None),
    Case(401, "GET", "/cohorts/1", token="5" * 41),
    *[Case(400, "GET", f"/cohorts?limit={wrong}") for wrong in ("x", "0", "-1", "501", "1e3", "9" * 5000, "%00")],
    *[Case(400, "GET", f"/cohorts?active={wrong}") for wrong in ("maybe", "%00", "2")],
    *[Case(400, "GET", f"/cohorts?q={wrong}") for wrong in ("x" * 56, "%00")],
    Case(400, "GET", "/cohorts?" + "&".join(f"a{n}=1" for n in range(1200))),
    *of_unknown_cohorts("GET", "/cohorts/{id}"),
    Case(404, "GET", "/cohorts/1/"),
    Case(404, "GET", "/nowhere"),
    Case(404, "GET", "/static/../../settings.py"),
    Case(405, "POST", "/healthz", {}),
    Case(405, "PUT", "/openapi.json", {}),
    Case(406, "GET", "/cohorts/1", accept="text/html"),
    # making
    *for_staff_only("POST", "/cohorts", COHORT),
    *bad_bodies("POST", "/cohorts", COHORT),
    *[Case(400, "POST", "/cohorts", COHORT | {name: 7}) for name in ("name", "slackChannel", "startDate", "orgURL")],
    Case(400, "POST", "/cohorts", COHORT | {"name": "Day Cohort 71"}),
    Case(400, "POST", "/cohorts", COHORT | {"name": "x" * 56}),
    Case(400, "POST", "/cohorts", COHORT | {"name": "x" * 200_000}),
    Case(400, "POST", "/cohorts", COHORT | {"name": "   "}),
    Case(400, "POST", "/cohorts", COHORT | {"name": "a\x00b"}),
    Case(400, "POST", "/cohorts", b'{"name": "\\ud800"}'),
    Case(400, "POST", "/cohorts", json.dumps(COHORT | {"name": "\ud800"}).encode()),
    Case(400, "POST", "/cohorts", COHORT | {"startDate": "2026-02-30"}),
    Case(400, "POST", "/cohorts", COHORT | {"startDate": "2027-01-01"}),
    Case(400, "POST", "/cohorts", COHORT | {"startDate": HUGE}),
    Case(400, "POST", "/cohorts", COHORT | {"clientSide": 4040}),
    Case(400, "POST", "/cohorts", COHORT | {"clientSide": HUGE}),
    Case(400, "POST", "/cohorts", COHORT | {"clientSide": True}),
    Case(400, "POST", "/cohorts", COHORT | {"clientSide": 1.5}),
    Case(400, "POST", "/cohorts", COHORT | {"clientSide": HOSTILE}),
    Case(400, "POST", "/cohorts", COHORT | {"clientSide": 3}),
    Case(400, "POST", "/cohorts", COHORT | {"orgURL": "javascript:alert(1)"}),
    Case(400, "POST", "/cohorts", COHORT | {"orgURL": "https://example.org/" + "x" * 300}),
    # changing
    *for_staff_only("PUT", "/cohorts/1", CHANGE),
    *bad_bodies("PUT", "/cohorts/1", CHANGE),
    *of_unknown_cohorts("PUT", "/cohorts/{id}", CHANGE),
    *[Case(400, "PUT", "/cohorts/1", CHANGE | {name: 7}) for name in CHANGE],
    Case(400, "PUT", "/cohorts/1", CHANGE | {"name": "Evening Cohort 24"}),
    Case(400, "PUT", "/cohorts/1", CHANGE | {"end_date": "2025-01-01"}),
    Case(405, "PATCH", "/cohorts/1", CHANGE),
    Case(403, "PATCH", "/cohorts/1", CHANGE, token="student"),
    # deleting
    *for_staff_only("DELETE", "/cohorts/1"),
    *of_unknown_cohorts("DELETE", "/cohorts/{id}"),
    # making active
    *for_staff_only("PUT", "/cohorts/1/active", {"active": True}),
    *bad_bodies("PUT", "/cohorts/1/active", {"active": True}, may_be_empty=True),
    *of_unknown_cohorts("PUT", "/cohorts/{id}/active", {"active": True}),
    *[Case(400, "PUT", "/cohorts/1/active", {"active": wrong}) for wrong in (None, "maybe", 2, HUGE, HOSTILE)],
    Case(405, "POST", "/cohorts/1/active", {"active": True}),
    # moving to the server side
    *for_staff_only("PUT", "/cohorts/1/migrate"),
    *of_unknown_cohorts("PUT", "/cohorts/{id}/migrate"),
    Case(404, "PUT", "/cohorts/3/migrate"),
    # assigning
    *for_staff_only("POST", "/cohorts/1/assign", {"person_id": 70}),
    *bad_bodies("POST", "/cohorts/1/assign", {"person_id": 70}),
    *of_unknown_cohorts("POST", "/cohorts/{id}/assign", {"person_id": 70}),
    *of_unknown_cohorts("POST", "/cohorts/{id}/assign?userType=instructor"),
    *[Case(400, "POST", "/cohorts/1/assign", {"person_id": wrong}) for wrong in (HOSTILE, "", -1, 0, True, 1.5)],
    *[Case(404, "POST", "/cohorts/1/assign", {"person_id": unknown}) for unknown in (4040, HUGE, "4040")],
    *[Case(400, "POST", f"/cohorts/1/assign?userType={wrong}", {"person_id": 70}) for wrong in ("parent", "%00")],
    Case(405, "PUT", "/cohorts/1/assign", {"person_id": 70}),
    # removing
    *for_staff_only("DELETE", "/cohorts/1/assign", {"student_id": 70}),
    *bad_bodies("DELETE", "/cohorts/1/assign", {"student_id": 70}),
    *of_unknown_cohorts("DELETE", "/cohorts/{id}/assign", {"student_id": 70}),
    Case(400, "DELETE", "/cohorts/1/assign"),
    Case(400, "DELETE", "/cohorts/2/assign", {"student_id": 71}),
    Case(404, "DELETE", "/cohorts/1/assign", {"student_id": 4040}),
    Case(404, "DELETE", "/cohorts/1/assign", {"student_id": HUGE}),
    # logging in and out
    *bad_bodies("POST", "/accounts/verify", LOGIN),
    Case(401, "POST", "/accounts/verify", LOGIN, token=None),
    Case(401, "POST", "/accounts/verify", LOGIN | {"username": HOSTILE}, token=None),
    Case(401, "POST", "/accounts/verify", LOGIN | {"username": "student65"}, token=None),
    *[Case(400, "POST", "/accounts/verify", LOGIN | {name: 7}) for name in LOGIN],
    Case(400, "POST", "/accounts/verify", LOGIN | {"password": "x" * 129}, token=None),
    Case(400, "POST", "/accounts/verify", LOGIN | {"username": "a\x00b"}, token=None),
    Case(405, "GET", "/accounts/verify", token=None),
    Case(401, "POST", "/accounts/logout", token=None),
    Case(401, "POST", "/accounts/logout", token="0" * 40),
    # writing to Slack
    Case(401, "POST", "/notify", {"message": "Hello"}, token=None),
    *bad_bodies("POST", "/notify", {"message": "Hello"}),
    Case(400, "POST", "/notify", {"message": 7}),
    Case(400, "POST", "/notify", {"message": "  "}),
    Case(400, "POST", "/notify", {"message": "x" * 3001}),
    Case(400, "POST", "/notify", {"message": "a\x00b"}),
    Case(400, "POST", "/notify", {"message": "Nobody's cohort"}),
]


@pytest.fixture(scope="module")
def answered(service: Service, logviewer: Logviewer) -> dict[int, tuple[Answer, list[dict[str, Any]]]]:
    """All at once: the service ships its events in the meantime."""
    answers = {}
    for case in CASES:
        headers = {"content_type": case.content_type, "accept": case.accept}
        answers[id(case)] = service.ask(case.method, case.path, case.body, token=case.token, **headers)
    events = logviewer.of_requests(answer.request_id for answer in answers.values())
    return {name: (answer, events[answer.request_id]) for name, answer in answers.items()}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_is_refused_in_json_and_with_one_warning(case: Case, answered: Any) -> None:
    answer, events = answered[id(case)]

    assert answer.status == case.status, answer.body
    assert answer.body["request_id"] == answer.request_id
    assert answer.body.get("message") or answer.body.get("reason") or answer.body.get("detail")
    assert "<script>" not in json.dumps(answer.body)
    assert len([event for event in events if event["level"] == "warning"]) == 1, [e["event"] for e in events]
    assert not [event for event in events if event["level"] in {"error", "critical"} or "exception" in event]
