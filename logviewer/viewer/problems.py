"""What is wrong with a search, in the reader's language: where, a hint, and a query that may have been meant."""

from dataclasses import dataclass

from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext

from logviewer.query.compiler import compile_node
from logviewer.query.language import QueryError, parse, write
from logviewer.query.language.errors import filled
from logviewer.viewer.addresses import search_address


@dataclass(frozen=True, slots=True)
class Problem:
    """`column` is 1-based in `line`, the query on one line, and the fault `width` characters wide; None where the fault
    is in another parameter.

    `meant` is a query that may have been meant, at `meant_address`; "" if there is none.
    """

    parameter: str
    message: str
    hint: str
    line: str
    column: int | None
    width: int
    meant: str
    meant_address: str

    @property
    def words(self) -> str:
        """What is wrong, and what to do, where there is no place to show where."""
        return f"{capfirst(self.message)}. {self.hint}".strip()

    @property
    def caret(self) -> str:
        """What points at the fault from the line below."""
        return " " * ((self.column or 1) - 1) + "^" * self.width


def problem_of(parameters: QueryDict, problem: QueryError) -> Problem:
    query = parameters.get("q", "")
    meant = _meant(query, problem)
    column, width = _place(query, problem)
    return Problem(
        parameter=problem.parameter,
        message=_translated(problem.template, problem.values),
        hint=_translated(problem.hint_template, problem.values),
        line=query,
        column=column,
        width=width,
        meant=meant,
        meant_address=search_address(parameters, q=meant) if meant else "",
    )


def _place(query: str, problem: QueryError) -> tuple[int | None, int]:
    """The column and width of the fault: of what is to be mended of a term that begins at the problem's column."""
    fix = problem.fix
    if fix and fix.old and fix.start + 1 == problem.column and (at := query.find(fix.old, fix.start)) >= 0:
        return at + 1, len(fix.old)
    return problem.column, 1


def _translated(template: str, values: dict[str, object]) -> str:
    return filled(gettext(template), values) if template else ""


def _meant(query: str, problem: QueryError) -> str:
    """The query with the fault mended; "" if it still could not be asked, or asks for nothing any more."""
    mended = problem.fix.of(query) if problem.fix and problem.parameter == "q" else ""
    try:
        node = parse(mended)
        compile_node(node, timezone.now())
    except QueryError:
        return ""
    return write(node) if mended else ""
