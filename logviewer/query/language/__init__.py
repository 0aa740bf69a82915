"""The search language: from what a person typed to a tree of nodes. Knows neither Django nor SQL.

text -> tokens -> parser -> nodes; `words` says what a word is, `reference` what each node means, `writer` gets from a
node back to text; `cursor` says what stands at a place of a text that is still being typed.
"""

from logviewer.query.language.errors import QueryError
from logviewer.query.language.nodes import Node
from logviewer.query.language.parser import parse
from logviewer.query.language.writer import field_term, write, write_all

__all__ = ["Node", "QueryError", "field_term", "parse", "write", "write_all"]
