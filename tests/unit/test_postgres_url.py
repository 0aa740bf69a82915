"""The embedded server's URL means the same to libpq's programs and to Django."""

from pathlib import Path

import dj_database_url
import pytest
from psycopg.conninfo import conninfo_to_dict

from logviewer.embedded_postgres.cluster import Passwords


@pytest.mark.parametrize("folder", ["/srv/logs", "/srv/School Logs", "/srv/a+b", "/srv/50%", "/srv/ä&b=c?#d"])
def test_the_socket_folder_may_have_any_name(folder):
    url = Passwords("secret").url("logviewer", Path(folder))

    assert conninfo_to_dict(url)["host"] == folder
    assert dj_database_url.parse(url)["OPTIONS"]["host"] == folder
