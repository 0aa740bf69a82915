"""A piece of SQL that is no condition: an expression, or what stands in FROM."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sql:
    """`text` is ours, with %s places; all that a person typed is in `params`."""

    text: str
    params: tuple[object, ...] = ()
