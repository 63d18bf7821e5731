"""JSON and YAML text as plain data: what it means, what is refused, and how much of it is read."""

from __future__ import annotations

import collections
import json
import math
import types

import pytest

from glidepath import ScheduleError
from glidepath.plain import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_ENTRIES,
    MAX_NODES,
    MAX_WORD,
    Source,
    checked,
    read_text,
    write_text,
)


def read(text, language):
    with Source("file") as source:
        return read_text(text, language, source)


def refusal(text, language):
    with pytest.raises(ScheduleError) as caught:
        read(text, language)
    return str(caught.value)


# YAML -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("3e4", 3e4),
        ("1.0e3", 1000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-0.5", -0.5),
        ("+7", 7),
        ("0", 0),
        ("-0", 0),
        ("0.0", 0.0),
        ("0e5", 0.0),
        ("10", 10),
        ("1E3", 1e3),
        ("0.1", 0.1),
        ("4.9e-324", 5e-324),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("on", "on"),
        ("yes", "yes"),
        ("n", "n"),
        ("5%", "5%"),
        ("20B tokens", "20B tokens"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("NaN", "NaN"),
        ("'1e-3'", "1e-3"),
        ('"true"', "true"),
        ("|-\n 5", "5"),
    ],
)
def test_an_unquoted_yaml_word_means_what_yaml_1_2_says(text, value):
    got = read(f"a: {text}\n", "yaml")["a"]
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("0010", "must be a number without leading zeros, got '0010'"),
        ("-07", "must be a number without leading zeros, got '-07'"),
        ("0x10", "must be a decimal number, got '0x10'"),
        ("0o10", "must be a decimal number, got '0o10'"),
        ("0b11", "must be a decimal number, got '0b11'"),
        ("12:30", "must be made of letters, digits, spaces and _ . % + -, got '12:30'"),
        (".inf", "must be a finite number, got .inf"),
        ("-.INF", "must be a finite number, got -.INF"),
        (".nan", "must be a finite number, got .nan"),
        ("1e400", "must be a number that a float can hold, got 1e400"),
        ("-1e400", "must be a number that a float can hold, got -1e400"),
        ("1e-400", "must be a number that a float can hold, got 1e-400"),
    ],
)
def test_a_yaml_number_that_another_reader_takes_for_another_is_refused_with_its_line(text, rule):
    assert refusal(f"a:\n  - 1\n  - b: {text}\n", "yaml") == f"file: a[1].b {rule} (line 3)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1\n", "YAML anchors and aliases (& and *) are not read here: write the value out (line 1)"),
        ("a: 1\nb: *x\n", "YAML anchors and aliases (& and *) are not read here: write the value out (line 2)"),
        ("&x {a: 1}\n", "YAML anchors and aliases (& and *) are not read here: write the value out (line 1)"),
        ("&x a: 1\n", "YAML anchors and aliases (& and *) are not read here: write the value out (line 1)"),
        ("a: !!str 5\n", "YAML tags are not read here: leave 'tag:yaml.org,2002:str' out (line 1)"),
        ("a: !x [1]\n", "YAML tags are not read here: leave '!x' out (line 1)"),
        ("!!str a: 1\n", "YAML tags are not read here: leave 'tag:yaml.org,2002:str' out (line 1)"),
        ("a: 1\n<<: {b: 1}\n", "YAML merge keys (<<) are not read here: write the fields out (line 1)"),
        ("a: 1\nb:\n  c: 1\n  c: 1\n", "b must have every key once, got 'c' twice (line 4)"),
        ("a: 1\n'a': 1\n", "the specification must have every key once, got 'a' twice (line 2)"),
        ("? [a]\n: 1\n", "the specification must have words for keys, got a YAML collection (line 1)"),
        ("%YAML 1.1\n---\na: 1\n", "YAML directives (%YAML, %TAG) are not read here: leave them out"),
        ("a: 1\n---\na: 2\n", "the text holds several YAML documents: one is read (line 1)"),
        ("# nothing\n", "the text is empty"),
        ("", "the text is empty"),
        ("a: b: c\n", "not YAML: mapping values are not allowed here (line 1, column 5)"),
        ("a: [1\n", "not YAML: expected ',' or ']', but got '<stream end>' (line 2, column 1)"),
        ("a: \0\n", "not YAML: unacceptable character #x0000: special characters are not allowed"),
        ('a: "\\U00110000"\n', "not YAML: chr() arg not in range(0x110000)"),
    ],
)
def test_yaml_that_could_say_two_things_is_refused(text, message):
    assert refusal(text, "yaml") == f"file: {message}"


