"""The instructor's token between `load_school`, which makes it, and `load`, which uses it."""

from pathlib import Path

from LearningAPI.env import write_private

FILE = "instructor_token"


def keep(data_dir: Path, token: str) -> Path:
    """Returns the file that now holds the token, readable by its owner only."""
    file = data_dir / FILE
    write_private(file, token)
    return file


def kept(data_dir: Path) -> str | None:
    try:
        return (data_dir / FILE).read_text().strip() or None
    except OSError:
        return None
