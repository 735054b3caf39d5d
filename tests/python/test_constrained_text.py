"""Text within a grammar: random walks over a real vocabulary always give what Python's readers accept."""

from __future__ import annotations

import json
import random
import re
import subprocess

import jsonschema
import pytest
from conftest import BUILD

END = "<|endoftext|>"


@pytest.fixture(scope="module")
def answers(request):
    starter_pack = request.getfixturevalue("starter_pack")

    def ask(requests: list[dict]) -> list[dict]:
        tool = BUILD / "tests/tools/constrain"
        assert tool.is_file(), f"{tool} is missing; build it: cmake --build --preset release --target constrain"
        lines = "".join(json.dumps(line) + "\n" for line in requests)
        done = subprocess.run([tool, starter_pack / "models/whisper-base", END], input=lines.encode(), capture_output=True, timeout=600)
        assert done.returncode == 0, done.stderr.decode()
        return [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]

    return ask


def seconds(text: str) -> float:
    parts = text.split(":")
    assert 2 <= len(parts) <= 3
    assert all(len(part.split(".")[0]) == 2 for part in parts[1:]), text
    value = 0.0
    for part in parts:
        value = value * 60 + float(part)
    return value


SPAN = [754.25, 3725.0]
CHECKER = jsonschema.FormatChecker(formats=[])


@CHECKER.checks("timestamp")
def within_span(text) -> bool:
    return not isinstance(text, str) or SPAN[0] <= round(seconds(text), 3) <= SPAN[1]


SHOT = {
    "title": "shot", "type": "object", "required": ["start", "end", "what"], "additionalProperties": False,
    "properties": {"start": {"type": "string", "format": "timestamp"}, "end": {"type": "string", "format": "timestamp"},
                   "what": {"type": "string", "maxLength": 30}, "people": {"type": "integer", "minimum": 0, "maximum": 12},
                   "mood": {"enum": ["밝음", "어두움", "a \"quoted\"\nline", None, 3.5, [1, {"k": False}]]}, "score": {"type": "number", "minimum": 0, "maximum": 1}},
}
TREE = {"$defs": {"node": {"type": "object", "required": ["name"], "properties": {
    "name": {"type": "string", "minLength": 2, "maxLength": 4}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": 3}}, "additionalProperties": False}},
    "$ref": "#/$defs/node"}
SCHEMAS = {
    "string": {"type": "string"}, "short": {"type": "string", "minLength": 3, "maxLength": 5}, "integer": {"type": "integer"}, "number": {"type": "number"},
    "boolean": {"type": "boolean"}, "null": {"type": "null"}, "anything": {}, "true": True, "several types": {"type": ["integer", "null", "string"], "minimum": 5},
    "range": {"type": "integer", "minimum": -37, "maximum": 1205}, "negative": {"type": "integer", "maximum": -3}, "large": {"type": "integer", "minimum": 99, "exclusiveMaximum": 100000},
    "exclusive": {"type": "integer", "exclusiveMinimum": 6.5, "exclusiveMaximum": 9}, "fractions": {"type": "number", "minimum": -2, "maximum": 3}, "below": {"type": "number", "maximum": -7},
    "enum": {"enum": ["a", "ab", "abc", 1, 1.5, True, None, "한국어", {"x": [1, 2]}, []]}, "typed enum": {"type": "string", "enum": ["x", 1, "y"]}, "const": {"const": {"a": "\u2028\"\\"}},
    "array": {"type": "array", "items": {"type": "integer"}}, "counted": {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 4},
    "empty": {"type": "array", "maxItems": 0}, "free array": {"type": "array", "minItems": 1}, "free object": {"type": "object"}, "closed": {"type": "object", "additionalProperties": False},
    "map": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}, "required only": {"type": "object", "required": ["b", "키"]},
    "shot": SHOT, "shots": {"type": "array", "items": SHOT, "minItems": 1, "maxItems": 5}, "tree": TREE,
    "any of": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "string", "maxLength": 3}}, {"const": "none"}]},
    "one of": {"oneOf": [{"type": "object", "required": ["kind", "n"], "properties": {"kind": {"const": "a"}, "n": {"type": "integer"}}},
                         {"type": "object", "required": ["kind", "s"], "properties": {"kind": {"const": "b"}, "s": {"type": "string"}}}, {"type": "null"}]},
    "pattern": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"}, "loose pattern": {"type": "string", "pattern": "ab+c"}, "escaped pattern": {"type": "string", "pattern": "^[\"\\\\\\n가-힣]{1,9}$"},
    "half bound": {"type": "string", "pattern": "^x|y$"}, "optional only": {"type": "object", "properties": {c: {"type": "integer", "minimum": 0, "maximum": 9} for c in "abcdef"}},
    "all of": {"allOf": [{"type": "boolean"}]}, "reference": {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"enum": [1, 2]}}, "type": "array", "items": {"$ref": "#/$defs/a"}, "minItems": 1},
    "loop": {"type": "object", "properties": {"next": {"$ref": "#"}, "n": {"type": "integer"}}, "additionalProperties": False},
    "linked": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["rest"], "properties": {"rest": {"$ref": "#"}}}]},
}
BUDGETS = (400, 60, 140)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_walk_gives_json_that_fits_the_schema(name, answers):
    schema = SCHEMAS[name]
    validator = jsonschema.Draft202012Validator(schema, format_checker=CHECKER)
    requests = [{"schema": schema, "span": SPAN, "walks": 8, "budget": budget, "seed": seed} for seed, budget in enumerate(BUDGETS)]
    texts = []
    for answer in answers(requests):
        assert "texts" in answer, answer
        texts += answer["texts"]
    for text in texts:
        value = json.loads(text)
        text.encode("utf-8")
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        validator.validate(value)
    assert len(texts) == 24


