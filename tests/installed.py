"""Libraries that processes of tests see, apart from .venv: an older structlog, what services log to others with."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path


def installed(requirements: Path, *options: str) -> Path:
    """A folder with what the file pins, to stand first in PYTHONPATH. Made once, and anew when the file changes."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = Path(sys.prefix) / f"{requirements.parent.name}-libraries-{digest}"
    if not folder.exists():
        draft = folder.with_suffix(f".{os.getpid()}")
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", *options,
             "--target", str(draft), "--requirement", str(requirements), "--no-input", "--disable-pip-version-check"],
            check=True, timeout=300,
        )  # fmt: skip
        try:
            draft.rename(folder)
        except OSError:  # another run of tests was first
            if not folder.exists():
                raise
            shutil.rmtree(draft)
    return folder
