"""The client runs on Python 3.9 by its syntax and the names it uses, and beside the oldest structlog that it takes.

Those tests that concern what goes in run again in a process that sees the libraries of requirements.txt first.
"""

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.installed import installed

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "client"
SOURCES = sorted((CLIENT / "src").rglob("*.py"))
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
AGAIN = [
    "test_configuration.py", "test_line.py", "test_middleware.py", "test_other_libraries.py",
    "test_processor_and_handler.py", "test_readme.py",
]  # fmt: skip


def test_the_package_says_what_it_needs():
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]

    assert project["requires-python"] == ">=3.9"
    assert project["dependencies"] == ["structlog>=23.1"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_syntax_is_that_of_python_3_9(source):
    ast.parse(source.read_text(), feature_version=(3, 9))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_annotations_that_python_3_9_cannot_evaluate_are_not_evaluated(source):
    tree = ast.parse(source.read_text())
    annotations = [node.annotation for node in ast.walk(tree) if isinstance(node, (ast.arg, ast.AnnAssign))]
    annotations += [
        node.returns for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    unions = [node for each in annotations if each for node in ast.walk(each) if isinstance(node, ast.BinOp)]

    assert not unions or "from __future__ import annotations" in source.read_text()


def test_every_name_is_in_python_3_9():
    vermin = Path(sys.executable).with_name("vermin")
    done = subprocess.run(
        [str(vermin), "--target=3.9-", "--no-tips", "--violations", "--no-parse-comments",
         str(CLIENT / "src")],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def libraries():
    return installed(REQUIREMENTS)


def test_the_oldest_structlog_and_other_libraries_get_along_with_it(libraries):
    here = Path(__file__).parent
    # The settings for a slow sort of test are others' business: these need neither a database nor a random order.
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--quiet", "-p", "no:randomly", "-p", "no:cacheprovider",
         "-W", "ignore:datetime.datetime.utcnow:DeprecationWarning",  # the oldest structlog's own, since Python 3.12
         *(str(here / name) for name in AGAIN)],
        env={**os.environ, "PYTHONPATH": str(libraries)}, cwd=ROOT, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout.splitlines()[-1]
