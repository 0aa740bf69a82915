"""An event's text with what its protocol has to say about it: the flags get into the meta of the stored event.

A protocol hands texts on, which know nothing but what the sender wrote; a sender must not be able to set flags.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from logviewer.store.event import Event

_encode = msgspec.json.Encoder().encode


class Flagged(bytes):
    """A text, and flags of docs/ingest.md for its event."""

    flags: tuple[str, ...] = ()


def flagged(text: bytes, flags: Sequence[str]) -> bytes:
    """`text` with `flags`, if there are any."""
    if not flags:
        return text
    made = Flagged(text)
    made.flags = (*flags, *getattr(text, "flags", ()))
    return made


def with_flags(event: Event, flags: Sequence[str]) -> Event:
    """`event` with `flags` in its meta, behind those that it has."""
    meta: dict[str, Any] = {} if event.meta is None else msgspec.json.decode(event.meta)
    meta["flags"] = list(dict.fromkeys([*meta.get("flags", ()), *flags]))
    return msgspec.structs.replace(event, meta=_encode(meta).decode())
