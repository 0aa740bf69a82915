"""docker-compose.yml and the Dockerfile name only what exists, and hold no secret."""

import argparse
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import resolve

from logviewer import env
from logviewer.supervisor.options import add_arguments

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
DOCKERFILE = [
    line.split()
    for line in (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]
EXAMPLE = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
REFERENCES = re.findall(r"\$\{([A-Z_]+)(:[?-][^}]*)?\}", (ROOT / "docker-compose.yml").read_text())


def instructions(name: str) -> list[list[str]]:
    return [words[1:] for words in DOCKERFILE if words[0] == name]


def exec_form(name: str) -> list[str]:
    """The words of the one instruction that is written as a list, so that no shell stands before our process."""
    (words,) = instructions(name)
    form: list[str] = json.loads(" ".join(words))
    return form


def known_variables() -> set[str]:
    """What env.py reads, found in its source so that a renamed variable is missed here."""
    return set(re.findall(r'"([A-Z][A-Z_]+)"', Path(env.__file__).read_text()))


def test_our_services_run_the_supervisor_with_flags_that_it_knows():
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    runs = {name: SERVICES[name]["command"] for name in OURS}

    parsed = {name: parser.parse_args(command[1:]) for name, command in runs.items()}
    assert {command[0] for command in runs.values()} == {"up"}
    assert [name for name in OURS if parsed[name].web] == ["web"]
    assert [name for name in OURS if parsed[name].worker] == ["worker"]


def test_the_image_is_built_from_files_that_exist_and_starts_a_command_that_exists():
    copied = [source for words in instructions("COPY") for source in words[:-1]]

    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert [*exec_form("ENTRYPOINT"), *exec_form("CMD")] == ["python", "manage.py", "up"]
    assert (ROOT / "manage.py").exists()
    assert (ROOT / "logviewer/management/commands/up.py").exists()


def test_the_image_installs_what_is_pinned_by_hash_and_runs_as_no_root():
    installs = [words for words in instructions("RUN") if "pip" in words]

    assert all("--require-hashes" in words for words in installs)
    assert [words for words in DOCKERFILE if words[0] == "USER"] == [["USER", "logviewer"]]
    assert DOCKERFILE.index(["USER", "logviewer"]) > max(DOCKERFILE.index(["RUN", *words]) for words in installs)


def test_the_image_has_a_python_that_the_project_supports():
    version = re.fullmatch(r"python:3\.(\d+)-slim-bookworm", instructions("FROM")[0][0])

    assert version is not None
    assert int(version[1]) >= 11


def test_the_images_build_leaves_secrets_and_the_checkouts_environment_behind():
    ignored = (ROOT / ".dockerignore").read_text().split()

    assert {".env", ".git", ".venv"} <= set(ignored)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_a_service_is_one_that_the_product_reads(name):
    assert set(SERVICES[name]["environment"]) <= known_variables()


def test_every_variable_of_the_example_is_read_by_the_product_or_by_the_compose_file():
    referenced = {name for name, _ in REFERENCES}

    assert set(EXAMPLE) <= known_variables() | referenced
    assert referenced <= set(EXAMPLE)


def test_a_secret_has_no_default_and_nothing_starts_without_it():
    secrets = {name for name in EXAMPLE if re.search("PASSWORD|SECRET|KEY", name)}

    assert {name: EXAMPLE[name] for name in secrets} == dict.fromkeys(secrets, "")
    assert {how[:2] for name, how in REFERENCES if name in secrets} == {":?"}
    assert {name for name, how in REFERENCES if how[:2] == ":?"} >= {"POSTGRES_PASSWORD", "LOGVIEWER_SECRET_KEY"}


def test_postgres_keeps_its_data_where_version_18_looks_for_it():
    postgres = SERVICES["postgres"]
    volumes = dict(volume.split(":") for volume in postgres["volumes"])

    assert postgres["image"] == "postgres:18"
    assert volumes == dict.fromkeys(COMPOSE["volumes"], "/var/lib/postgresql")


def test_postgres_sorts_text_itself_whatever_c_library_its_image_has():
    given = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()

    assert {"--locale-provider=builtin", "--builtin-locale=C.UTF-8"} <= set(given)


def test_the_web_server_is_asked_whether_it_is_ready_on_the_port_that_is_published():
    web = SERVICES["web"]
    asked = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", web["healthcheck"]["test"][-1])

    assert asked is not None
    assert resolve(asked[2]).url_name == "readyz"
    assert {asked[1], web["ports"][0].rsplit(":", 1)[1]} == {web["environment"]["LOGVIEWER_PORT"]}


def test_services_wait_for_services_that_exist_and_tell_when_they_are_healthy():
    for name in OURS:
        for other, how in SERVICES[name]["depends_on"].items():
            assert how == {"condition": "service_healthy"}
            assert "healthcheck" in SERVICES[other]


def test_the_worker_which_makes_room_starts_while_the_web_server_is_not_ready():
    assert list(SERVICES["worker"]["depends_on"]) == ["postgres"]


def test_no_services_log_grows_for_ever():
    assert [service["logging"] for service in SERVICES.values()] == [{"driver": "local"}] * len(SERVICES)


def test_there_is_time_to_end_cleanly():
    assert {SERVICES[name]["stop_grace_period"] for name in OURS} == {"20s"}


def test_services_that_log_to_logstash_find_it_inside_the_network_only():
    environment = SERVICES["web"]["environment"]
    port = environment["LOGVIEWER_LOGSTASH_PORT"]
    published = [ports for service in SERVICES.values() for ports in service.get("ports", [])]

    assert (SERVICES["web"]["networks"], port) == ({"default": {"aliases": ["logstash"]}}, "5000")
    assert [ports for ports in published if port in ports] == []


def test_the_logstash_door_opens_as_it_is_given(tmp_path):
    environment = SERVICES["web"]["environment"]
    _, default = environment["LOGVIEWER_LOGSTASH_SENDERS"].split(":-")
    names = ("LOGVIEWER_LOGSTASH_PORT", "LOGVIEWER_HOST")

    given = {name: environment[name] for name in names} | {"LOGVIEWER_LOGSTASH_SENDERS": default.rstrip("}")}
    door = env.read({**given, "LOGVIEWER_DATA_DIR": str(tmp_path)}).logstash

    assert EXAMPLE["LOGVIEWER_LOGSTASH_SENDERS"] == given["LOGVIEWER_LOGSTASH_SENDERS"]
    assert (door.host, door.port) == ("0.0.0.0", 5000)
    assert {service for _, service in door.senders} == {"learning-api"}
