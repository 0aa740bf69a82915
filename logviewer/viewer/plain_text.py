"""Text from outside made safe to look at: characters that hide or reorder other text become visible marks."""

import re
from collections.abc import Callable, Iterator
from inspect import unwrap

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

# Controls (but tab and line feed), soft hyphen, zero width, direction marks, line separators, BOM, tag characters.
# A joiner between two letters that are not ASCII is spelling (Persian, Indic, emoji); anywhere else it hides something.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064"
    "\u2066-\u206f\u3164\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
# Only ASCII, so that an address leads where it seems to lead.
_LINK = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]+")
_NOT_AT_END = ".,;:!?)]"
_NAMES = {"\x00": "NUL", "\x07": "BEL", "\x08": "BS", "\r": "CR", "\x1b": "ESC", "\x7f": "DEL"}
# escape() looks for lazy texts first, which takes longer than all else: a page has hundreds of texts, none is lazy.
_escaped: Callable[[str], SafeString] = unwrap(escape)
_LINE_BREAKS = re.compile(r"\r\n|\n|\r")


def in_a_block(text: str) -> SafeString:
    """`text` as HTML that keeps its lines."""
    if _is_plain(text) or not _UNSEEN.search(text):
        return _escaped(text)
    pieces = _pieces(text.replace("\r\n", "\n"))
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def on_one_line(text: str, *, most: int = 0) -> SafeString:
    """`text` as HTML on one line, with a mark for each line break; cut after `most` characters if that is given."""
    if most and len(text) > most:
        text = text[: most - 1] + "…"
    return _escaped(text) if _is_plain(text) else in_a_block(_LINE_BREAKS.sub(" ↵ ", text))


def with_links(text: str, *, is_line: bool = False) -> SafeString:
    """`text` as HTML, with links for the web addresses in it; on one line if `is_line`."""
    shown = on_one_line if is_line else in_a_block
    pieces: list[SafeString] = []
    at = 0
    for found in _LINK.finditer(text):
        address = found.group().rstrip(_NOT_AT_END)
        link = format_html('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>', address)
        pieces += [shown(text[at : found.start()]), link]
        at = found.start() + len(address)
    return format_html_join("", "{}", ((piece,) for piece in [*pieces, shown(text[at:])]))


def _is_plain(text: str) -> bool:
    """Whether surely nothing in it hides, reorders, or breaks a line: so it is with nearly all that a list shows."""
    return text.isascii() and text.isprintable()


def _pieces(text: str) -> Iterator[str]:
    """Plain text, which is escaped where it is joined, and marks."""
    at = 0
    for unseen in _UNSEEN.finditer(text):
        yield text[at : unseen.start()]
        yield _mark(unseen.group())
        at = unseen.end()
    yield text[at:]


def _mark(character: str) -> SafeString:
    code = ord(character)
    shown = _NAMES.get(character, f"U+{code:04X}")
    return format_html('<span class="unseen" title="U+{}">{}</span>', f"{code:04X}", shown)
