"""The environment: typed, with an error that names the variable."""

import stat
from datetime import timedelta

import pytest

from logviewer.env import EnvironmentProblem, read


@pytest.fixture
def environ(tmp_path):
    return {"LOGVIEWER_DATA_DIR": str(tmp_path / "data")}


def test_nothing_set_gives_the_defaults(environ):
    settings = read(environ)

    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.public_url == "http://localhost:8000"
    assert settings.retention == timedelta(days=30)
    assert settings.retention_bytes is None
    assert settings.disk_floor_percent == 10
    assert settings.database_folder is None
    assert (settings.ingest_database_url, settings.search_database_url) == ("", "")
    assert settings.trusted_proxy_count == 0
    assert not settings.https


def test_the_data_folder_is_the_users_state_folder(tmp_path):
    assert read({"XDG_STATE_HOME": str(tmp_path)}).data_dir == tmp_path / "logviewer"


def test_the_public_url_follows_the_port(environ):
    assert read({**environ, "LOGVIEWER_PORT": "9000"}).public_url == "http://localhost:9000"


def test_nobody_is_sent_to_https_for_ever_where_no_proxy_is_believed_who_says_that_they_are_there(environ):
    behind_a_proxy = {**environ, "LOGVIEWER_PUBLIC_URL": "https://logs.school.test"}

    assert not read(behind_a_proxy).redirects_to_https
    assert read({**behind_a_proxy, "LOGVIEWER_TRUSTED_PROXY_COUNT": "1"}).redirects_to_https
    assert not read({**environ, "LOGVIEWER_TRUSTED_PROXY_COUNT": "1"}).redirects_to_https


def test_https_is_known_by_the_public_url(environ):
    settings = read({**environ, "LOGVIEWER_PUBLIC_URL": "https://logs.school.test/"})

    assert settings.https
    assert settings.public_host == "logs.school.test"


def test_more_hosts_are_names_and_addresses(environ):
    hosts = ("logs.school.test", ".school.test", "10.0.0.7", "[fd00::7]", "*")

    assert read({**environ, "LOGVIEWER_ALLOWED_HOSTS": ", ".join(hosts)}).allowed_hosts == hosts


def test_a_secret_key_is_made_once_and_only_for_its_owner(environ, tmp_path):
    first = read(environ).secret_key

    assert len(first) >= 50
    assert read(environ).secret_key == first
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600


def test_a_secret_may_come_from_a_file(environ, tmp_path):
    (tmp_path / "url").write_text("postgres://u:p@db/logs\n")

    assert read({**environ, "DATABASE_URL_FILE": str(tmp_path / "url")}).database_url == "postgres://u:p@db/logs"


def test_a_login_for_ingest_may_come_from_a_file(environ, tmp_path):
    (tmp_path / "url").write_text("postgres://in:p@db/logs\n")
    settings = read({**environ, "LOGVIEWER_INGEST_DATABASE_URL_FILE": str(tmp_path / "url")})

    assert settings.ingest_database_url == "postgres://in:p@db/logs"


@pytest.mark.parametrize(("text", "limit"), [("0", None), ("", None), ("1", 10**9), ("250", 250 * 10**9)])
def test_the_size_of_what_is_kept_is_given_in_gb(environ, text, limit):
    assert read({**environ, "LOGVIEWER_RETENTION_GB": text}).retention_bytes == limit