def test_times_lie_within_the_span_whatever_it_is(answers):
    spans = [[0, 0], [0, 9.9], [59.9, 60.1], [3599.95, 3600.04], [12.48, 15.92], [35999, 36001.5], [754.25, 754.29], [0, 400000]]
    random_ = random.Random(5)
    spans += [sorted([random_.uniform(0, 20000), random_.uniform(0, 20000)]) for _ in range(12)]
    schema = {"type": "string", "format": "timestamp"}
    for span, answer in zip(spans, answers([{"schema": schema, "span": span, "walks": 40, "budget": 30} for span in spans]), strict=True):
        for text in answer["texts"]:
            value = seconds(json.loads(text))
            inside = span[0] - 1e-6 <= value <= span[1] + 1e-6
            tenth_before = int(span[1] * 10) / 10 < span[0] and abs(value - int(span[1] * 10) / 10) < 1e-6
            assert inside or tenth_before, (span, text)


def test_exactly_the_times_of_a_span_are_accepted(answers):
    texts = [f"{tenths // 600}:{tenths // 10 % 60:02}" + (f".{tenths % 10}" if tenths % 10 or tenths % 7 == 0 else "") for tenths in range(0, 3000)]
    texts += [f"0:0{text}" for text in texts if len(text.split(':')[0]) == 1]
    span = [65.3, 190.0]
    schema = {"type": "string", "format": "timestamp"}
    matches = answers([{"schema": schema, "span": span, "match": [json.dumps(text) for text in texts]}])[0]["matches"]
    for text, match in zip(texts, matches, strict=True):
        assert match == (span[0] <= seconds(text) <= span[1]), text


@pytest.mark.parametrize(("minimum", "maximum"), [(0, 0), (-1, 1), (7, 1234), (-999, -12), (-105, 98), (99, 101), (1000, 1999), (0, 10)])
def test_exactly_the_integers_of_a_range_are_accepted(minimum, maximum, answers):
    numbers = list(range(-2100, 2100))
    schema = {"type": "integer", "minimum": minimum, "maximum": maximum}
    matches = answers([{"schema": schema, "match": [str(number) for number in numbers] + ["01", "-0", "+1", "1.0", "", "-"]}])[0]["matches"]
    assert [number for number, match in zip(numbers, matches) if match] == list(range(minimum, maximum + 1))
    assert not any(matches[len(numbers):])


PATTERNS = [
    "abc", "a|b|", "(ab)*c?", "[a-c]+[^a-c]{2}", "a{2,4}", "a{3}", "a{2,}", "a{,2}", "(a|bc){2}", ".", ".+x", r"\d{1,3}(\.\d{1,3}){3}", r"\w+@\w+\.(com|kr)", r"\s*\S+", r"[\d\-x]+", r"[^\W\d]+",
    "[가-힣]{1,4}", "[ㄱ-ㅎ가-힣 ]+|영어", r"é|\u00e8|\x41", r"[\]\[^-]+", "[]a]b", "[^]a]", "(?:x|y)+?z", "(?P<year>[0-9]{4})-(0[1-9]|1[0-2])", r"\.\*\+\?\(\)\[\]\{\}\|\\\^\$", "^abc$", "^a|b$", r"\Aab\Z",
    "(a*)*b", "(a|a)*", "((a?){3}){2}", "😀+|[😁-😃]", r"\D\W\S", "()", "(|a)b", "[a-]", r"\t\n\r\f\v",
]


def samples(pattern: str, seed: int) -> list[str]:
    """Texts near the pattern: pieces of it and of others, put together by chance."""
    random_ = random.Random(seed)
    pieces = [piece for piece in re.split(r"[\\()\[\]{}|*+?^$]", pattern) if piece] + list("abcxyz019.-@ _\n\t가힣ㄱ영어éèA😀😂kr") + ["com", "2024-05", "1.22.3.4", "aab", "", "٣", "ß"]
    return ["".join(random_.choice(pieces) for _ in range(random_.randrange(6))) for _ in range(400)]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_match_what_python_matches(pattern, answers):
    texts = samples(pattern, len(pattern))
    walked, matched = answers([{"pattern": pattern, "walks": 30, "budget": 40}, {"pattern": pattern, "match": texts}])
    for text in walked["texts"]:
        assert re.fullmatch(pattern, text), text
    for text, match in zip(texts + walked["texts"], matched["matches"]):
        assert match == bool(re.fullmatch(pattern, text)), text
    assert all(answers([{"pattern": pattern, "match": walked["texts"]}])[0]["matches"])


