"""What ingest noted about an event, in words for its reader."""

from collections.abc import Mapping

FLAG_WORDS: Mapping[str, str] = {
    "truncated": "The event was larger than the limit: the beginning of its text is kept, with its size and its hash.",
    "clock": "The time the sender gave could not be used, so the event stands at the moment it arrived.",
    "level": "The level the sender gave is not known, so it counts as info.",
    "redacted": "Something that looked like a secret was removed before the event was stored.",
    "long_id": "An id is longer than an id may be: its column has a shortened one, the data the whole.",
    "depth": "What was nested too deeply is kept as text.",
    "keys": "There were too many keys: the rest of them is kept as text.",
    "key_length": "A key was too long and is shortened.",
    "duplicate_keys": "A key came twice: the last value is kept.",
    "number": "A number was too large or too long to be stored as one: it is kept as text.",
    "nan": "NaN and Infinity are no JSON: they are kept as text.",
    "nul": "NUL characters are shown as ␀.",
    "surrogate": "Half characters (lone surrogates) are shown as �.",
    "half_line": "The connection ended within the line: this is what had arrived.",
    "scanned": "Some values were no literals of Python: they are kept as text, and the whole as source_message.",
    "unreadable": "The line looked like JSON, but could not be read: it is kept as text.",
    "utf8": "Bytes that are not UTF-8 are shown as �.",
}
SENT_WORDS: Mapping[str, str] = {
    "time": "The sender’s time",
    "level": "The sender’s level",
    "service": "The sender called itself",
}


def notes_of(meta: Mapping[str, object] | None) -> list[str]:
    """One sentence for each thing that ingest changed or noticed."""
    if not meta:
        return []
    flags = meta.get("flags")
    names = [str(flag) for flag in flags] if isinstance(flags, list) else []
    return [FLAG_WORDS.get(name, f"Ingest noted: {name}.") for name in names]


def sent_words(meta: Mapping[str, object] | None) -> list[tuple[str, str]]:
    """What the sender wrote where the event has something else now: (what it is, as it was written)."""
    kept = meta or {}
    return [(words, str(kept[name])) for name, words in SENT_WORDS.items() if kept.get(name)]
