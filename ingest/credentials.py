"""Who sends: from the Authorization header to a key, before any of the body is read.

Fakes and typing errors fail at the checksum and cost no query. What the database said is believed for a few seconds,
so that a revoked key stops working within 5 seconds in every web process.
"""

import base64
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections
from django.db.models import Q

from ingest import limits
from ingest.models import IngestKey
from ingest.outcome import Refusal
from logviewer.accounts import secret

log = logging.getLogger(__name__)

ALIAS = "ingest"
REMEMBERED_S = 4.0
MAX_REMEMBERED = 10_000
LAST_USED_EVERY_S = 60.0
NO_DIGEST = hashlib.sha256(b"no key at all").digest()


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What is believed of a key. `key` None: there is no such key."""

    key: IngestKey | None
    until: float  # monotonic seconds


class FailedAttempts:
    """Counts failed keys an address in the running minute, in bounded memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[str, tuple[int, int]] = {}  # address -> (minute, failures)

    def record(self, address: str) -> None:
        minute = int(self._clock() // 60)
        counted, failures = self._counts.pop(address, (minute, 0))
        self._counts[address] = (minute, failures + 1 if counted == minute else 1)
        if len(self._counts) > MAX_REMEMBERED:
            self._counts.pop(next(iter(self._counts)), None)

    def clear(self) -> None:
        self._counts.clear()

    def too_many(self, address: str) -> bool:
        minute, failures = self._counts.get(address, (0, 0))
        return failures >= limits.MAX_FAILED_KEYS_A_MINUTE and minute == int(self._clock() // 60)


_known: dict[str, KnownKey] = {}
_last_used: dict[str, float] = {}
_failed = FailedAttempts()
_lock = threading.Lock()


def forget() -> None:
    """Forgets everything this process remembers of keys and failures."""
    with _lock:
        _known.clear()
        _last_used.clear()
        _failed.clear()


def authenticate(environ: Mapping[str, Any]) -> IngestKey:
    """The active key of a request. Raises Refusal: 401 unknown, 403 revoked or out of scope, 429 too many failures."""
    address = client_address(environ, settings.LOGVIEWER.trusted_proxy_count)
    try:
        return _active_key(_sent_key(environ), address)
    except Refusal as refusal:
        over = _failed.too_many(address)
        with _lock:
            _failed.record(address)
        if over and refusal.status in (401, 403):
            raise _too_many_failures() from refusal
        raise


def _active_key(text: str, address: str) -> IngestKey:
    public_id = secret.public_id_of("lvk", text)
    if public_id is None:
        if secret.public_id_of("lvr", text) is not None:
            raise Refusal(403, "A read token cannot send events.", "Use an ingest key: it begins with lvk_.")
        raise _unknown()
    key = _look_up(public_id, address)
    good = secret.matches(text, NO_DIGEST if key is None else bytes(key.digest))
    if key is None or not good:
        raise _unknown()
    if key.revoked_at is not None:
        raise Refusal(403, "This key was revoked.", "Ask an operator for a new one.")
    if key.expires_at is not None and key.expires_at <= datetime.now(UTC):
        raise Refusal(403, "This key has expired.", "Ask an operator for a new one.")
    return key


def _sent_key(environ: Mapping[str, Any]) -> str:
    """As a bearer's, or as the password of Basic, for senders that know nothing else."""
    scheme, _, text = str(environ.get("HTTP_AUTHORIZATION", "")).strip().partition(" ")
    text = text.strip()
    if scheme.lower() == "basic":
        scheme, text = "bearer", _password(text)
    if scheme.lower() != "bearer" or not text:
        raise _unauthorized("There is no key in the request.")
    return text


def _password(credentials: str) -> str:
    """Of RFC 7617's base64 of `user:password`; empty if it is none."""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _look_up(public_id: str, address: str) -> IngestKey | None:
    """The key's row, as the database or the memory of a few seconds knows it.

    An address with too many failures gets no more queries for keys that were never seen.
    """
    now = time.monotonic()
    known = _known.get(public_id)
    if known is not None and now < known.until:
        return known.key
    if (known is None or known.key is None) and _failed.too_many(address):
        raise _too_many_failures()
    key = IngestKey.objects.using(ALIAS).filter(public_id=public_id).first()
    # The connection goes back to its pool: reading the body may take long, and there are fewer than bodies.
    connections[ALIAS].close()
    with _lock:
        if len(_known) >= MAX_REMEMBERED:
            _known.clear()
        _known[public_id] = KnownKey(key, now + REMEMBERED_S)
    return key


def note_use(key: IngestKey) -> None:
    """Writes down that the key was used, at most once a minute. Failing to is no reason to refuse a sender."""
    now = time.monotonic()
    with _lock:
        if now - _last_used.get(key.public_id, -LAST_USED_EVERY_S) < LAST_USED_EVERY_S:
            return
        if len(_last_used) >= MAX_REMEMBERED:
            _last_used.clear()
        _last_used[key.public_id] = now
    moment = datetime.now(UTC)
    stale = Q(last_used_at=None) | Q(last_used_at__lt=moment - timedelta(seconds=LAST_USED_EVERY_S))
    try:
        IngestKey.objects.using(ALIAS).filter(stale, pk=key.pk).update(last_used_at=moment)
    except (DatabaseError, InterfaceError) as problem:
        log.warning("The last use of key %s was not written down: %s", key.public_id, problem)


def client_address(environ: Mapping[str, Any], trusted_proxies: int) -> str:
    """The sender's address. X-Forwarded-For is believed from the right, one entry a trusted proxy."""
    direct = str(environ.get("REMOTE_ADDR", ""))
    if not trusted_proxies:
        return direct
    hops = [hop.strip() for hop in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
    return hops[-min(trusted_proxies, len(hops))] if hops else direct


def _unknown() -> Refusal:
    return _unauthorized("This key is not known.")


def _unauthorized(message: str) -> Refusal:
    hint = "Send the header  Authorization: Bearer lvk_...  with a key from the page of keys or `create_key`."
    return Refusal(401, message, hint, headers={"WWW-Authenticate": "Bearer", "Connection": "close"})


def _too_many_failures() -> Refusal:
    return Refusal(
        429,
        "Too many failed keys from this address.",
        "Mend the key, then try again after Retry-After seconds.",
        headers={"Retry-After": "60", "Connection": "close"},
    )
