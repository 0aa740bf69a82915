"""Starts the tests' own embedded Postgres before Django reads its settings, and ends it after the last test.

With DATABASE_URL in the environment that server is used instead (its user must be allowed to create databases).
"""

import contextlib
import os
import signal
import tempfile

import pytest

# TERM ends tests as Ctrl-C does: what they started is ended, too. The background jobs of a shell ignore the latter.
for _number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(_number, signal.default_int_handler)

_resources = contextlib.ExitStack()

if not os.environ.get("LOGVIEWER_DATA_DIR"):
    os.environ["LOGVIEWER_DATA_DIR"] = _resources.enter_context(tempfile.TemporaryDirectory(prefix="logviewer-test-"))
if not os.environ.get("DATABASE_URL"):
    from logviewer import embedded_postgres

    os.environ["DATABASE_URL"] = _resources.enter_context(embedded_postgres.throwaway()).url


def pytest_unconfigure(config: pytest.Config) -> None:
    _resources.close()
