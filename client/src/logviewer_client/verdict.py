"""What an answer means for the batch that was sent: a table without side effects."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from time import time

PROBE_EVERY_S = 60.0
MAX_RETRY_AFTER_S = 600.0
MAX_ANSWER_BYTES = 64 * 1024
MAX_SENTENCE = 200
LEVELS = {"trace": 5, "debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


class Action(Enum):
    """What to do with the batch."""

    FORGET = auto()  # stored: logviewer said so
    SPLIT = auto()  # something in it is refused: halve it until the bad event stands alone
    GIVE_UP = auto()  # it can never be stored
    PROBE = auto()  # nothing in the batch can help: keep it and ask once a minute
    RETRY = auto()  # not now
    RECODE = auto()  # say it in a simpler encoding


@dataclass(frozen=True)
class Verdict:
    """An action with its reason for people; `wait_s` overrides the back-off.

    `rejected` are the places in the batch of events that logviewer did not store while it stored the others,
    `below_level` counts those that its key does not want, `min_level` is the level from which on it wants them.
    """

    action: Action
    reason: str
    wait_s: float | None = None
    rejected: frozenset[int] = frozenset()
    below_level: int = 0
    min_level: int = 0


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers with lower-case names, the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def verdict(answer: Answer, sent: int) -> Verdict:
    """What `answer` means for a batch of `sent` events."""
    status = answer.status
    if status == 200:
        stored = _acknowledged(answer.body, sent)
        if stored is not None:
            return stored
        return Verdict(Action.PROBE, "an answer 200 that is not logviewer's: is LOGVIEWER_URL right?", PROBE_EVERY_S)
    said = _said(answer.body)
    if status in {400, 413, 422}:
        return Verdict(Action.SPLIT, f"refused with {status}{said}")
    if status == 409:
        return Verdict(Action.GIVE_UP, "refused with 409: another batch has this id")
    if status == 415:
        return Verdict(Action.RECODE, "refused with 415")
    if status in {408, 429} or status >= 500:
        return Verdict(Action.RETRY, f"answered {status}{said}", _retry_after(answer.headers.get("retry-after")))
    wrong_key = ": is LOGVIEWER_KEY right?"
    hint = {401: wrong_key, 403: wrong_key, 404: ": is LOGVIEWER_URL right?"}
    return Verdict(Action.PROBE, f"answered {status}{said}{hint.get(status, '')}", PROBE_EVERY_S)


def _said(body: bytes) -> str:
    """The sentence of logviewer's own errors in brackets, as far as a terminal may show it; "" if there is none."""
    try:
        message = json.loads(body)["error"]["message"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return f" ({message[:MAX_SENTENCE]})" if isinstance(message, str) and message.isprintable() and message else ""


def _acknowledged(body: bytes, sent: int) -> Verdict | None:
    """What logviewer did with the batch, if this is its JSON and accounts for every event; else None.

    A proxy's page with 200 is not its JSON.
    """
    try:
        answer = json.loads(body)
        rejected = frozenset(_whole(one["index"]) for one in answer["rejected"])
        below_level = _whole(answer.get("below_level", 0))
        if _whole(answer["accepted"]) + len(answer["rejected"]) + below_level != sent or len(body) > MAX_ANSWER_BYTES:
            return None
        if len(rejected) != len(answer["rejected"]) or any(index >= sent for index in rejected):
            return None
        min_level = LEVELS.get(answer.get("min_level"), 0)
        return Verdict(Action.FORGET, "stored", rejected=rejected, below_level=below_level, min_level=min_level)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _whole(number: object) -> int:
    """Raises ValueError unless it is a count."""
    if type(number) is not int or number < 0:
        raise ValueError(number)
    return number


def _retry_after(text: str | None) -> float | None:
    """Seconds from a Retry-After header (a number or a date, RFC 9110 10.2.3), at most ten minutes."""
    if not text:
        return None
    try:
        seconds = (
            float(text) if text.strip().isdigit() else email.utils.parsedate_to_datetime(text).timestamp() - time()
        )
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
