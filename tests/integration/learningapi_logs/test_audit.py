"""What a service tells besides its requests: its start and stop, who came, who may do what, which fields changed."""

CHANGES = """
from django.contrib.auth.models import Group, User
from django.db.models import F
from django.test import Client
from rest_framework.authtoken.models import Token
from LearningAPI.models import Cohort, CohortCourse

student, group = User.objects.get(username="student65"), Group.objects.get(name="Instructors")
student.groups.add(group)
group.user_set.remove(student)
student.groups.clear()
student.is_staff, student.email = True, "ada@changed.example"
student.save()
student.set_password("a new one")
student.save()
Cohort.objects.get(pk=1).save()
cohort = Cohort.objects.get(pk=2)
cohort.name, cohort.start_date = "Another name", "2026-02-02"
cohort.save(update_fields=["name", "start_date"])
course = CohortCourse.objects.get(cohort=2, index=1)
course.index = F("index") + 1
course.save()
Token.objects.get(user=student).delete()
browser = Client(headers={"host": "localhost"})
student.is_active = True
browser.post("/admin/login/", {"username": "student65", "password": "wrong"})
browser.post("/admin/login/", {"username": "student65", "password": "a new one"})
browser.post("/admin/logout/")
"""


def test_changes_are_told_by_the_names_of_their_fields(serve, find):
    school = serve()
    student = school.people["students"][0]

    school.run("shell", "-c", CHANGES)

    assert len(find('"user_logged_out" logger:LearningAPI.audit')) == 1
    changes = [
        (event["data"]["model"], event["data"]["object_id"], event["data"]["fields"])
        for event in find("event:data_changed", 4)[-4:]
    ]
    assert changes == [
        ("User", student["user_id"], ["email", "is_staff"]),
        ("User", student["user_id"], ["password"]),
        ("Cohort", 2, ["name", "start_date"]),
        ("CohortCourse", changes[3][1], ["index"]),
    ]
    permissions = [event["data"] for event in find("event:permissions_changed", 4)[-4:]]
    assert [(told["change"], told["model"]) for told in permissions] == [
        ("added", "User"), ("removed", "Group"), ("cleared", "User"), ("set", "User"),
    ]  # fmt: skip
    assert permissions[3]["fields"] == ["is_staff"]
    [failed] = find("user_login_failed")
    assert failed["data"]["account_id"] == student["user_id"]
    [came] = find("user_logged_in")
    assert came["data"]["user_id"] == student["user_id"]
    deleted = find("data_deleted")
    assert [(event["data"]["model"], event["data"]["account_id"]) for event in deleted] == [
        ("Token", student["user_id"])
    ]
    for private in ("ada@changed.example", "Another name", "a new one", student["token"]):
        assert find(f'"{private}"', at_least=0) == []


def test_a_process_tells_its_start_its_settings_and_its_stop(serve, find, end):
    school = serve(LEARNINGAPI_SLACK_TOKEN="a-token-of-slacks", LEARNINGAPI_SLOW_QUERY_MS="150")

    [started] = find("service_started")
    [configured] = find("service_configured")
    end(school)
    [stopped] = find("service_stopped")

    assert started["data"]["pid"] == stopped["data"]["pid"]
    assert type(stopped["data"]["uptime_s"]) is float
    assert configured["data"]["slow_query_ms"] == 150
    assert configured["data"]["log_student_names"] is False
    assert find("a-token-of-slacks", at_least=0) == []


def test_slow_statements_are_told_within_their_request_and_without_values(serve, find):
    school = serve(LEARNINGAPI_SLOW_QUERY_MS="0")

    with school.client() as client:
        answer = client.ask("POST", "/cohorts/1/assign", {"person_id": 66})
    [finished] = find(f"request_id:{answer.request_id} request_finished")
    slow = find(f"request_id:{answer.request_id} event:slow_query")

    assert len(slow) == finished["data"]["db_queries"] > 5
    assert all(event["level"] == "warning" and event["cohort_id"] == "1" for event in slow[3:])
    assert any("INSERT INTO" in event["data"]["statement"] for event in slow)
    assert not any(school.staff_token in str(event) for event in slow)


def test_names_of_students_are_told_only_when_a_setting_says_so(serve, find):
    quiet, telling = serve(), serve(LEARNINGAPI_LOG_STUDENT_NAMES="1")

    for school in (quiet, telling):
        with school.client() as client:
            client.ask("POST", "/cohorts/1/assign", {"person_id": 66})
    found = find("event:student_found", at_least=2)

    assert [event["data"].get("student") for event in found] == [None, "Bohdan Okonkwo"]
