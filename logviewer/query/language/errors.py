"""What is wrong with a search, for the person who typed it."""

from dataclasses import dataclass


def gettext_noop(text: str) -> str:
    """Marks a text that whoever shows it translates: the language itself knows no Django."""
    return text


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of the query that may be what was meant: the first `old` at or after `start` (0-based) becomes `new`."""

    start: int
    old: str
    new: str

    def of(self, text: str) -> str:
        """The changed text; "" if `old` is not there."""
        at = text.find(self.old, self.start)
        return f"{text[:at]}{self.new}{text[at + len(self.old) :]}".strip() if at >= 0 else ""


class QueryError(Exception):
    """A query or a parameter that cannot be read.

    `template` and `hint_template` are marked texts with %(name)s for each of `values`; `message` and `hint` are these
    filled in. `column` is the 1-based place in the query text; None if the fault is in another parameter, named by
    `parameter`.
    """

    def __init__(
        self,
        template: str,
        *,
        column: int | None = None,
        hint: str = "",
        parameter: str = "q",
        fix: Fix | None = None,
        **values: object,
    ) -> None:
        self.template, self.hint_template, self.values = template, hint, values
        self.message, self.hint = filled(template, values), filled(hint, values)
        self.column, self.parameter, self.fix = column, parameter, fix
        super().__init__(self.message)


def filled(template: str, values: dict[str, object]) -> str:
    """`template` with its values; one that has none is taken as it is."""
    return template % values if values else template
