"""The sample school of the Learning Platform API, made once: migrating and planting take a while, copying does not."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from benchmarks import school

DATABASE = "sample_school"


@dataclass(frozen=True)
class SampleSchool:
    """On a server of databases. `people` is what load_school printed, `folder` has what it left there."""

    server_url: str
    folder: Path
    people: Mapping[str, Any]

    def copied_to(self, folder: Path) -> str:
        """The address of a database of its own with the same people; their files are in `folder`."""
        name = f"school_{uuid4().hex}"
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(DATABASE))
        with psycopg.connect(self.server_url, autocommit=True) as server:
            server.execute(copy)
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return urlunsplit(urlsplit(self.server_url)._replace(path=f"/{name}"))


def make_sample_school(server_url: str, folder: Path) -> SampleSchool:
    database = school.create_database(server_url, DATABASE)
    return SampleSchool(server_url, folder, school.plant(school.environment_of(database, folder, port=1)))
