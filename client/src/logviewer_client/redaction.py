"""Masks secrets and personal data before a line is kept: by the name of a key, and by the look of a value.

The server does it again, by the same names and looks. Every pattern takes linear time, also on Python 3.9, which knows
no possessive quantifiers: no two parts that may repeat can share a character.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from functools import partial
from json.encoder import encode_basestring
from typing import Any, NamedTuple

MASK = "[redacted]"
HASHED = re.compile(r"\[redacted:[0-9a-f]{16}\]")
MODES = ("mask", "hash", "drop")
MIN_KEY_BYTES = 16
MAX_REMEMBERED = 4000
MAX_REMEMBERED_CHARACTERS = 100
SHORTEST_SECRET = 6


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
NAMES_IN_TEXTS = PERSONAL_KEYS | {"oauthcode", "oauthstate"}
PUNCTUATION = re.compile(r"[^0-9a-z]+")


class Look(NamedTuple):
    """How a secret looks inside a text. The group `secret` of the pattern is what goes.

    `hints`: one of them is in every match, in small letters. `end` closes what the match has opened.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    end: str = ""


LOOKS = (
    Look(
        ("-----begin",),
        re.compile(
            r"(?P<secret>-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
            r"[^-]*(?:-(?!----END)[^-]*)*(?:-----END [A-Z ]{0,60}-----)?)"
        ),
    ),
    Look(("eyj",), re.compile(r"(?<![\w-])(?P<secret>eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?)")),
    Look(("xox", "xapp-"), re.compile(r"\b(?P<secret>(?:xox[a-z]|xapp)-[A-Za-z0-9-]{8,})")),
    Look(("hooks.slack",), re.compile(r"(?ai:hooks\.slack\.com)/\w{1,20}/(?P<secret>[\w/-]+)")),
    Look(
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        re.compile(r"\b(?P<secret>gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,})"),
    ),
    Look(("lvk_", "lvr_"), re.compile(r"\blv[kr]_[0-9A-Za-z]{8}_(?P<secret>[0-9A-Za-z]{16,})")),
    Look(("akia", "asia"), re.compile(r"\b(?P<secret>A[KS]IA[0-9A-Z]{16})\b")),
    Look(("sk_live_", "rk_live_"), re.compile(r"\b(?P<secret>[sr]k_live_[0-9A-Za-z]{8,})")),
    Look(("://",), re.compile(r"://(?P<secret>[^/\s:@\"']*:[^/\s@\"']+)@"), "@"),
    Look(("@",), re.compile(r"(?<![\w.%+-])(?P<secret>[\w.%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")),
    Look(
        ("key (",),
        re.compile(
            r"Key \((?=[^)=\n])[^()\n=]*(?:\([^()\n]*\)[^()\n=]*)*\)="
            r"\((?P<secret>[^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)?"
        ),
        ")",
    ),
    Look(
        ("failing row",),
        re.compile(r"Failing row contains \((?P<secret>[^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)?"),
        ")",
    ),
    Look(
        ("bearer", "token", "basic"),
        # Not prose such as "Token validation failed": a short word of letters is no credential.
        re.compile(
            r"\b(?ai:bearer|token|basic)\s{1,3}(?![A-Z]?[a-z]{1,18}(?![\w~+/=-]|\.\w))(?P<secret>[\w.~+/=-]{8,})"
        ),
    ),
    Look(
        ("authorization",),
        re.compile(
            r"(?ai:authorization)['\"\\]{0,4}\s?[:=]\s?['\"\\]{0,4}"
            r"(?!(?:(?ai:bearer|token|basic|digest)\s)?\[redacted)(?:(?ai:bearer|token|basic|digest)\s)?"
            r"(?P<secret>[^\s'\",;&\\]+)"
        ),
    ),
)
HEX_LENGTH = 40
# Not in request_id and cohort_id: an id may well be a SHA-1, and masked ids would all be one request.
HEX = re.compile(rf"(?<![0-9A-Za-z])(?P<secret>[0-9a-fA-F]{{{HEX_LENGTH}}})(?![0-9A-Za-z])")

