"""Masks secrets and personal data before anything is stored: by the name of a key, and by the look of a value.

The second line of defence: senders redact too. Every pattern takes linear time, and an event is only walked through
if its text passes the cheap checks of `_may_hold_secrets`. Nothing masked is kept anywhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.validation import Draft

MASK = "[redacted]"
HASHED = re.compile(r"\[redacted:[0-9a-f]{16}\]")
MAX_REMEMBERED_KEYS = 20_000
SHORTEST_SECRET = 6  # characters, with what betrays it


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names are compared in small letters without punctuation: Set-Cookie is setcookie.
SECRET_KEYS = _names(
    """
    password passwd passphrase pwd mysqlpwd secret apikey xapikey auth authorization proxyauthorization
    httpauthorization credential credentials token privatekey secretkey accesskey clientsecret cookie cookies
    setcookie httpcookie session sessionid sessionkey phpsessid connectsid csrf xsrf oauthcode oauthstate databaseurl
    """
)
SECRET_ENDINGS = ("password", "passwd", "secret", "token", "apikey", "secretkey", "privatekey", "accesskey", "cookie")
PERSONAL_KEYS = _names(
    """
    studentname fullname learnername firstname lastname email emailaddress phone phonenumber githubhandle slackhandle
    learnergithubid zoomurl attendancesheeturl avatarurl completedcode
    """
)

PUNCTUATION = re.compile(r"[^0-9a-z]+")
_harmless_keys: set[str] = set()


@dataclass(frozen=True, slots=True)
class Look:
    """How a secret looks inside a text. `hints`: one of them is in every match, in small letters."""

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    mask: str
    in_ids: bool = True  # also in request_id and cohort_id


# No possessive quantifier stands behind a group of alternatives: Python before 3.11.5 matches those wrongly
# (https://github.com/python/cpython/issues/106052). Inside of the groups they keep the patterns linear.
LOOKS = (
    Look(
        ("-----begin",),
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*+(?:-(?!----END)[^-]*+)*(?:-----END [A-Z ]{0,60}-----)?"
        ),
        MASK,
    ),
    Look(("eyj",), re.compile(r"(?<![\w-])eyJ[A-Za-z0-9_-]{5,}+\.[A-Za-z0-9_-]++(?:\.[A-Za-z0-9_-]*+)?"), MASK),
    Look(("xox", "xapp-"), re.compile(r"\b(?:xox[a-z]|xapp)-[A-Za-z0-9-]{8,}+"), MASK),
    Look(("hooks.slack",), re.compile(r"(hooks\.slack\.com/\w{1,20}/)[\w/-]++", re.I), rf"\1{MASK}"),
    Look(
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}+|github_pat_[A-Za-z0-9_]{16,}+)"),
        MASK,
    ),
    Look(("lvk_", "lvr_"), re.compile(r"\b(lv[kr]_[0-9A-Za-z]{8})_[0-9A-Za-z]{16,}+"), rf"\1_{MASK}"),
    Look(("akia", "asia"), re.compile(r"\bA[KS]IA[0-9A-Z]{16}\b"), MASK),
    Look(("sk_live_", "rk_live_"), re.compile(r"\b[sr]k_live_[0-9A-Za-z]{8,}+"), MASK),
    Look(("://",), re.compile(r"(://)[^/\s:@\"']*+:[^/\s@\"']++@"), rf"\1{MASK}@"),
    Look(("@",), re.compile(r"(?<![\w.%+-])[\w.%+-]++@[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)+"), MASK),
    Look(
        ("key (",),
        re.compile(r"(Key \((?:[^()\n=]++|\([^()\n]*+\))+\)=)\((?:[^()\n]++|\([^()\n]*+\))*\)?"),
        rf"\1({MASK})",
    ),
    Look(
        ("failing row",),
        re.compile(r"(Failing row contains )\((?:[^()\n]++|\([^()\n]*+\))*\)?"),
        rf"\1({MASK})",
    ),
    Look(
        ("bearer", "token", "basic"),
        # Not prose such as "Token validation failed": a short word of letters is no credential.
        re.compile(
            r"\b((?:bearer|token|basic)\s{1,3})(?!(?-i:[A-Z]?[a-z]{1,18})(?![\w~+/=-]|\.\w))[\w.~+/=-]{8,}+", re.I
        ),
        rf"\1{MASK}",
    ),
    Look(
        ("authorization",),
        re.compile(
            r"(authorization['\"\\]{0,4}\s?[:=]\s?['\"\\]{0,4}(?!(?:(?:bearer|token|basic|digest)\s)?\[redacted)"
            r"(?:(?:bearer|token|basic|digest)\s)?)[^\s'\",;&\\]++",
            re.I,
        ),
        rf"\1{MASK}",
    ),
    Look(
        ("",),
        re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{40}(?![0-9A-Za-z])"),
        MASK,
        in_ids=False,  # a request id may well be a SHA-1, and masked ids would all be one request
    ),
)
ID_LOOKS = tuple(look for look in LOOKS if look.in_ids)

MARKS = (b"@", b"earer ", b"uthorization", b"xox", b"hooks.slack", b"-----BEGIN", b"Failing row")
# What tokens begin with; each holds a long run of letters and digits. Plain searches, because one pattern of all these
# alternatives takes ten times as long.
TOKEN_BEGINS = (
    b"eyJ", b"xapp-", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_", b"lvk_", b"lvr_", b"_live_",
    b"AKIA", b"ASIA", b"asic ", b"oken ",
)  # fmt: skip
HEX_TOKEN = b"0" * 40
_HEX_DIGITS = bytes(ord("0") if byte in b"0123456789abcdefABCDEF" else ord(" ") for byte in range(256))
# Where a text gives a value to a name: name=value  'name': value  "name": value. Assignments are found first and their
# names looked at afterwards, because there are few of them.
ASSIGNMENT = re.compile(r"[='\"\\](?:(?<=[\w-]=)|(?<=['\"\\])['\"\\]{0,3}\s?[:=]\s?)")
NAME = re.compile(r"[\w-]{1,40}\Z")
NAME_REACH = 41
SECRET_NAME = re.compile(
    r"password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|cookie|credential"
    r"|session_?id|csrf",
    re.IGNORECASE,
)
NAMES_IN_JSON = re.compile(
    rb"(?i:passw|passphrase|pwd|secret|token|key|cookie|credential|session|csrf)|(?i:code|state)\Z"
)
OAUTH_NAME = re.compile(r"[?&'\"](?:code|state)\Z", re.IGNORECASE)
VALUE = re.compile(
    r"(?!['\"\\]{0,4}(?:\[redacted|(?:none|null|true|false)\b))"
    r"(?:\"(?:[^\"\\\n]|\\.)*+\"|\\\"(?:[^\"\\\n]|\\[^\"\n])*+\\\"|'(?:[^'\\\n]|\\.)*+'|[^\s'\"<>,;&#)}\]\\]++)",
    re.IGNORECASE,
)


def redact(draft: Draft, sent: bytes | memoryview) -> None:
    """Masks what must not be stored in `draft`, whose text was `sent`, and says in its meta how many values it were."""
    kept_whole = isinstance(sent, bytes) and not draft.mended
    if kept_whole and _keys_are_harmless(draft) and not _may_hold_secrets(bytes(sent), draft.long_run):
        return
    masking = _Masking()
    draft.fields = masking.mapping(draft.fields)
    draft.meta = masking.mapping(draft.meta)
    draft.service = masking.text(draft.service)
    draft.event = masking.text(draft.event)
    draft.logger = masking.text(draft.logger)
    if draft.request_id is not None:
        draft.request_id = masking.text(draft.request_id, ID_LOOKS)
    if draft.cohort_id is not None:
        draft.cohort_id = masking.text(draft.cohort_id, ID_LOOKS)
    if masking.count:
        draft.flag("redacted")
        draft.meta["redacted"] = masking.count


def _keys_are_harmless(draft: Draft) -> bool:
    """Whether all keys were looked at before and found harmless; level by level if the event is nested."""
    if not _harmless_keys.issuperset(draft.fields):
        return False
    level: list[Any] = [] if draft.flat else [draft.fields]
    while level:
        inner: list[Any] = []
        for container in level:
            children = container
            if type(container) is dict:
                if not _harmless_keys.issuperset(container):
                    return False
                children = container.values()
            inner += [child for child in children if type(child) is dict or type(child) is list]
        level = inner
    return True


def _may_hold_secrets(sent: bytes, long_run: bool) -> bool:
    """Whether a look can be in the text at all."""
    return any(mark in sent for mark in MARKS) or (long_run and _holds_token(sent)) or _gives_secrets(sent)


def _gives_secrets(sent: bytes) -> bool:
    """Whether the text may give a value to a secret's name. Single characters come first: they are found fastest."""
    escapes = b"\\" in sent
    if escapes and b"\\u00" in sent:
        return True  # an ASCII character in disguise
    return (
        (b"=" in sent and (b"Key (" in sent or _names_a_secret(sent, b"=")))
        or (b"'" in sent and _names_a_secret(sent, b"':"))
        or (escapes and _names_a_secret(sent, b'\\":'))
    )


