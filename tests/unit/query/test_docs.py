import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from logviewer.query.compiler import compile_node
from logviewer.query.language import parse, write
from logviewer.query.language.values import TEXT_FIELDS, TIME_FIELDS

PAGE = (Path(__file__).parents[3] / "docs" / "query.md").read_text(encoding="utf-8")
EXAMPLES = [line for block in re.findall(r"```query\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_asked(example):
    node = parse(example)
    compile_node(node, datetime(2026, 11, 23, tzinfo=UTC))
    assert parse(write(node)) == node


@pytest.mark.parametrize("sign", ['"', ":", "*", ">", ">=", "<", "<=", "has:", "-", "NOT ", "AND ", "OR ", "("])
def test_every_operator_has_an_example(sign):
    assert any(sign in example for example in EXAMPLES)


@pytest.mark.parametrize("name", [*TEXT_FIELDS, *TIME_FIELDS, "level"])
def test_every_field_with_a_meaning_of_its_own_is_named(name):
    assert f"`{name}`" in PAGE
