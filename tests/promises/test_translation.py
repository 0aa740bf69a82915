"""What is said to people is a message that can be translated, also where no test leads: tests/integration/
test_translation.py reads the pages, this reads the code that speaks when something goes wrong, and the scripts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.promises.sources import ROOT, inside, modules

SPEAKS = {"QueryError", "ValidationError", "LastAdminError", "add_error", "success", "error", "info", "warning"}
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"}
LABELS = {"hint", "label", "help_text"}
SPOKEN_TO = ("logviewer.accounts", "logviewer.query", "logviewer.viewer", "ingest.models")
# What a script shows comes from the page, which is translated on the server.
OWN_WORDS = re.compile(
    r"""[A-Z][a-z’']+\ [a-z][^"'`\n]*["'`]|\.(textContent|innerText|title|placeholder)\ =\ ["'`]\w""", re.X
)


def plain_words(tree: ast.AST) -> Iterator[str]:
    """Sentences that are given, as they stand, to something that says them to people."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            given = call.args if name in SPEAKS and not _is_log(call) else []
            labels = [keyword.value for keyword in call.keywords if keyword.arg in LABELS]
            yield from (ast.unparse(value) for value in (*given, *labels) if _is_plain(value))


def _is_plain(value: ast.AST) -> bool:
    if isinstance(value, ast.JoinedStr):
        return any(isinstance(part, ast.Constant) and re.search(r"[a-z]{2}", part.value) for part in value.values)
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and " " in value.value


def _is_log(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") in ("log", "logger")


def test_every_message_to_people_is_marked():
    concerned = [one for one in modules() if any(inside(one.name, package) for package in SPOKEN_TO)]
    assert {one.name: words for one in concerned if (words := list(plain_words(one.tree)))} == {}


def test_no_message_is_inside_of_an_f_string_where_xgettext_does_not_look():
    hidden = [
        f"{module.path}:{call.lineno}"
        for module in modules()
        for text in ast.walk(module.tree)
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in MARKS
    ]
    assert hidden == []


@pytest.mark.parametrize(
    "code",
    ['raise QueryError("no such thing")', 'messages.success(request, f"{key} is gone")', 'Field(label="A name")'],
)
def test_one_that_is_not_is_noticed(code):
    assert list(plain_words(ast.parse(code)))


def own_words(script: str) -> list[str]:
    code = re.sub(r"(^|\s)//.*", "", script)
    return [found[0] for found in OWN_WORDS.finditer(code)]


@pytest.mark.parametrize("path", sorted((ROOT / "static" / "js").glob("*.js")), ids=lambda path: path.name)
def test_a_script_has_no_words_of_its_own(path: Path):
    assert own_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("script", ['say("That did not work.")', "button.textContent = `Zone`;", "x = 'Take it';"])
def test_words_of_a_script_are_noticed(script):
    assert own_words(script)
