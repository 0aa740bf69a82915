"""What can be wrong with the folder, the disk or the machine, in one sentence that says what to do."""

from pathlib import Path


class EmbeddedPostgresProblem(Exception):
    """The embedded Postgres cannot run. The message is for the operator."""


class DataFolderInUse(EmbeddedPostgresProblem):
    """Another logviewer process holds the data folder."""


class Cancelled(EmbeddedPostgresProblem):
    """The caller's `is_cancelled` became true before the server could start."""


def disk_full(folder: Path) -> EmbeddedPostgresProblem:
    return EmbeddedPostgresProblem(
        f"The disk that holds {folder} is full: free some space, or set LOGVIEWER_DATA_DIR to a folder on another disk."
    )


def not_writable(folder: Path, reason: str | None) -> EmbeddedPostgresProblem:
    return EmbeddedPostgresProblem(
        f"The data folder {folder} cannot be written ({reason}): set LOGVIEWER_DATA_DIR to a folder of yours."
    )
