"""What the index of words says of a query: conditions that hold for at least the events that the query matches.

Sealed slices have such an index (logviewer/store/sql/0002_words_and_counts.sql). Its words are those of
logviewer/query/language/words.py, but only ASCII is folded in it. For one word of ASCII it says all; else the exact
condition has to be asked as well.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from logviewer.query.fields import field_predicate
from logviewer.query.language.nodes import And, Equals, Everything, Node, Or, Phrase, Word, and_
from logviewer.query.language.words import alike, fold, spans_of
from logviewer.store.predicate import Predicate, all_of, any_of

LONGEST = 100  # characters of a word in the index; of longer ones it may have only these
_WORDS = "log_words(event, logger, service, request_id, cohort_id, data)"


def narrowing(node: Node, now: datetime) -> Sequence[Predicate]:
    """The conditions for `node` that the index answers, which all hold; none if it has no say."""
    match node:
        case Word():
            return list(_has_all(_lexemes_of_word(node.runs)))
        case Phrase(text):
            return list(_has_all(_lexemes_of_phrase(text)))
        case And(nodes):
            return [condition for each in nodes for condition in narrowing(each, now)]
        case Or(nodes) if any(map(_asks_for_words, nodes)):
            branches = [_indexed(each, now) for each in nodes]
            return [any_of([all_of(branch) for branch in branches])] if all(branches) else []
    return []


def rest(node: Node) -> Node:
    """What is left to ask of the events for which `narrowing(node)` holds."""
    match node:
        case And(nodes):
            left = [each for each in nodes if not _is_answered(each)]
            return and_(left) if left else Everything()
    return Everything() if _is_answered(node) else node


def _is_answered(node: Node) -> bool:
    """Whether the index says exactly which events match."""
    return isinstance(node, Word) and len(node.runs) == 1 and node.text.isascii() and len(node.runs[0]) <= LONGEST


def _indexed(node: Node, now: datetime) -> Sequence[Predicate]:
    """Like `narrowing`, and for fields the indexes that every slice has."""
    if isinstance(node, Equals) and node.field not in ("level", "service", "event", "logger"):
        return [field_predicate(node, now)]
    return narrowing(node, now)


def _asks_for_words(node: Node) -> bool:
    match node:
        case Word() | Phrase():
            return True
        case And(nodes) | Or(nodes):
            return any(map(_asks_for_words, nodes))
    return False


def _has_all(lexemes: Iterable[str]) -> Iterator[Predicate]:
    return (Predicate(f"({_WORDS} @@ %s::tsquery)", (lexeme,)) for lexeme in dict.fromkeys(lexemes))


def _lexemes_of_word(runs: Sequence[str]) -> Iterator[str]:
    """All runs stand in the text whole, but of the last its beginning is enough."""
    for place, run in enumerate(runs, 1):
        yield from _lexeme(run, beginning=place == len(runs))


def _lexemes_of_phrase(text: str) -> Iterator[str]:
    """A run at an edge of the phrase may be a part of a longer one; of the first nothing can be said then."""
    for start, end in spans_of(text):
        if start > 0:
            yield from _lexeme(fold(text[start:end]), beginning=end == len(text))


def _lexeme(run: str, *, beginning: bool) -> Iterator[str]:
    """`run` as a part of a tsquery, up to the first letter that the index may have in another case."""
    certain = next((at for at, one in enumerate(run) if not one.isascii() and len(alike(one)) > 1), len(run))
    kept = run[: min(certain, LONGEST)]
    if kept:
        yield f"'{kept}':*" if beginning or len(kept) < len(run) or len(run) >= LONGEST else f"'{kept}'"
