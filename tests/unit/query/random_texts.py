"""Random queries as people could type them, by the grammar: every one of them can be read."""

from hypothesis import strategies as st

from logviewer.query.language.values import TEXT_FIELDS

_RUNS = ("a", "Ab1", "timeout", "12", "500", "ReadTimeoutError", "é", "日", "ſ", "null", "true", "or", "x.y", "K")
_SIGNS = ("-", "/", ".", "_", "%", "'", "$", "\\", "=", "?", "#", "{", "[", "&", "+", "🙂", "\u200d")
_INSIDE_QUOTES = (*_RUNS, *_SIGNS, " ", "\n", "(", ")", "*", ":", "<", "OR", "\x00")

names = st.one_of(
    st.sampled_from([*TEXT_FIELDS, "a", "a.b", "a.b.c", "größe", "@x", "$x", "status_code", "data.level"]),
    st.lists(st.sampled_from(_INSIDE_QUOTES), min_size=1, max_size=3).map(lambda some: _quoted("".join(some))),
)
phrases = st.lists(st.sampled_from(_INSIDE_QUOTES), min_size=1, max_size=5).map(lambda some: _quoted("".join(some)))
words = st.tuples(
    st.sampled_from(_RUNS), st.lists(st.sampled_from([*_RUNS, *_SIGNS]), max_size=3).map("".join)
).map("".join)  # fmt: skip
bare = words.map(lambda text: text.replace("*", ""))
patterns = st.lists(st.one_of(st.just("*"), bare), min_size=1, max_size=3).map(lambda some: "".join([*some, "*"]))
numbers = st.sampled_from(["0", "-1", "12", "12.0", "1e2", "99999999999999999999", "-0.50"])
signs = st.sampled_from([">", ">=", "<", "<="])

terms = st.one_of(
    st.just("*"),
    words,
    phrases,
    st.tuples(names, st.just(":"), st.one_of(bare, phrases, patterns, st.just('""'))).map("".join),
    st.tuples(names, signs, numbers).map("".join),
    st.tuples(st.just("level"), st.just(":") | signs, st.sampled_from(["error", "warn", "20", "Info"])).map("".join),
    st.tuples(
        st.sampled_from(["time", "timestamp"]),
        signs,
        st.sampled_from(["-1h", "now", "2026-11-23", "2026-11-23T10:00Z"]),
    ).map("".join),
    st.tuples(st.just("has:"), st.one_of(names, st.sampled_from(["level", "time"]))).map("".join),
)
queries = st.recursive(
    terms,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["-", "NOT ", "NOT -"]), inner.map(lambda text: f"({text})")).map("".join),
        st.tuples(inner, st.sampled_from([" ", "  ", " AND ", " OR ", "\n"]), inner).map("".join),
        inner.map(lambda text: f"( {text} )"),
    ),
    max_leaves=8,
)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
