"""Tests of this folder need Postgres: each gets a migrated, empty store with real commits."""

import pytest


@pytest.fixture(autouse=True)
def _database(database: None) -> None:
    """See `database`."""
