"""Tests of this folder need Postgres: each gets a migrated, empty store with real commits."""

import pytest

from tests.sample_school import SampleSchool, make_sample_school


@pytest.fixture(autouse=True)
def _database(database: None) -> None:
    """See `database`."""


@pytest.fixture(scope="session")
def sample_school(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> SampleSchool:
    """For services of tests: each works on a copy."""
    return make_sample_school(postgres_url, tmp_path_factory.mktemp("sample_school"))