def test_what_yaml_writes_it_reads_back_the_same():
    words = ["5%", "1e3", "0010", "0x1", "on", "null", "", "1_0", "- a", ".inf", "12", "true", "a b", "-", "%", "."]
    numbers = [0, -1, 2**53, 10**30, 0.1, 1e-5, 1e22, -0.0, 5e-324, 1.7976931348623157e308]
    data = {"words": words, "numbers": numbers, "deep": [[1], {"a": {"b": []}}, {}], "none": None, "yes": True}
    got = read(write_text(data, "yaml"), "yaml")
    assert repr(got) == repr(data)


def test_equal_parts_are_written_out_and_not_as_aliases():
    part = {"a": [1.0]}
    assert "&" not in write_text([part, part], "yaml")


# JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": NaN}', "a must be a finite number, got nan"),
        ('{"a": [0, -Infinity]}', "a[1] must be a finite number, got -inf"),
        ('{"a": 1e400}', "a must be a number that a float can hold, got 1e400"),
        ('{"a": 1e-400}', "a must be a number that a float can hold, got 1e-400"),
        ('{"b": [{"a": 1, "a": 1}]}', "b[0] must have every key once, got 'a' twice"),
        ('{"a": "\\ud800"}', r"a must be made of letters, digits, spaces and _ . % + -, got '\ud800'"),
        ('{"a b\\n": 1}', "a b\n must be made of letters, digits, spaces and _ . % + -, got 'a b\\n'"),
        ('{"a": }', "not JSON: Expecting value (line 1, column 7)"),
        ("", "not JSON: Expecting value (line 1, column 1)"),
        ("{} {}", "not JSON: Extra data (line 1, column 4)"),
    ],
)
def test_json_that_is_no_json_or_says_two_things_is_refused(text, message):
    assert refusal(text, "json") == f"file: {message}"


def test_json_numbers_are_read_exactly():
    got = read("[1e3, 1E-3, 9007199254740993, 5e-324, 0e9, -0.0]", "json")
    assert repr(got) == "[1000.0, 0.001, 9007199254740993, 5e-324, 0.0, -0.0]"


# Limits -----------------------------------------------------------------------------------------------------------


def test_a_text_of_the_most_bytes_is_read_and_one_more_is_refused():
    assert read("[1]".ljust(MAX_BYTES), "json") == [1]
    for language in ("json", "yaml"):
        for text in ("[1]".ljust(MAX_BYTES + 1), "\u00fc" * (MAX_BYTES // 2 + 1)):
            assert refusal(text, language) == f"file: the text must have at most {MAX_BYTES:,} bytes"


def nested(depth):
    return "[" * depth + "]" * depth


def indented(depth):
    return "".join("  " * i + "a:\n" for i in range(depth))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("json", nested),
        ("yaml", nested),
        ("yaml", indented),
        ("yaml", lambda depth: "- " * depth + "1"),
        ("yaml", lambda depth: "'}'" if depth < 1 else "{a: " * depth + "1" + "}" * depth),
        ("json", lambda depth: '{"a":' * depth + "1" + "}" * depth),
    ],
)
def test_a_text_of_the_most_levels_is_read_and_one_more_is_refused(language, text):
    read(text(MAX_DEPTH), language)
    assert f"file: the specification must be nested at most {MAX_DEPTH} deep" in refusal(text(MAX_DEPTH + 1), language)


def test_data_of_the_most_levels_is_taken_and_one_more_is_refused():
    def data(depth):
        return 1 if depth == 0 else [data(depth - 1)]

    assert checked(data(MAX_DEPTH), Source()) == data(MAX_DEPTH)
    with pytest.raises(ScheduleError, match="nested at most"):
        checked(data(MAX_DEPTH + 1), Source())


def test_brackets_in_json_strings_and_yaml_comments_are_no_levels():
    assert refusal('{"a": "' + "[" * 99 + '"}', "json").startswith("file: a must be made of letters")
    assert read("# " + "[" * 99 + "\na: 1 # {{{\n", "yaml") == {"a": 1}


