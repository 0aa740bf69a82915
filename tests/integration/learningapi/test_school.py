"""load_school makes the same school however often it runs, and says how to act as its people."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.integration.learningapi.harness import Service, run

TABLES = ("nssuser", "cohort", "cohortinfo", "cohortcourse", "course", "book", "project")


def test_it_prints_everybodys_ids_and_tokens(service: Service) -> None:
    school = service.school

    assert [cohort["id"] for cohort in school["cohorts"]] == [1, 2, 3]
    assert [person["id"] for person in school["instructors"]] == [1, 2, 3]
    assert [person["id"] for person in school["students"]] == list(range(65, 89))
    people = school["instructors"] + school["students"]
    assert len({person["token"] for person in people}) == len({person["user_id"] for person in people}) == 27
    assert {person["password"] is None for person in school["students"]} == {True}
    assert len({person["password"] for person in school["instructors"]}) == 3


def test_repeating_it_changes_nothing(service: Service, ask_database: Callable[..., list[tuple[Any, ...]]]) -> None:
    def rows() -> list[list[tuple[Any, ...]]]:
        tables = [*(f'"LearningAPI_{table}"' for table in TABLES), "authtoken_token", "auth_user", "auth_user_groups"]
        return [ask_database(f"SELECT * FROM {table} ORDER BY 1") for table in tables]

    school = json.loads(run(service.environment, "load_school"))  # other tests take something away
    before = rows()

    assert json.loads(run(service.environment, "load_school")) == school
    assert rows() == before


def test_what_is_missing_comes_back_and_what_was_changed_stays(
    service: Service, ask_database: Callable[..., list[tuple[Any, ...]]]
) -> None:
    ask_database("UPDATE \"LearningAPI_cohort\" SET name = 'Renamed' WHERE id = 2")
    ask_database("DELETE FROM authtoken_token WHERE user_id = %s", service.school["students"][3]["user_id"])
    ask_database('DELETE FROM "LearningAPI_project" WHERE name = %s', "Payments API")

    again = json.loads(run(service.environment, "load_school"))

    assert again["students"][3]["token"] != service.school["students"][3]["token"]
    assert again["students"][4] == service.school["students"][4]
    assert ask_database('SELECT name FROM "LearningAPI_cohort" WHERE id = 2') == [("Renamed",)]
    assert ask_database('SELECT count(*) FROM "LearningAPI_project" WHERE name = %s', "Payments API") == [(1,)]


def test_people_and_coursework_know_what_belongs_to_them(service: Service) -> None:
    service.assign(66, 1)

    told = run(
        service.environment,
        "shell",
        "--verbosity=0",
        "-c",
        "import json; from LearningAPI.models import Book, NssUser, Project;"
        "student, ines = NssUser.objects.get(pk=66), NssUser.objects.get(pk=1);"
        "book = Book.objects.get(course=1, index=0);"
        "print(json.dumps([student.name, str(student), student.is_instructor, student.current_cohort['name'],"
        " ines.full_name, ines.is_instructor, ines.current_cohort,"
        " [project.name for project in book.projects], book.projects[0].course]))",
    )

    assert json.loads(told) == [
        "Bohdan Okonkwo", "Bohdan Okonkwo", False, "Day Cohort 71",
        "Ines Tutor", True, {"name": "Unassigned"},
        ["Fish Tank", "Care Tips"], 1,
    ]  # fmt: skip


def test_new_rows_do_not_meet_the_schools_fixed_ids(service: Service) -> None:
    wanted = {
        "name": "Day Cohort 99", "slackChannel": "", "startDate": "2026-01-05", "endDate": "2026-07-05",
        "clientSide": 1, "serverSide": 3,
    }  # fmt: skip
    assert service.ask("POST", "/cohorts", wanted).body["id"] > 3


def test_an_instructors_token_is_kept_for_programs_and_for_their_owner_only(service: Service) -> None:
    kept = Path(service.environment["LOGVIEWER_DATA_DIR"], "learningapi", "instructor_token")

    assert kept.read_text().strip() == service.staff_token
    assert kept.stat().st_mode & 0o777 == 0o600