# Where a text gives a value to a name: name=value  'name': value  "name": value. Assignments are found first and their
# names looked at afterwards, because there are few of them.
ASSIGNMENT = re.compile(r"[='\"\\](?:(?<=[\w-]=)|(?<=['\"\\])['\"\\]{0,3}\s?[:=]\s?)")
NAME = re.compile(r"[\w-]+")
NAME_CHARACTERS = 40
SECRET_NAME = re.compile(
    r"(?ai:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|cookie|credential"
    r"|session_?id|csrf)"
)
OAUTH_NAME = re.compile(r"[?&'\"](?ai:code|state)\Z")
VALUE = re.compile(
    r"(?!['\"\\]{0,4}(?:\[redacted|(?ai:none|null|true|false)\b))"
    r"(?:\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|\\\"[^\"\\\n]*(?:\\[^\"\n][^\"\\\n]*)*\\\"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'"
    r"|[^\s'\"<>,;&#)}\]\\]+)"
)
# One of these is in every name that counts in an assignment, in small letters.
ASSIGNED_WORDS = ("passw", "passphrase", "pwd", "secret", "token", "key", "cookie", "credential", "session", "csrf")
# Of PERSONAL_KEYS (student, first, last; full; learner), of which a dict that has become text may hold some.
PERSONAL_WORDS = (
    "t_name", "tname", "l_name", "lname", "r_name", "rname", "email", "phone", "handle", "learner", "zoom", "sheet",
    "avatar", "completed", "oauth",
)  # fmt: skip
OAUTH_WORDS = ("code=", "state=")
TOKENS_WITH_UNDERSCORE = ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "lvk_", "lvr_", "_live_")

# Texts of these characters alone, of dates and of ids, are none of the looks if they are shorter than HEX_LENGTH.
HARMLESS_CHARACTERS = "0123456789abcdefABCDEF-:.TZ+ "


def may_hold_secret(text: str) -> bool:
    """Whether a look or an assignment can be in `text`; False is certain.

    Spelt out, because a loop takes several times as long, and single characters first, which are found fastest.
    """
    small = text.lower()
    return (
        "@" in small
        or ("_" in small and _holds_any(small, TOKENS_WITH_UNDERSCORE))
        or ("-" in small and ("xox" in small or "xapp-" in small or "-----begin" in small))
        or ("." in small and ("eyj" in small or "hooks.slack" in small))
        or ("(" in small and ("key (" in small or "failing row" in small))
        or "bearer" in small
        or "token" in small
        or "basic" in small
        or "AKIA" in text
        or "ASIA" in text
        or ((":" in small or "=" in small) and "authorization" in small)
        or (("=" in small or "'" in small or '"' in small or "\\" in small) and _may_assign(small))
        or (len(text) >= HEX_LENGTH and HEX.search(text) is not None)
    )


def _may_assign(small: str) -> bool:
    return _holds_any(small, ASSIGNED_WORDS) or _holds_any(small, OAUTH_WORDS) or _holds_any(small, PERSONAL_WORDS)


