"""Makes the checkout's virtual environment, repairs a half-made one, and knows when there is nothing to do.

A stamp in .venv names the requirements files it holds, by their hashes. It is written last, so an installation
that was killed has none. Any Python that is new enough runs this; it imports the standard library only.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "logviewer-requirements.json"
PRODUCTION = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--development", action="store_true", help="also what tests and checks need")
    parser.add_argument("--is-complete", action="store_true", help="only say, by the status, if all is there")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))  # through `finally`, so pip ends too
    files = [PRODUCTION, DEVELOPMENT] if options.development else [PRODUCTION]
    if options.is_complete:
        return 0 if not missing(files) else 1
    try:
        make(files)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


class Problem(Exception):
    """Why there is no environment, in a sentence that says what to do."""


def make(files: Sequence[str]) -> None:
    """Brings .venv to hold `files`. Runs at the same time wait for each other; the later ones find it done."""
    lock = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = missing(files)
        if not wanted:
            return
        if not os.access(ROOT, os.W_OK):
            raise Problem(
                f"{ROOT} cannot be written and has no complete .venv:"
                " run this once as a user who may write there, or copy the folder to a place of yours."
            )
        make_venv()
        for file in wanted:
            install(file)
    except OSError as problem:
        raise Problem(
            f"{problem.filename or ROOT}: {problem.strerror}. Make room or get the right to write, and run again."
        ) from problem
    finally:
        os.close(lock)


def missing(files: Sequence[str]) -> list[str]:
    """Those of `files` whose present content is not installed."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return list(files)
    return [file for file in files if stamp.get(file) != digest(file)]


def digest(file: str) -> str:
    return hashlib.sha256((ROOT / file).read_bytes()).hexdigest()


def make_venv() -> None:
    """Leaves a .venv that works alone: one that lost its Python, or has no pip, is made anew."""
    if works():
        return
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Problem("Python's venv module is missing: sudo apt install python3-venv, then run this again.")
    print(f"Making a virtual environment in {VENV} (Python {sys.version.split()[0]})", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Problem(f"{made.stdout}{made.stderr}\nThe virtual environment could not be made; the reason is above.")


def works() -> bool:
    question = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([PYTHON, "-c", question], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def install(file: str) -> None:
    """Installs exactly what `file` pins, tells how far it is, and notes it in the stamp."""
    total = len(re.findall(r"^\S+==", (ROOT / file).read_text(), re.MULTILINE))
    print(f"Installing {total} packages of {file}", flush=True)
    command = [
        str(PYTHON), "-m", "pip", "install", "--require-hashes", "--requirement", str(ROOT / file),
        "--no-input", "--disable-pip-version-check", "--progress-bar", "off",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = show_progress(process, total)
        status = process.wait()
    finally:
        process.kill()
    if status != 0:
        raise Problem(
            "".join(said[-15:])
            + f"\nInstalling {file} failed; the reason is above. Without the internet, set PIP_INDEX_URL or"
            " PIP_FIND_LINKS to where the packages are. Running this again goes on from here."
        )
    note(file)


def show_progress(process: "subprocess.Popen[str]", total: int) -> list[str]:
    """Counts packages while pip looks at them, on one line for a terminal; returns all that pip said."""
    said: list[str] = []
    seen = 0
    start, end = ("\r\033[K", "") if sys.stdout.isatty() else ("", "\n")
    for line in process.stdout or ():
        said.append(line)
        if found := re.match(r"(Collecting|Requirement already satisfied:) ([\w.-]+)", line):
            seen += 1
            print(f"{start}  {min(seen, total)}/{total} {found[2]}", end=end, flush=True)
        elif line.startswith("Installing collected packages"):
            print(f"{start}  unpacking", end=end, flush=True)
    print(start, end=end and "", flush=True)
    return said


def note(file: str) -> None:
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        stamp = {}
    stamp[file] = digest(file)
    draft = STAMP.with_suffix(".new")
    draft.write_text(json.dumps(stamp))
    draft.replace(STAMP)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