@pytest.mark.parametrize("opener", ["[", "{", '{"a":', "- ", "? ", "[ # ]\n", "['", '["]",', "!!x [", "&a [", "a:\n "])
@pytest.mark.parametrize("language", ["json", "yaml"])
def test_any_number_of_openers_is_refused_and_nothing_breaks(opener, language):
    assert refusal(opener * (100_000 // len(opener)), language)


def test_the_most_values_are_read_and_one_more_is_refused():
    def text(values):
        return json.dumps({"a": {f"k{i}": 1 for i in range(values - 2)}})

    assert len(read(text(MAX_NODES), "json")["a"]) == MAX_NODES - 2
    message = f"file: the specification must have at most {MAX_NODES:,} values"
    assert refusal(text(MAX_NODES + 1), "json") == message


def test_the_most_entries_of_lists_are_read_and_one_more_is_refused():
    def text(entries):
        return json.dumps({"a": [1] * (entries - 5), "b": ["5%"] * 5})

    assert len(read(text(MAX_ENTRIES), "json")["a"]) == MAX_ENTRIES - 5
    message = f"file: the specification must have at most {MAX_ENTRIES:,} numbers in lists"
    assert refusal(text(MAX_ENTRIES + 1), "json") == message


def test_yaml_stops_at_the_first_value_too_many():
    source = Source("file")
    text = "[" + "1," * 200_000 + "1]"
    with pytest.raises(ScheduleError, match="at most"):
        read_text(text, "yaml", source)
    assert len(source.lines) <= MAX_NODES + MAX_ENTRIES + 2


@pytest.mark.parametrize("language", ["json", "yaml"])
@pytest.mark.parametrize("quote", ['"', ""])
def test_a_word_or_number_of_the_most_characters_is_read_and_one_more_is_refused(language, quote):
    def text(size, letter):
        return '{"k": ' + quote + letter * size + quote + "}"

    letter = "1" if not quote else "a"
    assert len(str(read(text(MAX_WORD, letter), language)["k"])) == MAX_WORD
    message = f"k must have at most {MAX_WORD} characters, got {MAX_WORD + 1}"
    assert message in refusal(text(MAX_WORD + 1, letter), language)


@pytest.mark.parametrize("language", ["json", "yaml"])
def test_a_key_of_the_most_characters_is_read_and_one_more_is_refused(language):
    assert read('{"' + "k" * MAX_WORD + '": 1}', language)
    assert f"must have at most {MAX_WORD} characters" in refusal('{"' + "k" * (MAX_WORD + 1) + '": 1}', language)


# Data -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"a": math.nan}, "a must be a finite number, got nan"),
        ({"a": [math.inf]}, "a[0] must be a finite number, got inf"),
        ({1: 2}, "the specification must have words for keys, got 1"),
        ({"a": {None: 2}}, "a must have words for keys, got None"),
        ({"a": "<b>"}, "a must be made of letters, digits, spaces and _ . % + -, got '<b>'"),
        ({"a": b"x"}, "a must be a plain dict, list, number or string, got a bytes"),
        ({"a": {1, 2}}, "a must be a plain dict, list, number or string, got a set"),
        ({"a": 1j}, "a must be a plain dict, list, number or string, got a complex"),
    ],
)
def test_what_is_no_plain_data_is_refused_with_its_path(data, message):
    with pytest.raises(ScheduleError) as caught:
        checked(data, Source())
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "foreign", [types.MappingProxyType({"a": 1}), collections.UserDict(), collections.UserList([1])]
)
def test_a_foreign_mapping_or_list_is_refused_with_the_call_that_makes_it_plain(foreign):
    with pytest.raises(ScheduleError) as caught:
        checked({"a": [foreign]}, Source())
    assert str(caught.value).startswith("a[0] must be a plain dict, list, number or string")
    assert "OmegaConf.to_container(cfg, resolve=True)" in str(caught.value)


def test_data_that_holds_itself_is_refused():
    data: dict = {}
    data["a"] = data
    with pytest.raises(ScheduleError, match="nested at most"):
        checked(data, Source())


def test_data_that_grows_when_it_is_walked_is_refused_at_once():
    data: object = [1]
    for _ in range(MAX_DEPTH - 1):
        data = [data] * 9
    with pytest.raises(ScheduleError, match="at most"):
        checked(data, Source())


def test_plain_data_is_copied():
    data = {"a": [1, {"b": (2,)}]}
    copy = checked(data, Source())
    assert copy == {"a": [1, {"b": [2]}]}
    assert copy is not data
    assert copy["a"] is not data["a"]