def _holds_token(sent: bytes) -> bool:
    return HEX_TOKEN in sent.translate(_HEX_DIGITS) or any(begin in sent for begin in TOKEN_BEGINS)


def _names_a_secret(sent: bytes, sign: bytes) -> bool:
    """Whether a secret's name stands before one of the signs that give values to names."""
    for before in sent.split(sign)[:-1]:
        name = before[-NAME_REACH:].rpartition(b" ")[2]
        if name and NAMES_IN_JSON.search(name):
            return True
    return False


def is_secret_key(key: str) -> bool:
    """Whether values under this name are masked whatever they are."""
    name = PUNCTUATION.sub("", key.lower())
    return name in SECRET_KEYS or name in PERSONAL_KEYS or name.endswith(SECRET_ENDINGS)


def _is_masked(value: Any) -> bool:
    """Whether a sender has masked the value already, perhaps by a keyed hash that tells equal values apart."""
    return value == MASK or (isinstance(value, str) and HASHED.fullmatch(value) is not None)


def is_harmless_key(key: str) -> bool:
    """Whether neither values under this name nor the name itself are masked."""
    return not is_secret_key(key) and masked_text(key) == key


def _is_secret_name(text: str, place: re.Match[str]) -> bool:
    """Whether the name before an assignment is that of a secret. OAuth's code and state count only in URLs."""
    before = text[max(0, place.start() - NAME_REACH) : place.start()]
    name = NAME.search(before)
    if name is None:
        return False
    return SECRET_NAME.search(name[0]) is not None or (
        place[0] == "=" and OAUTH_NAME.search(text, max(0, place.start() - 6), place.start()) is not None
    )


