"""What ingest noted about an event, in words for its reader."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

FLAG_WORDS: Mapping[str, Promise] = {
    "truncated": _(
        "The event was larger than the limit: the beginning of its text is kept, with its size and its hash."
    ),
    "clock": _("The time the sender gave could not be used, so the event stands at the moment it arrived."),
    "level": _("The level the sender gave is not known, so it counts as info."),
    "redacted": _("Something that looked like a secret was removed before the event was stored."),
    "long_id": _("An id is longer than an id may be: its column has a shortened one, the data the whole."),
    "depth": _("What was nested too deeply is kept as text."),
    "keys": _("There were too many keys: the rest of them is kept as text."),
    "key_length": _("A key was too long and is shortened."),
    "duplicate_keys": _("A key came twice: the last value is kept."),
    "number": _("A number was too large or too long to be stored as one: it is kept as text."),
    "nan": _("NaN and Infinity are no JSON: they are kept as text."),
    "nul": _("NUL characters are shown as ␀."),
    "surrogate": _("Half characters (lone surrogates) are shown as �."),
    "half_line": _("The connection ended within the line: this is what had arrived."),
    "scanned": _("Some values were no literals of Python: they are kept as text, and the whole as source_message."),
    "unreadable": _("The line looked like JSON, but could not be read: it is kept as text."),
    "utf8": _("Bytes that are not UTF-8 are shown as �."),
}
SENT_WORDS: Mapping[str, Promise] = {
    "time": _("The sender’s time"),
    "level": _("The sender’s level"),
    "service": _("The sender called itself"),
}


def notes_of(meta: Mapping[str, object] | None) -> list[str]:
    """One sentence for each thing that ingest changed or noticed."""
    if not meta:
        return []
    flags = meta.get("flags")
    names = [str(flag) for flag in flags] if isinstance(flags, list) else []
    return [_note(name) for name in names]


def _note(name: str) -> str:
    words = FLAG_WORDS.get(name)
    return gettext("Ingest noted: %(name)s.") % {"name": name} if words is None else str(words)


def sent_words(meta: Mapping[str, object] | None) -> list[tuple[str, str]]:
    """What the sender wrote where the event has something else now: (what it is, as it was written)."""
    kept = meta or {}
    return [(str(words), str(kept[name])) for name, words in SENT_WORDS.items() if kept.get(name)]
