"""Cuts texts that are too long: the middle gives way, since errors are told at both ends of a text."""

from __future__ import annotations

from collections.abc import Callable

MORE = "…"
# What is cut is cleaned a little beyond the cut first, or half a secret would no longer look like one.
MARGIN_CHARACTERS = 8 * 1024


def cut(text: str, most: int, clean: Callable[[str], str]) -> str:
    """`clean(text)` in at most `most` bytes of UTF-8. Takes time for what is kept, however long the text is."""
    if len(text) <= most:
        cleaned = clean(text)
        if size(cleaned) <= most:
            return cleaned
    note = f" {MORE} [{len(text)} characters in all] {MORE} "
    for_both_ends = max(most - size(note), 0)
    for_end = for_both_ends // 4
    for_head = for_both_ends - for_end
    head = clean(text[: for_head + MARGIN_CHARACTERS])[:for_head].encode("utf-8", "replace")[:for_head]
    end = b""
    if for_end:
        end = clean(text[-(for_end + MARGIN_CHARACTERS) :])[-for_end:].encode("utf-8", "replace")[-for_end:]
    return head.decode(errors="ignore") + note + end.decode(errors="ignore")


def size(text: str) -> int:
    """In bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
