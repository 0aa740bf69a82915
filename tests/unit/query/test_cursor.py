"""What is being typed at the cursor, which | marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.query.language.cursor import Place, place_at


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("|", Place(0, 0, "")),
        ("coh|", Place(0, 3, "coh")),
        ("co|h", Place(0, 3, "co")),
        ("a coh|", Place(2, 5, "coh")),
        ("a |", Place(2, 2, "")),
        ("-coh|", Place(1, 4, "coh")),
        ("(a OR lev|", Place(6, 9, "lev")),
        ("coh|ort_id:12", Place(0, 9, "coh")),
        ("cohort_id|:12", Place(0, 9, "cohort_id")),
        ("cohort_id:|", Place(10, 10, "", "cohort_id", ":")),
        ("cohort_id:1|2 a", Place(10, 12, "1", "cohort_id", ":")),
        ("level>=wa|", Place(7, 9, "wa", "level", ">=")),
        ("level>|=wa", Place(6, 6, "")),
        ('path:"/a b|', Place(5, 10, "/a b", "path", ":")),
        ('path:"/a b|" c', Place(5, 11, "/a b", "path", ":")),
        ('path:"/a b" c|', Place(12, 13, "c")),
        (r'path:"say \"n|', Place(5, 13, 'say "n', "path", ":")),
        ('"user agent":cu|', Place(13, 15, "cu", "user agent", ":")),
        ("has:ex|", Place(4, 6, "ex", "has", ":")),
        ("https://a.or|", Place(0, 12, "https://a.or")),
        ('"could n|', Place(0, 8, "could n")),
        ("a:x|)", Place(2, 3, "x", "a", ":")),
    ],
)
def test_the_place_at_the_cursor(written, place):
    assert place_at(written.replace("|", ""), written.index("|")) == place


@given(st.text(alphabet='ab:>=<"\\ ()-*.\t é', max_size=20) | st.text(max_size=20), st.integers(-3, 30))
def test_any_text_has_a_place_inside_of_it(text, cursor):
    place = place_at(text, cursor)

    assert 0 <= place.start <= place.end <= len(text)
    assert place.start <= max(min(cursor, len(text)), 0) <= place.end
