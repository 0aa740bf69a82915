"""Secrets that machines carry: `prefix_publicid_secretchecksum`, shown once, stored as a SHA-256 digest.

The public id finds the row, the checksum refuses typing errors and fakes without asking the database, the prefix lets
secret scanners recognise a leaked one. A plain hash suffices because the secret itself has 190 random bits.
"""

import hashlib
import hmac
import re
import secrets
import zlib
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PUBLIC_ID_LENGTH = 8
SECRET_LENGTH = 32
CHECKSUM_LENGTH = 6
FORMAT = re.compile(r"(lv[kr])_([0-9A-Za-z]{8})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Secret:
    """A freshly made secret. `text` is shown to its owner and kept nowhere; `digest` is stored."""

    public_id: str
    text: str
    digest: bytes


def issue(prefix: str) -> Secret:
    """Makes a secret of the kind `prefix`: "lvk" for ingest keys, "lvr" for read tokens."""
    public_id = _random(PUBLIC_ID_LENGTH)
    body = f"{prefix}_{public_id}_{_random(SECRET_LENGTH)}"
    text = body + _checksum(body)
    return Secret(public_id, text, _digest(text))


def public_id_of(prefix: str, text: str) -> str | None:
    """The public id of a well-formed secret of this kind, else None. Costs no query."""
    match = FORMAT.fullmatch(text)
    if match is None or match[1] != prefix:
        return None
    body, checksum = text[:-CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    return match[2] if hmac.compare_digest(_checksum(body), checksum) else None


def matches(text: str, digest: bytes) -> bool:
    """Whether `text` is the secret behind `digest`, in constant time."""
    return hmac.compare_digest(_digest(text), bytes(digest))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits
