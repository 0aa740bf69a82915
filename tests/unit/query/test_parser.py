import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.query.language import QueryError, field_term, parse, write
from logviewer.query.language.nodes import And, Compare, Equals, Everything, Has, Like, Not, Or, Phrase, Word
from tests.unit.query.random_texts import queries


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", Everything()),
        ("  ", Everything()),
        ("*", Everything()),
        ("timeout", Word("timeout")),
        ("a b", And((Word("a"), Word("b")))),
        ("a AND b", And((Word("a"), Word("b")))),
        ("a OR b c", Or((Word("a"), And((Word("b"), Word("c")))))),
        ("(a OR b) c", And((Or((Word("a"), Word("b"))), Word("c")))),
        ("a (b c)", And((Word("a"), Word("b"), Word("c")))),
        ("or and not", And((Word("or"), Word("and"), Word("not")))),
        ("-a", Not(Word("a"))),
        ("NOT a", Not(Word("a"))),
        ("--a", Word("a")),
        ("NOT -a", Word("a")),
        ("-(a b)", Not(And((Word("a"), Word("b"))))),
        ("NOT(a)", Not(Word("a"))),
        ("-(-(a))", Word("a")),
        ('"could not"', Phrase("could not")),
        (r'"say \"x\" C:\\d C:\e"', Phrase(r'say "x" C:\d C:\e')),
        ("well-known", Word("well-known")),
        ("/cohorts/12/assign", Word("/cohorts/12/assign")),
        ("https://a.org/b?c:d", Word("https://a.org/b?c:d")),
        ("12:30:45", Word("12:30:45")),
        ("10.0.0.1:8080", Word("10.0.0.1:8080")),
        ("2026-11-23T10:02", Word("2026-11-23T10:02")),
        ("<module>", Word("<module>")),
        ("k=v", Word("k=v")),
        ("!!!", Phrase("!!!")),
        ("👍", Phrase("👍")),
        ("level:error", Equals("level", "error")),
        ("-service:api", Not(Equals("service", "api"))),
        ('path:"/a b"', Equals("path", "/a b")),
        ('path:""', Equals("path", "")),
        ("error.code:23505", Equals("error.code", "23505")),
        ("a:b:c", Equals("a", "b:c")),
        ("path:/health*", Like("path", "/health*")),
        ('path:"/health*"', Equals("path", "/health*")),
        ("duration_ms>500", Compare("duration_ms", ">", "500")),
        ("level>=warning", Compare("level", ">=", "warning")),
        ("time<2026-11-23T10:00:00Z", Compare("time", "<", "2026-11-23T10:00:00Z")),
        ("has:exception", Has("exception")),
        ('has:"a b"', Has("a b")),
        ('"has":x', Equals("has", "x")),
        ('"user agent":curl', Equals("user agent", "curl")),
        ("größe>1", Compare("größe", ">", "1")),
        ("@timestamp:x", Equals("@timestamp", "x")),
        ("f(x)", And((Word("f"), Word("x")))),
        ("x\0y", Word("x\u2400y")),
        ("x\ud800y", Word("x\ufffdy")),
    ],
)
def test_parses(text, tree):
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ('ab "cd', 4, "this quote is never closed"),
        ("(a", 1, "this parenthesis is never closed"),
        ("a)", 2, "this parenthesis was never opened"),
        ("a ()", 3, "there is nothing in these parentheses"),
        ('""', 1, "there is nothing in these quotes"),
        ("OR a", 1, "nothing stands before OR"),
        ("a OR", 3, "nothing stands after OR"),
        ("a AND OR b", 7, "nothing stands before OR"),
        ("(a OR)", 4, "nothing stands after OR"),
        ("a NOT", 3, "nothing stands after NOT"),
        ("a -", 3, "nothing follows '-'"),
        ("a: b", 3, "no value follows 'a:'"),
        ("a>", 3, "no value follows 'a>'"),
        ("a:(b OR c)", 3, "a group cannot be a value"),
        ("a:>5", 3, "'a:' and '>' do not go together"),
        ("a!=5", 2, "'!=' is not an operator of this language"),
        ("a" * 4097, 4096, "a query has at most 4096 bytes"),
        ("é" * 2049, 2049, "a query has at most 4096 bytes"),
        (" ".join("a" * 65), 129, "a query has at most 64 terms"),
        ("(" * 4000, 4000, "this parenthesis is never closed"),
        ("(" * 10_000 + "a" + ")" * 10_000, 4096, "a query has at most 4096 bytes"),
    ],
)
def test_says_where_and_what_is_wrong_and_what_to_do(text, column, message):
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert (caught.value.message, caught.value.column) == (message, column)
    assert caught.value.hint
    assert caught.value.parameter == "q"


def test_deep_parentheses_cost_no_recursion():
    assert parse("(" * 2000 + "a" + ")" * 2000) == Word("a")
    assert parse("-(" * 1001 + "a" + ")" * 1001) == Not(Word("a"))
    deep = "".join(f"(a{number} -" for number in range(63)) + "a" + ")" * 63
    assert parse(write(parse(deep))) == parse(deep)


PIECES = ["a", "Ab1", " ", " ", "(", ")", "-", '"', "\\", ":", ">", "<=", "*", "OR ", "AND ", "NOT ", "has:", "level"]
PIECES += ["//", "=", "!", "\0", "é", "🙂"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=30))
def test_any_text_is_parsed_or_refused_and_what_is_parsed_can_be_written_again(text):
    try:
        node = parse(text)
    except QueryError as refused:
        problem = refused
    else:
        assert parse(write(node)) == node
        return
    assert problem.column is not None
    assert 1 <= problem.column <= len(text) + 1


@given(st.text(max_size=12), st.text(max_size=12), st.booleans())
def test_a_link_that_adds_a_field_finds_exactly_that_value(name, value, negated):
    name, value = (text.replace("\0", "").encode("utf-8", "ignore").decode() for text in (name, value))
    if not name:
        return
    node = parse(field_term(name, value, negated=negated))
    assert node == (Not(Equals(name, value)) if negated else Equals(name, value))


@given(queries)
def test_every_query_of_the_grammar_is_read_and_written_again(text):
    node = parse(text)

    assert parse(write(node)) == node
