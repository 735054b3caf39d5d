"""Chat templates against transformers, which renders them with jinja2."""

from __future__ import annotations

import datetime
import json
import subprocess

import pytest
from conftest import BUILD
from transformers.utils import chat_template_utils

from chat_templates import CLOCK, CONSTRUCTS, CONVERSATIONS, FAMILIES, REFUSED, WEATHER, constructs

NOW = 1_700_000_000
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}


class FixedClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOW, tz)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(chat_template_utils, "datetime", FixedClock)


def reference(request: dict) -> str | None:
    """What transformers gives; None where it refuses."""
    messages = [{key: value for key, value in message.items() if value is not None} for message in request["messages"]]
    more = dict(request.get("variables", {}))
    if "enable_thinking" in request:
        more["enable_thinking"] = request["enable_thinking"]
    try:
        return chat_template_utils.render_jinja_template(
            [messages], tools=request.get("tools"), documents=request.get("documents"), chat_template=request["template"],
            add_generation_prompt=request.get("add_generation_prompt", False), **more)[0][0]
    except Exception:
        return None


def rendered(requests: list[dict]) -> list[dict]:
    tool = BUILD / "tests/tools/render_chat"
    assert tool.is_file(), f"{tool} is missing; build it: cmake --build --preset release --target render_chat"
    lines = "".join(json.dumps({"now": NOW, **request}) + "\n" for request in requests)
    done = subprocess.run([tool], input=lines.encode(), capture_output=True, timeout=600)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]


def assert_equal_to_reference(requests: list[dict]):
    for request, answer in zip(requests, rendered(requests), strict=True):
        wanted = reference(request)
        if wanted is None:
            assert answer.get("error", {}).get("code") in {"invalid_argument", "corrupt_data", "unsupported", "resource_exhausted"}, (request, answer)
            assert "line" in answer["error"]["message"], answer
        else:
            assert answer == {"text": wanted}, request["template"]


@pytest.mark.parametrize("family", FAMILIES)
def test_families_of_templates_equal_transformers(family):
    requests = []
    for messages in CONVERSATIONS.values():
        for tools in (None, [WEATHER], [WEATHER, CLOCK]):
            for thinking in ({}, {"enable_thinking": False}, {"enable_thinking": True}):
                for prompt in (False, True):
                    requests.append({"template": FAMILIES[family], "messages": messages, "tools": tools, "add_generation_prompt": prompt, "variables": SPECIAL, **thinking})
    with_documents = [{**request, "documents": [{"title": "제목", "text": "a\nb"}, {"text": "c"}]} for request in requests[:12]]
    assert sum(reference(request) is not None for request in requests) > len(requests) // 3
    assert_equal_to_reference(requests + with_documents)


@pytest.mark.parametrize("template", constructs())
def test_a_construct_equals_transformers(template):
    request = {"template": template, "messages": CONVERSATIONS["tool_calls"], "tools": [WEATHER, CLOCK], "variables": SPECIAL}
    assert reference(request) is not None
    assert_equal_to_reference([request])


def test_constructs_behind_each_other_equal_transformers():
    assert_equal_to_reference([{"template": CONSTRUCTS, "messages": CONVERSATIONS["tool_calls"], "tools": [CLOCK]}])


@pytest.mark.parametrize("template", REFUSED)
def test_what_transformers_refuses_is_refused_with_its_line(template):
    request = {"template": "first line\n" + template, "messages": CONVERSATIONS["question"]}
    assert reference(request) is None
    assert_equal_to_reference([request])


@pytest.mark.parametrize(("template", "word"), [
    ("{% include 'x' %}", "include"), ("{% extends 'x' %}", "extends"), ("{% block b %}{% endblock %}", "block"), ("{% import 'x' as y %}", "import"),
    ("{{ 'a' | urlize }}", "urlize"), ("{{ [1] | groupby('x') }}", "groupby"), ("{{ 'a'.casefold() }}", "casefold"), ("{{ cycler(1) }}", "cycler"),
    ("{% for x in [1] recursive %}{% endfor %}", "recursive"), ("{{ 99999999999999999999 }}", "99999999999999999999"), ("{{ [1] | map('upper') }}", "generator"),
    ("{{ strftime_now('%f') }}", "%f"), ("{{ '{:>5}'.format(1) }}", ":>5"), ("{{ 9223372036854775807 + 1 }}", "64 bits"), ("{{ '<' | safe + 'a' }}", "safe"),
])
def test_what_is_not_implemented_is_named_with_its_line(template, word):
    answer = rendered([{"template": "x\n\n" + template, "messages": CONVERSATIONS["question"]}])[0]
    assert answer["error"]["code"] == "unsupported", answer
    assert word in answer["error"]["message"]
    assert "line 3" in answer["error"]["message"]


@pytest.mark.parametrize("template", [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(99999) %}{{ 'x' * 9999 }}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for a in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[]) %}{% for a in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for a in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1], y=[1]) %}{% for a in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro a(f) %}{{ f(f) }}{% endmacro %}{{ a(a) }}",
    "{{ 'a' * 99999999999 }}", "{{ '%99999999d' % 1 }}", "{{ 'x' | center(99999999) }}", "{{ 'a' | indent(99999999) }}", "{{ [0] * 9999999999 }}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "{{ " + "1+" * 5000 + "1 }}", "{{ " + "not " * 5000 + "1 }}", "{{ x" + ".a" * 5000 + " }}", "{{ " + "-" * 5000 + "1 }}",
    "{% if 1 %}" * 5000 + "{% endif %}" * 5000, "{{ " + "[" * 5000 + "]" * 5000 + " }}", "{{ 1" + "|string" * 5000 + " }}", "{{ 1 if " * 3000 + "1" + " }}",
])
def test_templates_without_end_are_stopped(template):
    answer = rendered([{"template": template, "messages": CONVERSATIONS["question"]}])[0]
    assert "error" in answer and answer["error"]["code"] in {"resource_exhausted", "invalid_argument", "corrupt_data"}, str(answer)[:500]
    assert len(answer["error"]["message"]) < 1000


@pytest.mark.parametrize("request_", [
    {"messages": []}, {"messages": ["x"]}, {"messages": [1]}, {"messages": {"a": 1}}, {"messages": [{"role": "user"}], "tools": {"a": 1}},
    {"messages": [{"role": "user"}], "variables": {"messages": 1}},
])
def test_what_is_no_conversation_is_refused(request_):
    answer = rendered([{"template": "{{ messages[0].role }}", **request_}])[0]
    assert answer["error"]["code"] == "invalid_argument"