@pytest.mark.parametrize(("pattern", "code"), [
    (r"\bword", "unsupported"), (r"(a)\1", "unsupported"), ("(?=a)a", "unsupported"), ("(?i)a", "unsupported"), ("a(^b)", "unsupported"), ("a$b", "unsupported"), (r"\p{L}", "unsupported"), ("[[:alpha:]]", "unsupported"),
    ("a++", "unsupported"), ("(", "invalid_argument"), (")", "invalid_argument"), ("[a", "invalid_argument"), ("a{2,1}", "invalid_argument"), ("*", "invalid_argument"), ("a**", "invalid_argument"),
    ("[z-a]", "invalid_argument"), ("a{", "invalid_argument"), (r"\x4", "invalid_argument"), (r"\ud800", "invalid_argument"), ("[^\\s\\S]", "invalid_argument"), ("\\", "invalid_argument"),
    ("a{99999}", "resource_exhausted"), ("(" * 500 + ")" * 500, "resource_exhausted"), ("(((a{9999}){9999}){9999}){9999}", "resource_exhausted"), ("(a{9000}|b{9000}){2}" * 99, "resource_exhausted"),
])
def test_patterns_that_cannot_be_kept_are_refused(pattern, code, answers):
    answer = answers([{"pattern": pattern, "walks": 1, "budget": 10}])[0]
    assert answer.get("error", {}).get("code") == code, answer


def deep(levels: int) -> dict:
    schema: dict = {"type": "integer"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


@pytest.mark.parametrize(("schema", "code", "words"), [
    ({"type": "array", "items": {}, "minItems": 10**9}, "resource_exhausted", "minItems"), ({"type": "string", "maxLength": 10**12}, "resource_exhausted", "maxLength"),
    ({"type": "string", "minLength": 5, "maxLength": 4}, "invalid_argument", "minLength"), ({"type": "integer", "minimum": 5, "maximum": 4}, "invalid_argument", "above"),
    ({"type": "array", "minItems": -1}, "invalid_argument", "minItems"), ({"type": "array", "minItems": 1.5}, "invalid_argument", "minItems"), ({"type": "string", "minLength": "a"}, "invalid_argument", "minLength"),
    ({"$ref": "#/$defs/none"}, "invalid_argument", "#/$defs/none"), ({"$ref": "https://example.com/x"}, "unsupported", "another document"), ({"$ref": "#"}, "invalid_argument", "no text fits"),
    ({"$ref": 5}, "corrupt_data", "$ref"), (False, "invalid_argument", "no text fits"), (5, "invalid_argument", "a schema is"), ({"type": "date"}, "invalid_argument", "date"), ({"type": 3}, "invalid_argument", "type"),
    ({"not": {}}, "unsupported", "'not'"), ({"type": "object", "patternProperties": {}}, "unsupported", "patternProperties"), ({"if": {}, "then": {}}, "unsupported", "'if'"),
    ({"type": "number", "multipleOf": 2}, "unsupported", "multipleOf"), ({"type": "string", "format": "email"}, "unsupported", "email"), ({"type": "array", "uniqueItems": True}, "unsupported", "uniqueItems"),
    ({"type": "number", "minimum": 0.5}, "unsupported", "0.5"), ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "unsupported", "oneOf"), ({"allOf": [{}, {}]}, "unsupported", "allOf"),
    ({"anyOf": []}, "invalid_argument", "anyOf"), ({"anyOf": [{}], "type": "string"}, "unsupported", "beside"), ({"enum": []}, "invalid_argument", "enum"), ({"enum": [1], "type": "string"}, "invalid_argument", "no text fits"),
    ({"enum": list(range(20_000))}, "resource_exhausted", "enum"), ({"type": "object", "required": ["a"], "additionalProperties": False}, "invalid_argument", "no text fits"),
    ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "invalid_argument", "no text fits"), ({"type": "string", "pattern": "("}, "invalid_argument", "pattern"),
    ({"type": "object", "properties": {str(i): {} for i in range(5000)}}, "resource_exhausted", "properties"), ({"type": "string", "pattern": "a", "maxLength": 3}, "unsupported", "pattern"),
    (deep(28) | {"minItems": 9000, "items": deep(25) | {"minItems": 9000}}, "resource_exhausted", "shortest"), ({"type": "object", "properties": []}, "invalid_argument", "properties"), ({"type": []}, "invalid_argument", "type"),
])
def test_absurd_schemas_are_refused_with_what_is_wrong(schema, code, words, answers):
    answer = answers([{"schema": schema, "walks": 1, "budget": 100}])[0]
    assert answer.get("error", {}).get("code") == code, answer
    assert words in answer["error"]["message"]


def test_a_budget_below_the_shortest_text_is_refused(answers):
    answer = answers([{"schema": SHOT, "span": SPAN, "walks": 1, "budget": 5}])[0]
    assert answer["error"]["code"] == "invalid_argument"
    assert "5 are left" in answer["error"]["message"]
