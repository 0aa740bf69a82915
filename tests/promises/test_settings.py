"""Every variable that the product reads is in the README, and every one in the README is read."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"\b(?:LOGVIEWER_[A-Z_]+[A-Z]|DATABASE_URL|LEARNINGAPI_(?:PORT|DATABASE_URL))\b")
CLIENTS = {"LOGVIEWER_URL", "LOGVIEWER_KEY", "LOGVIEWER_KEY_FILE", "LOGVIEWER_SERVICE"}  # client/README.md has them
OURS = {"LOGVIEWER_EMBEDDED"}  # set for children, never by an operator


def test_the_readme_names_what_env_reads():
    read = set(NAME.findall((ROOT / "logviewer" / "env.py").read_text()))
    told = set(NAME.findall((ROOT / "README.md").read_text()))

    assert read - OURS <= told


def test_env_or_the_launcher_reads_what_the_readme_names():
    told = set(NAME.findall((ROOT / "README.md").read_text())) - CLIENTS
    sources = [*ROOT.glob("logviewer/*.py"), *ROOT.glob("logviewer/*/*.py"), *ROOT.glob("LearningAPI/*.py")]
    read = {name for source in sources for name in NAME.findall(source.read_text())}

    assert told <= read


def test_the_clients_readme_names_what_the_client_reads():
    source = (ROOT / "client/src/logviewer_client/shipping.py").read_text()
    told = (ROOT / "client/README.md").read_text()

    assert {name for name in NAME.findall(source) if name not in told} == set()