def _holds_any(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


class Redaction:
    """What is masked before an event is kept, and what stands in its place.

    `mode`: "mask" writes `[redacted]`; "hash" writes `[redacted:9f86d081884c7d65]`, the first 16 hexadecimal digits
    of HMAC-SHA256 with `key` (at least 16 bytes), so that equal values stay equal; "drop" leaves out the key with its
    value, or the part of the text.
    `also` names further keys whose values go, `never` such that stay; both at any depth, without regard to case and
    punctuation. Looks of values (tokens, addresses, private keys) are searched for under every name.

    Raises ValueError for another mode, and for "hash" without a key.
    """

    def __init__(
        self,
        mode: str = "mask",
        *,
        key: str | bytes | None = None,
        also: Iterable[str] = (),
        never: Iterable[str] = (),
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"a redaction's mode is one of {', '.join(MODES)}, not {mode!r}")
        self._key = key.encode() if isinstance(key, str) else key or b""
        if mode == "hash" and len(self._key) < MIN_KEY_BYTES:
            raise ValueError(f"mode 'hash' needs a key of at least {MIN_KEY_BYTES} bytes, the same in all processes")
        self.mode = mode
        self._also = frozenset(map(_compared, also))
        self._never = frozenset(map(_compared, never))
        # JSON of what was found harmless: of keys with their colon, and of texts that may come again and again.
        self.names: dict[str, str] = {}
        self.texts: dict[str, str] = {}

    def name(self, key: object) -> str | None:
        """A key with its colon, as JSON; None if it is no short text, or it or its values are masked. Remembers it."""
        if type(key) is not str or len(key) > MAX_REMEMBERED_CHARACTERS or self.is_secret(key):
            return None
        if self.text(key) != key:
            return None
        name = f"{encode_basestring(key)}:"
        _remember(key, name, self.names)
        return name

    def quoted(self, text: str) -> str:
        """`text` as JSON, masked where it must be. Remembers a short text that was not."""
        if ":" in text and len(text) < HEX_LENGTH and not text.strip(HARMLESS_CHARACTERS):
            return f'"{text}"'  # a moment, which does not come again
        clean = self.text(text)
        quoted = encode_basestring(clean)
        if clean == text and len(text) <= MAX_REMEMBERED_CHARACTERS:
            _remember(text, quoted, self.texts)
        return quoted

    def clears(self, text: str) -> bool:
        """Whether nothing in `text` is masked, for certain."""
        if text in self.texts or (len(text) < HEX_LENGTH and not text.strip(HARMLESS_CHARACTERS)):
            return True
        return not may_hold_secret(text)

    def is_secret(self, key: str) -> bool:
        """Whether values under this name are masked whatever they are."""
        name = _compared(key)
        if name in self._never:
            return False
        return name in SECRET_KEYS or name in PERSONAL_KEYS or name.endswith(SECRET_ENDINGS) or name in self._also

    def mark(self, secret: str) -> str:
        """What stands in the place of a secret."""
        if self.mode == "mask":
            return MASK
        if self.mode == "drop":
            return ""
        digest = hmac.new(self._key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return f"[redacted:{digest[:16]}]"

    def text(self, text: str) -> str:
        """`text` without what looks like a secret. Linear in its length."""
        return text if self.clears(text) else self._without_looks(text, hexadecimal=True)

    def id_text(self, text: str) -> str:
        """The same for an id, which may be 40 hexadecimal digits."""
        return text if self.clears(text) else self._without_looks(text, hexadecimal=False)

    def _without_looks(self, text: str, *, hexadecimal: bool) -> str:
        if len(text) < SHORTEST_SECRET:
            return text
        small = text.lower()
        for look in LOOKS:
            for hint in look.hints:
                if hint in small:
                    text = look.pattern.sub(partial(self._marked, look.end), text)
                    break
        if hexadecimal and len(text) >= HEX_LENGTH:
            text = HEX.sub(partial(self._marked, ""), text)
        if _may_assign(small):
            text = self._without_assignments(text)
        return text

    def _marked(self, end: str, found: re.Match[str]) -> str:
        secret = found["secret"]
        before = found.string[found.start() : found.start("secret")]
        return f"{before}{secret if is_marked(secret) else self.mark(secret)}{end}"

    def _without_assignments(self, text: str) -> str:
        """`text` without the values that it gives to secret names."""
        kept: list[str] = []
        end = 0
        for place in ASSIGNMENT.finditer(text):
            if place.start() < end or not _is_secret_name(text, place):
                continue
            value = VALUE.match(text, place.end())
            if value is None:
                continue
            kept += [text[end : place.end()], self.mark(value[0])]
            end = value.end()
        return "".join([*kept, text[end:]]) if kept else text


def _remember(text: str, quoted: str, known: dict[str, str]) -> None:
    if len(known) >= MAX_REMEMBERED:
        known.clear()
    known[text] = quoted


def is_marked(value: Any) -> bool:
    """Whether a secret has been here already."""
    return isinstance(value, str) and (value == MASK or HASHED.fullmatch(value) is not None)


def _compared(key: str) -> str:
    return PUNCTUATION.sub("", key.lower())


def _is_secret_name(text: str, place: re.Match[str]) -> bool:
    """Whether the name before an assignment is that of a secret. OAuth's code and state count only in URLs."""
    start = place.start()
    backwards = NAME.match(text[max(0, start - NAME_CHARACTERS) : start][::-1])
    if backwards is None:
        return False
    name = backwards[0][::-1]
    if _holds_any(name.lower(), ASSIGNED_WORDS) and SECRET_NAME.search(name):
        return True
    if _holds_any(name.lower(), PERSONAL_WORDS) and _compared(name) in NAMES_IN_TEXTS:
        return True
    return place[0] == "=" and OAUTH_NAME.search(text, max(0, start - 6), start) is not None


class _Active:
    redaction = Redaction()


def use(redaction: Redaction) -> None:
    """From now on this process redacts so."""
    _Active.redaction = redaction


def active() -> Redaction:
    return _Active.redaction
