"""Fields that were asked for the way rows show them, name=value, which the language reads as a word."""

import re

_FIELD = re.compile(r"(?<!\S)(-?[A-Za-z_][\w.]*)==?(?=[^\s=])")


def with_colons(query: str) -> str:
    """`query` with name:value for each name=value; "" if it has none, or quotes, in which = means itself."""
    changed = "" if '"' in query else _FIELD.sub(r"\1:", query)
    return changed if changed != query else ""