def test_the_databases_disk_is_known_where_the_database_is_ours_or_a_folder_is_named(environ, tmp_path):
    embedded = {**environ, "LOGVIEWER_EMBEDDED": "1"}

    assert read(embedded).database_folder == tmp_path / "data"
    assert read({**environ, "LOGVIEWER_DISK_FLOOR_PATH": str(tmp_path)}).database_folder == tmp_path
    assert read({**embedded, "LOGVIEWER_DISK_FLOOR_PATH": str(tmp_path)}).database_folder == tmp_path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOGVIEWER_PORT", "http"),
        ("LOGVIEWER_PORT", "0"),
        ("LOGVIEWER_PORT", "70000"),
        ("LOGVIEWER_PORT", "²"),
        ("LOGVIEWER_RETENTION_DAYS", "-1"),
        ("LOGVIEWER_RETENTION_GB", "0.5"),
        ("LOGVIEWER_DISK_FLOOR_PERCENT", "91"),
        ("LOGVIEWER_DISK_FLOOR_PERCENT", "10%"),
        ("LOGVIEWER_DISK_FLOOR_PATH", "/nowhere/at/all"),
        ("LOGVIEWER_DISK_FLOOR_PATH", "etc"),
        ("LOGVIEWER_TRUSTED_PROXY_COUNT", "1.5"),
        ("LOGVIEWER_PUBLIC_URL", "logs.school.test"),
        ("LOGVIEWER_PUBLIC_URL", "https://school.test/logs"),
        ("LOGVIEWER_ALLOWED_HOSTS", "logs.school.test, https://logs.school.test"),
        ("LOGVIEWER_ALLOWED_HOSTS", "logs.school.test:8000"),
        ("LOGVIEWER_ALLOWED_HOSTS", "::1"),
        ("DATABASE_URL_FILE", "/nowhere/at/all"),
        ("DATABASE_URL", "db.school.test"),
        ("DATABASE_URL", "mysql://u:p@db/logs"),
        ("DATABASE_URL", "postgres://u:p#w@db/logs"),
        ("DATABASE_URL", "postgres://u:p/w@db/logs"),
        ("DATABASE_URL", "postgres://u:p@db:5432"),
        ("LOGVIEWER_SEARCH_DATABASE_URL", "db.school.test:5432/logs"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(environ, name, value):
    with pytest.raises(EnvironmentProblem, match=name):
        read({**environ, name: value})


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(EnvironmentProblem, match="LOGVIEWER_DATA_DIR"):
        read({"LOGVIEWER_DATA_DIR": str(tmp_path / "file" / "data")})


def test_there_is_no_logstash_door_by_default(environ):
    assert read(environ).logstash.port == 0


def test_the_logstash_door_lets_networks_in(environ):
    senders = "10.0.0.0/8=learning-api, fd00::/8=*"
    door = read({**environ, "LOGVIEWER_LOGSTASH_PORT": "5000", "LOGVIEWER_LOGSTASH_SENDERS": senders}).logstash

    assert (door.host, door.port) == ("127.0.0.1", 5000)
    assert door.senders == (("10.0.0.0/8", "learning-api"), ("fd00::/8", "*"))
    assert (door.certificate, door.client_ca) == (None, None)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "nobody may send"),
        ({"LOGVIEWER_LOGSTASH_SENDERS": "0.0.0.0/0=x"}, "everybody"),
        ({"LOGVIEWER_LOGSTASH_SENDERS": "0.0.0.0/1=x,10.0.0.0/8=y,128.0.0.0/1=z"}, "everybody"),
        ({"LOGVIEWER_LOGSTASH_SENDERS": "10.0.0.0/8=x,::/0=y"}, "everybody"),
        ({"LOGVIEWER_LOGSTASH_SENDERS": "10.0.0.0/8"}, "10.0.0.0/8=learning-api"),
        ({"LOGVIEWER_LOGSTASH_SENDERS": "10.0.0.1/8=x"}, "10.0.0.0/8=learning-api"),
        ({"LOGVIEWER_LOGSTASH_SENDERS": "host=x"}, "10.0.0.0/8=learning-api"),
        ({"LOGVIEWER_LOGSTASH_SENDERS": "10.0.0.0/8=a service"}, "10.0.0.0/8=learning-api"),
        ({"LOGVIEWER_LOGSTASH_TLS_CERT": "/no/such.pem"}, "LOGVIEWER_LOGSTASH_TLS_CERT"),
        ({"LOGVIEWER_LOGSTASH_TLS_CLIENT_CA": __file__}, "LOGVIEWER_LOGSTASH_TLS_CERT"),
        ({"LOGVIEWER_LOGSTASH_TLS_CERT": __file__}, "nobody may send"),
    ],
)
def test_the_logstash_door_is_never_open_to_everybody(environ, variables, said):
    with pytest.raises(EnvironmentProblem, match=said):
        read({**environ, "LOGVIEWER_LOGSTASH_PORT": "5000", **variables})
