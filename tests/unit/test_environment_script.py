"""scripts/_environment.py and .sh: when there is nothing to do, and what they say when they cannot."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, working on a checkout of its own that has two requirements files and no .venv."""
    spec = importlib.util.spec_from_file_location("environment_script", SCRIPTS / "_environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for file in (module.PRODUCTION, module.DEVELOPMENT):
        (tmp_path / file).write_text("a==1\n")
    venv = tmp_path / ".venv"
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", venv)
    monkeypatch.setattr(module, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(module, "STAMP", venv / "stamp.json")
    return module


def test_an_installation_is_complete_once_all_its_files_are_noted(script):
    script.VENV.mkdir()
    assert script.missing(["requirements.txt"]) == ["requirements.txt"]

    script.note("requirements.txt")

    assert script.missing(["requirements.txt"]) == []
    assert script.missing(["requirements.txt", "requirements-dev.txt"]) == ["requirements-dev.txt"]


def test_a_changed_requirements_file_is_installed_again(script):
    script.VENV.mkdir()
    script.note("requirements.txt")

    (script.ROOT / "requirements.txt").write_text("a==2\n")

    assert script.missing(["requirements.txt"]) == ["requirements.txt"]


@pytest.mark.parametrize("text", ["", "{"])
def test_a_spoiled_stamp_counts_for_nothing(script, text):
    script.VENV.mkdir()
    script.STAMP.write_text(text)

    assert script.missing(["requirements.txt"]) == ["requirements.txt"]


def test_noting_one_file_keeps_the_other(script):
    script.VENV.mkdir()
    script.note("requirements.txt")
    script.note("requirements-dev.txt")

    assert set(json.loads(script.STAMP.read_text())) == {"requirements.txt", "requirements-dev.txt"}


def test_a_complete_environment_of_a_read_only_checkout_is_used(script, monkeypatch):
    script.VENV.mkdir()
    script.note("requirements.txt")
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    script.make(["requirements.txt"])


def test_an_incomplete_one_of_a_read_only_checkout_is_told_in_one_sentence(script, monkeypatch, capsys):
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    with pytest.raises(script.Problem, match=r"cannot be written.*run this once as a user who may"):
        script.make(["requirements.txt"])


def test_a_missing_venv_module_is_told_with_the_command_that_installs_it(script, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(script.Problem, match="sudo apt install python3-venv"):
        script.make(["requirements.txt"])


def run_shell(tmp_path: Path, *, path: str) -> "subprocess.CompletedProcess[str]":
    """Asks the shell part for a Python, with nothing else on the PATH."""
    return subprocess.run(
        ["/bin/sh", "-c", '. "$0"; make_environment', str(SCRIPTS / "_environment.sh")],
        cwd=tmp_path,
        env={"PATH": path, "root": str(tmp_path)},
        capture_output=True,
        text=True,
    )


def test_a_machine_without_a_new_python_is_told_what_to_install(tmp_path):
    done = run_shell(tmp_path, path="/nonexistent")

    assert done.returncode == 1
    assert "sudo apt install python3 python3-venv" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_shim_that_does_not_run_is_passed_over(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python3.13").write_text("#!/bin/sh\nexit 127\n")
    (programs / "python3.13").chmod(0o755)
    (programs / "python3").symlink_to(sys.executable)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "_environment.py").write_text("import sys; print('made by', sys.executable)")

    done = run_shell(tmp_path, path=str(programs))

    assert done.returncode == 0
    assert str(programs / "python3") in done.stdout