def masked_text(text: str) -> str:
    """`text` without what looks like a secret."""
    return _Masking().text(text)


def holds_secret(text: str) -> bool:
    """Whether something is masked in `text`. Stops at the first."""
    if len(text) < SHORTEST_SECRET:
        return False
    small = text.lower()
    looks = (look for look in LOOKS if any(hint in small for hint in look.hints))
    if any(look.pattern.search(text) for look in looks):
        return True
    masking = _Masking()
    masking.assignments(text)
    return masking.count > 0


class _Masking:
    """Goes through one event and counts. Depth is bounded by validation."""

    def __init__(self) -> None:
        self.count = 0

    def mapping(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        if _harmless_keys.issuperset(fields):
            return {key: self.value(value) for key, value in fields.items()}
        made: dict[str, Any] = {}
        for key, value in fields.items():
            shown = self.text(key)
            made[f"{shown} {len(made)}" if shown in made else shown] = self.field(key, value)
        return made

    def field(self, key: str, value: Any) -> Any:
        if not is_secret_key(key):
            if len(_harmless_keys) < MAX_REMEMBERED_KEYS and self.text(key) == key:
                _harmless_keys.add(key)
            return self.value(value)
        if value is None or isinstance(value, bool) or value == "" or _is_masked(value):
            return value
        self.count += 1
        return MASK

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self.mapping(value)
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        return value

    def text(self, text: str, looks: tuple[Look, ...] = LOOKS) -> str:
        if len(text) < SHORTEST_SECRET:
            return text
        small = text.lower()
        for look in looks:
            for hint in look.hints:
                if hint in small:
                    text, times = look.pattern.subn(look.mask, text)
                    self.count += times
                    break
        return self.assignments(text)

    def assignments(self, text: str) -> str:
        """`text` without the values that it gives to secret names."""
        kept: list[str] = []
        end = 0
        for place in ASSIGNMENT.finditer(text):
            if place.start() < end or not _is_secret_name(text, place):
                continue
            value = VALUE.match(text, place.end())
            if value is None:
                continue
            kept += [text[end : place.end()], MASK]
            end = value.end()
            self.count += 1
        return "".join([*kept, text[end:]]) if kept else text
