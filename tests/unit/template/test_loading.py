"""Templates are read as CloudFormation reads them, with the place of every part, and nothing else gets through."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from towpath.template.dumping import dump_json, dump_yaml
from towpath.template.error import TemplateError
from towpath.template.limits import MAX_BYTES, MAX_DEPTH
from towpath.template.loading import Template, load_template

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=25,
)
documents = st.dictionaries(texts, values, max_size=5)
printable = st.text(
    st.sampled_from("abc012 .:-'\"#&*!|>%@`{}[],?\n~yesnoYESNO")
    | st.characters(codec="ascii", categories=["L", "N", "P"]),
    max_size=12,
)
printable_documents = st.dictionaries(
    printable,
    st.recursive(
        scalars | printable, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(printable, inner, max_size=3)
    ),
    max_size=4,
)


@given(documents)
def test_json_reads_back(document: dict[str, object]) -> None:
    assert load_template(dump_json(document)).document == document
    assert load_template(dump_json(document, indent=None)).document == document


@given(printable_documents)
@example({"a": "2012-10-17", "b": "012", "c": "12:30:00", "d": "yes", "e": "1_000", "f": "~", "g": "=", "<<": "x"})
def test_yaml_reads_back_and_equals_the_same_template_in_json(document: dict[str, object]) -> None:
    assert load_template(dump_yaml(document)).document == document
    assert load_template(dump_yaml(document)).document == load_template(dump_json(document)).document


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_hostile_input_is_a_template_or_a_template_error(text: str | bytes) -> None:
    found = _load(text)
    if isinstance(found, TemplateError):
        assert found.reason.remedy
    else:
        json.dumps(found.document, allow_nan=False).encode()


@given(
    st.lists(
        st.sampled_from(["{", "}", "[", "]", '"a"', ":", ",", "- ", "\n", "  ", "&x ", "*x", "<<", "!Ref ", "? ", "1"])
    )
)
def test_hostile_structure_is_a_template_or_a_template_error(tokens: list[str]) -> None:
    found = _load("".join(tokens))
    assert isinstance(found, TemplateError) or found.position(("a",)).line > 0


def _load(text: str | bytes) -> Template | TemplateError:
    try:
        return load_template(text)
    except TemplateError as error:
        return error


@given(documents)
def test_every_part_of_a_json_text_has_the_place_where_it_stands(document: dict[str, object]) -> None:
    text = dump_json(document)
    lines = text.split("\n")
    template = load_template(text)
    for key in document:
        position = template.position((key,))
        assert lines[position.line - 1][position.column - 1 :].startswith(json.dumps(key, ensure_ascii=False))


SHORT_FORMS = {
    "!Ref A": {"Ref": "A"},
    "!Ref 012": {"Ref": "012"},
    "!Condition A": {"Condition": "A"},
    "!GetAtt A.B": {"Fn::GetAtt": ["A", "B"]},
    "!GetAtt A.Outputs.B": {"Fn::GetAtt": ["A", "Outputs.B"]},
    "!GetAtt [A, B]": {"Fn::GetAtt": ["A", "B"]},
    "!Sub 'x${A}'": {"Fn::Sub": "x${A}"},
    "!Sub ['${a}', {a: !Ref B}]": {"Fn::Sub": ["${a}", {"a": {"Ref": "B"}}]},
    "!If [C, 1, !Ref AWS::NoValue]": {"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]},
    "!Base64 yes": {"Fn::Base64": "yes"},
    "!Transform {Name: AWS::Include}": {"Fn::Transform": {"Name": "AWS::Include"}},
    "!ToJsonString {a: 1}": {"Fn::ToJsonString": {"a": 1}},
    "!GetAZs ''": {"Fn::GetAZs": ""},
    "!Cidr [a, 1, 2]": {"Fn::Cidr": ["a", 1, 2]},
}


@pytest.mark.parametrize(("short", "long"), SHORT_FORMS.items())
def test_short_tags_become_long_form(short: str, long: object) -> None:
    assert load_template(f"x: {short}").document == {"x": long}


PLAIN_SCALARS = {
    "2012-10-17": "2012-10-17",
    "2001-12-14t21:59:43.10-05:00": "2001-12-14t21:59:43.10-05:00",
    "yes": True,
    "Off": False,
    "y": "y",
    "0123": 83,
    "0x1F": 31,
    "0b11": 3,
    "-1_000": -1000,
    "12:30:00": 45000,
    "1:30.5": 90.5,
    "012345678901": "012345678901",
    "1.10": 1.1,
    "1e3": "1e3",
    "~": None,
    "": None,
    "!!str 12": "12",
    "!!float 1": 1.0,
    "! 12": "12",
    "=": "=",
}


@pytest.mark.parametrize(("text", "value"), PLAIN_SCALARS.items())
def test_plain_scalars_read_as_yaml_1_1_but_dates_stay_text(text: str, value: object) -> None:
    found = load_template(f"x: {text}").document["x"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_whatever_they_look_like() -> None:
    assert load_template("200: a\nyes: b\n012: c\n2012-10-17: d").document == {
        "200": "a",
        "yes": "b",
        "012": "c",
        "2012-10-17": "d",
    }


def test_anchors_aliases_and_merge_keys_are_expanded_into_separate_values() -> None:
    document = load_template(
        "base: &base {a: [1], b: 2}\none: {<<: *base, b: 3}\ntwo: *base\nboth: {<<: [{c: 1}, *base]}\ntext: {'<<': x}"
    ).document
    assert document["one"] == {"b": 3, "a": [1]}
    assert document["two"] == {"a": [1], "b": 2}
    assert document["both"] == {"c": 1, "a": [1], "b": 2}
    assert document["text"] == {"<<": "x"}
    document["two"]["a"].append(2)
    assert document["base"]["a"] == [1]


def test_positions_in_yaml_point_at_keys_items_and_arguments() -> None:
    template = load_template(
        "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n"
        "    Properties:\n      Tags:\n        - Key: a\n          Value: !Sub x\n"
    )
    assert str(template.position(("Resources", "Queue"))) == "2:3"
    assert str(template.position(("Resources", "Queue", "Properties", "Tags", 0, "Value", "Fn::Sub"))) == "7:18"
    assert str(template.position(("Resources", "Queue", "Properties", "Missing", "Below"))) == "4:5"
    assert (
        template.place(("Resources", "Queue", "Properties", "Tags", 0))
        == "template:6:11 Resources.Queue.Properties.Tags[0]"
    )


def test_a_document_that_was_never_a_text_has_no_positions() -> None:
    template = Template.from_document({"Resources": {}}, name="live")
    assert not template.position(("Resources",))
    assert template.place(("Resources", "A")) == "live Resources.A"


def test_windows_line_ends_a_byte_order_mark_and_json_with_a_trailing_comma_are_read() -> None:
    assert load_template(b"\xef\xbb\xbfa: |\r\n  x\r\n  y\r\n").document == {"a": "x\ny\n"}
    assert load_template('{"a": 1,}').document == {"a": 1}


REFUSED = {
    "empty": ("", "template-empty", "1:1"),
    "only a comment": ("# nothing\n", "template-empty", "1:1"),
    "a list": ("- a", "template-not-a-mapping", "1:1"),
    "null": ("~", "template-not-a-mapping", "1:1"),
    "JSON list": ("[1]", "template-not-a-mapping", "1:1"),
    "duplicate key": ("a: 1\nb: 2\na: 3", "template-duplicate-key", "3:1"),
    "duplicate JSON key": ('{"a": 1,\n "b": {"c": 1, "c": 2}}', "template-duplicate-key", "2:16"),
    "duplicate key by spelling": ('{"a": 1, "\\u0061": 2}', "template-duplicate-key", "1:10"),
    "several documents": ("a: 1\n---\nb: 2", "template-several-documents", "2:1"),
    "tab": ("a:\n\tb: 1", "template-not-yaml", "2:1"),
    "two tags": ("a: !Base64 !Sub x", "template-not-yaml", "1:12"),
    "unknown tag": ("a: !Reff x", "template-unknown-tag", "1:4"),
    "python object": ("a: !!python/object/apply:os.system [x]", "template-unsupported-tag", "1:4"),
    "timestamp tag": ("a: !!timestamp 2012-10-17", "template-unsupported-tag", "1:4"),
    "set": ("a: !!set {x: }", "template-unsupported-tag", "1:4"),
    "wrong tag": ("a: !!int x", "template-wrong-tag", "1:4"),
    "alias to nothing": ("a: *b", "template-alias", "1:4"),
    "alias to itself": ("a: &b [*b]", "template-alias", "1:8"),
    "merge of a list": ("a: {<<: [1]}", "template-merge", "1:9"),
    "a list as key": ("? [a]\n: 1", "template-key", "1:3"),
    "a function as key": ("!Ref a: 1", "template-key", "1:1"),
    "NaN": ('{"a": NaN}', "template-not-a-number", "1:7"),
    "infinity": ('{"a": 1e999}', "template-not-a-number", "1:7"),
    "YAML NaN": ("a: .nan", "template-not-a-number", "1:4"),
    "huge integer": ('{"a": ' + "1" * 5000 + "}", "template-not-a-number", "1:1"),
    "huge YAML integer": ("a: " + "1" * 5000, "template-wrong-tag", "1:4"),
    "deep JSON": ('{"a":' * 5000, "template-too-deep", f"1:{MAX_DEPTH * 5 + 1}"),
    "deep YAML": ("a: " + "[" * 5000, "template-too-deep", None),
    "half a character": ('{"a": "\\ud800"}', "template-half-character", None),
    "control character": ("a: \x01", "template-not-yaml", "1:4"),
    "not UTF-8": (b"a: 1\nb: \xff", "template-not-utf8", "2:4"),
    "broken JSON": ('{"a": [}', "template-not-json", "1:8"),
    "too large": ("#" * (MAX_BYTES + 1), "template-too-large", None),
}


@pytest.mark.parametrize(("text", "code", "place"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_template_is_refused_with_its_place_and_a_remedy(
    text: str | bytes, code: str, place: str | None
) -> None:
    with pytest.raises(TemplateError) as caught:
        load_template(text, name="app.yaml")
    reason = caught.value.reason
    assert reason.code == code
    assert reason.remedy
    assert len(reason.message) < 200
    assert reason.where == (f"app.yaml:{place}" if place else reason.where)


def test_a_duplicate_key_names_both_places() -> None:
    with pytest.raises(TemplateError, match=r"t:3:3: The key \"b\" stands here and at line 2, column 3"):
        load_template("a:\n  b: 1\n  b: 2", name="t")


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(TemplateError, match="aliases expanded"):
        load_template("\n".join(levels))
