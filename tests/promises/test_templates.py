"""Templates are code: each is used, none carries scripts or styles, none trusts text that it did not write."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver

from tests.promises.sources import ROOT, modules

TEMPLATES = ROOT / "templates"
# Django finds these by their names.
BY_NAME = {"400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"}

NAMED = re.compile(r"""["']([\w./-]+\.(?:html|txt|svg))["']""")
ELEMENT = re.compile(r"{%-?\s*element\s+(\w+)")

FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.I),
    "an inline style": re.compile(r"<style|\sstyle\s*=", re.I),
    "an event handler": re.compile(r"\son[a-z]+\s*=", re.I),
    "hx-on": re.compile(r"hx-on|data-hx-on", re.I),
    "a script address": re.compile(r"(javascript|vbscript):|[\"']js:", re.I),
    "an expression for eval": re.compile(
        r"hx-(vals|vars|headers)\s*=\s*[\"']\s*js|hx-trigger\s*=\s*[\"'][^\"']*\[", re.I
    ),
    "text passed unescaped": re.compile(r"\|\s*safe(seq)?\b|{%-?\s*autoescape\s+off"),
}

ours = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ours)
def test_a_template_compiles(name):
    assert get_template(name)


@pytest.mark.parametrize("name", ours)
def test_a_template_keeps_to_the_content_security_policy(name):
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "<script>go()</script>",
        '<p style="color: red">',
        "<style>p {}</style>",
        '<a onclick="go()">',
        '<a hx-on:click="go()">',
        '<a href="javascript:go()">',
        '<a hx-vals="js:{a: 1}">',
        '<a hx-trigger="click[ctrlKey]">',
        "{{ event|safe }}",
        "{% autoescape off %}",
    ],
)
def test_what_the_policy_forbids_is_recognised(text):
    assert any(pattern.search(text) for pattern in FORBIDDEN.values())


@pytest.mark.parametrize("text", ['<script src="/a.js"></script>', "{{ name|safer }}", '<a data-on="1">'])
def test_what_it_allows_is_not(text):
    assert not any(pattern.search(text) for pattern in FORBIDDEN.values())


def test_every_template_is_rendered_or_included():
    assert sorted(set(ours) - set(_reached())) == []


def test_no_code_declares_text_to_be_safe():
    wrong = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and _declares_safe(node)
    ]
    assert wrong == []


def _declares_safe(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name not in {"mark_safe", "SafeString", "SafeText"}:
        return False
    return not all(isinstance(argument, ast.Constant) for argument in call.args) and not _of_constants(call)


def _of_constants(call: ast.Call) -> bool:
    """SafeString(" a" if x else "") is as harmless as a constant."""
    return all(
        isinstance(argument, ast.IfExp)
        and isinstance(argument.body, ast.Constant)
        and isinstance(argument.orelse, ast.Constant)
        for argument in call.args
    )


def _reached() -> set[str]:
    """Every template that some view names, and what those include, extend, or draw their elements from."""
    waiting, reached = [*BY_NAME, *_named_by_code(), *_named_by_views(get_resolver().url_patterns)], set()
    while waiting:
        name = waiting.pop()
        if name not in reached and (source := _source(name)):
            reached.add(name)
            waiting += NAMED.findall(source)
            waiting += [f"allauth/elements/{element}.html" for element in ELEMENT.findall(source)]
    return reached


def _source(name: str) -> str:
    try:
        return Path(get_template(name).origin.name).read_text(encoding="utf-8")
    except Exception:  # noqa: BLE001 -- a name in a string that is no template
        return ""


def _named_by_code() -> Iterator[str]:
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(".html"):
                yield node.value


def _named_by_views(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _named_by_views(pattern.url_patterns)
        elif view := getattr(pattern.callback, "view_class", None):
            names = (getattr(view, attribute) for attribute in dir(view) if attribute.startswith("template_name"))
            yield from (name for name in names if isinstance(name, str))
