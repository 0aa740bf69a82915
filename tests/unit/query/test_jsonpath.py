from logviewer.query import jsonpath


def test_a_dotted_name_is_read_in_every_way():
    assert jsonpath.present(("a", "b", "c")) == (
        '$ ? (exists(@."a"[*][*]."b"[*][*]."c") || exists(@."a"[*][*]."b.c")'
        ' || exists(@."a.b"[*][*]."c") || exists(@."a.b.c"))'
    )


def test_names_and_texts_are_strings_of_jsonpath():
    assert jsonpath.equal_to_any(('x"\\', ""), ['"y"']).startswith('$ ? (exists(@."x\\"\\\\"[*][*].""')
    assert jsonpath.string("\n\x01é") == '"\\n\\u0001é"'
