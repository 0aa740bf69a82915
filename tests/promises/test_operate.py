"""What docs/operate.md tells operators to run and to set exists, and fits what the product takes."""

import re
from pathlib import Path

from django.core.management import get_commands

from ingest.limits import MAX_SENT_BYTES
from tests.promises.test_settings import NAME

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operate.md").read_text()
COMMAND = re.compile(r"^(?:manage|\S*scripts/manage|docker compose run .* web) ([a-z_]+)", re.MULTILINE)


def test_every_variable_is_one_of_the_readmes():
    assert set(NAME.findall(PAGE)) <= set(NAME.findall((ROOT / "README.md").read_text()))


def test_every_command_exists():
    told = {name for page in (PAGE, (ROOT / "README.md").read_text()) for name in COMMAND.findall(page)}

    assert {"backup", "restore", "create_user"} <= told <= set(get_commands())


def test_the_proxy_lets_through_what_ingest_takes():
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", PAGE)

    assert int(megabytes) << 20 == MAX_SENT_BYTES
