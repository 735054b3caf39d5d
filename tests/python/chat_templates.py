"""Templates in the manner of the families whose models ogam reads, small ones for each construct, and conversations."""

from __future__ import annotations

# ChatML with tools: Qwen 2.5 and its kin.
CHATML_TOOLS = r"""
{%- set default_system = 'You are helpful.' %}
{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- default_system }}
    {%- endif %}
    {{- "\n\n# Functions\n\nInside <tools></tools>:\n<tools>" }}
    {%- for tool in tools %}
        {{- "\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\n</tools>\nAnswer with {\"name\": <name>, \"arguments\": <object>}<|im_end|>\n" }}
{%- elif messages[0].role != 'system' %}
    {{- '<|im_start|>system\n' ~ default_system ~ '<|im_end|>\n' }}
{%- else %}
    {{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\n' + message.content }}
        {%- endif %}
        {%- for tool_call in message.tool_calls %}
            {%- if tool_call.function is defined %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '\n<tool_call>\n{"name": "' }}
            {{- tool_call.name }}
            {{- '", "arguments": ' }}
            {{- tool_call.arguments | tojson }}
            {{- '}\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\n' }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\n<tool_response>\n' }}
        {{- message.content }}
        {{- '\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"""

# The last question is looked for from the end; reasoning is split off: Qwen 3, EXAONE 4.
THINKING = r"""
{%- set ns = namespace(multi_step=true, last_query=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step = false %}
        {%- set ns.last_query = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if message.role == "assistant" %}
        {%- set reasoning = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning = message.reasoning_content %}
        {%- elif '</think>' in content %}
            {%- set reasoning = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query %}
            {%- if loop.last or (not loop.last and reasoning) %}
                {{- '[assistant]\n<think>\n' + reasoning.strip('\n') + '\n</think>\n\n' + content.lstrip('\n') }}
            {%- else %}
                {{- '[assistant]\n' + content }}
            {%- endif %}
        {%- else %}
            {{- '[assistant]\n' + content }}
        {%- endif %}
        {{- '[end]\n' }}
    {%- else %}
        {{- '[' ~ message.role ~ ']\n' ~ content ~ '[end]\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '[assistant]\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- endif %}
{%- endif %}
"""

# Headers, dates, tools within the first user message, JSON with indentation: Llama 3.
HEADERS = r"""
{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not tools_in_user_message is defined %}
    {%- set tools_in_user_message = true %}
{%- endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|header|>system<|/header|>\n\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\n\n" }}
{{- system_message }}
{{- "<|eot|>" }}
{%- if tools_in_user_message and not tools is none %}
    {%- if messages | length != 0 %}
        {%- set first_user_message = messages[0]['content']|trim %}
        {%- set messages = messages[1:] %}
    {%- else %}
        {{- raise_exception("No place for the tools without a user message!") }}
    {%- endif %}
    {{- '<|header|>user<|/header|>\n\n' -}}
    {{- "Functions:\n\n" }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\n\n" }}
    {%- endfor %}
    {{- first_user_message + "<|eot|>"}}
{%- endif %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|header|>' + message['role'] + '<|/header|>\n\n'+ message['content'] | trim + '<|eot|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("One tool call at a time, please!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '<|header|>assistant<|/header|>\n\n' -}}
        {{- '{"name": "' + tool_call.name + '", ' }}
        {{- '"parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}" }}
        {{- "<|eot|>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|header|>ipython<|/header|>\n\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|header|>assistant<|/header|>\n\n' }}
{%- endif %}
"""

# Turns that must alternate, content in parts, a system message before the first turn: Gemma 3.
TURNS = r"""{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set prefix = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set prefix = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set turns = messages[1:] -%}
{%- else -%}
    {%- set prefix = "" -%}
    {%- set turns = messages -%}
{%- endif -%}
{%- for message in turns -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<turn>' + role + '
' + (prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '</turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<turn>model
'}}
{%- endif -%}
"""

# Macros that call themselves over the schemas of functions: the newer Gemma and gpt-oss.
MACROS = r"""
{%- macro kind(spec, depth=0) -%}
    {%- if spec.type == 'object' -%}
        {
        {%- for name, inner in spec.properties | dictsort -%}
            {{ name }}{{ '' if name in spec.required | default([]) else '?' }}: {{ kind(inner, depth + 1) }}{% if not loop.last %}, {% endif %}
        {%- endfor -%}
        }
    {%- elif spec.type == 'array' -%}
        {{ kind(spec['items'], depth=depth + 1) }}[]
    {%- elif spec.enum -%}
        {{ spec.enum | map('tojson') | join(' | ') }}
    {%- else -%}
        {{ spec.type | upper }}@{{ depth }}
    {%- endif -%}
{%- endmacro -%}
{%- macro block(title) -%}
== {{ title | title }} ==
{{ caller(title | length) }}
{%- endmacro -%}
{%- if tools -%}
{%- call(size) block('the functions') -%}
{{ size }} letters
{%- for tool in tools %}
// {{ tool.function.description | default('no words', true) }}
type {{ tool.function.name }} = {{ kind(tool.function.parameters) }};
{%- endfor %}
{% endcall -%}
{%- endif -%}
{%- for message in messages if message.role != 'system' %}
{{ loop.index }}/{{ loop.length }} {{ message.role[0] | upper }}: {{ message.content if message.content is string else message.content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join('|') }}
{%- else %}
nobody
{%- endfor %}
{% generation %}{{ '>>' if add_generation_prompt }}{% endgeneration %}
"""

# [INST] pairs, checks of the order, tools with the last question: Mistral.
INST = r"""
{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or message.role == "tool_results" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("user and assistant must take turns, " ~ message["role"] ~ " does not") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}
                        {{- ", " }}
                    {%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" }}{%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\n\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length != 9 %}
                {{- raise_exception("Tool call IDs have 9 characters!") }}
            {%- endif %}
            {{- ', "id": "' + tool_call.id + '"}' }}
            {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" + eos_token }}{%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token }}
    {%- elif message["role"] == "tool" %}
        {%- set content = message.content.content if message.content is mapping and message.content.content is defined else message.content %}
        {{- '[TOOL_RESULTS] {"content": ' + content|string + "}[/TOOL_RESULTS]" }}
    {%- else %}
        {{- raise_exception("Unknown role " + message["role"]) }}
    {%- endif %}
{%- endfor %}
"""

# Everything in one line, flags in a namespace: DeepSeek.
ONE_LINE = (
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
    "{% set ns = namespace(is_first=false, is_tool=false, system_prompt='', is_first_sp=true) %}"
    "{%- for message in messages %}{%- if message['role'] == 'system' %}{%- if ns.is_first_sp %}"
    "{% set ns.system_prompt = ns.system_prompt + message['content'] %}{% set ns.is_first_sp = false %}"
    "{%- else %}{% set ns.system_prompt = ns.system_prompt + '\\n\\n' + message['content'] %}{%- endif %}{%- endif %}{%- endfor %}"
    "{{ bos_token }}{{ ns.system_prompt }}{%- for message in messages %}{% set content = message['content'] %}"
    "{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{'<|User|>' + content + '<|Assistant|>'}}{%- endif %}"
    "{%- if message['role'] == 'assistant' %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{% endif %}"
    "{%- if message['role'] == 'assistant' and message['tool_calls'] is defined and message['tool_calls'] is not none %}"
    "{%- set ns.is_tool = false -%}{%- for tool in message['tool_calls'] %}{%- if not loop.first %}{{'\\n'}}{%- endif %}"
    "{{'<|call|>' + tool['type'] + '<|sep|>' + tool['function']['name'] + '\\n```json\\n' + tool['function']['arguments'] | string + '\\n```<|/call|>'}}{%- endfor %}"
    "{{'<|end|>'}}{%- elif message['role'] == 'assistant' %}{%- if ns.is_tool %}{{'<|/outputs|>' + content + '<|end|>'}}{%- set ns.is_tool = false -%}"
    "{%- else %}{{content + '<|end|>'}}{%- endif %}{%- endif %}"
    "{%- if message['role'] == 'tool' %}{%- set ns.is_tool = true -%}{{'\\n<|output|>' ~ message['content'] ~ '<|/output|>'}}{%- endif %}{%- endfor -%}"
    "{% if ns.is_tool %}{{'<|/outputs|>'}}{% endif %}{% if add_generation_prompt and not ns.is_tool %}{{'<think>\\n'}}{% endif %}"
)

# Lists of tools in one message, Korean text, documents: HyperCLOVA X and Solar.
SECTIONS = r"""
{%- set img = namespace(count=0) %}
{%- if tools is not defined or tools is none or not tools %}{{ '<|list|>\n<|end|>\n' }}{% else %}{{ '<|list|>\n' ~ (tools | tojson(ensure_ascii=False, indent=None)) ~ '<|end|>\n' }}{% endif %}
{%- for doc in documents or [] %}
[문서 {{ loop.index }}] {{ doc.title | default('제목 없음') }}: {{ doc.text | replace('\n', ' ') }}
{% endfor %}
{%- set roles = {'user': '사용자', 'assistant': '도우미', 'system': '체계', 'tool': '도구'} %}
{%- for m in messages %}
    {%- set who = roles.get(m.role, m.role) %}
    {%- if m.content is not string and m.content is sequence %}
        {%- for part in m.content %}
            {%- if part.type == 'image' %}{% set img.count = img.count + 1 %}{{ '<그림 ' ~ img.count ~ '>' }}{% else %}{{ part.text }}{% endif %}
        {%- endfor %}
    {%- else %}
        {{- who }}: {{ (m.content or '') | trim }}
    {%- endif %}
    {%- if m.tool_calls %}{% for call in m.tool_calls %}{{ '\n-> ' ~ call.function.name ~ '(' ~ (call.function.arguments.items() | map('join', '=') | join(', ')) ~ ')' }}{% endfor %}{% endif %}
    {{- '\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ roles.assistant }}:{% endif %}
"""

FAMILIES = {"chatml_tools": CHATML_TOOLS, "thinking": THINKING, "headers": HEADERS, "turns": TURNS, "macros": MACROS,
            "inst": INST, "one_line": ONE_LINE, "sections": SECTIONS}

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "날씨를 알려 준다 <현재>", "parameters": {
        "type": "object", "required": ["city"], "properties": {
            "city": {"type": "string", "description": "도시 이름, \"서울\" 등"}, "unit": {"type": "string", "enum": ["°C", "°F"]},
            "days": {"type": "array", "items": {"type": "object", "properties": {"on": {"type": "integer"}}}}}}}}
CLOCK = {"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}, "required": []}}}


def user(content):
    return {"role": "user", "content": content}


def assistant(content, **more):
    return {"role": "assistant", "content": content, **more}


CALL = {"id": "abcdefghi", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "서울", "n": 3, "x": 1.5, "ok": True, "no": None}}}
CONVERSATIONS = {
    "question": [user("Hello there!")],
    "korean": [{"role": "system", "content": "  당신은 친절합니다.\n"}, user("안녕하세요 👋🏽 \"따옴표\" & <태그>")],
    "turns": [user("one"), assistant(" two \n"), user("three\n\n"), assistant("네"), user("👨‍👩‍👧 five")],
    "thoughts": [user("2+2?"), assistant("<think>\nadd\n</think>\n\n4"), user("3+3?"), assistant("6", reasoning_content="\nadd again\n")],
    "thoughts_elsewhere": [user("a"), assistant("b", thinking="hm", extra=None), user("c"), assistant("d", reasoning="so")],
    "tool_calls": [user("Weather?"), assistant(None, tool_calls=[CALL]), {"role": "tool", "content": "맑음 21°C", "name": "get_weather"},
                   assistant("It is sunny."), user("Thanks")],
    "two_results": [user("Both?"), assistant("", tool_calls=[CALL, CALL]), {"role": "tool", "content": "a"}, {"role": "tool", "content": {"content": [1, "b"]}}],
    "parts": [user([{"type": "image"}, {"type": "text", "text": " What is this? "}, {"type": "image"}])],
    "system_only": [{"role": "system", "content": "x"}],
    "out_of_order": [assistant("first"), user("second"), user("third")],
    "strange": [{"role": "narrator", "content": "\ttab \u00a0 'quote' \\ back\u2028line"}, user("")],
}

# One construct each, with the conversation "tool_calls" and both functions.
CONSTRUCTS = r"""
{{ 1 }}{{ 1.0 }} {{ 1e3 }} {{ 12_000 }} {{ 1.5e-7 }} {{ 1e16 }} {{ 123456789.125 }} {{ 0.1 + 0.2 }}
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ -2 ** 2 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }}
{{ true }} {{ false }} {{ none }} {{ True and None }} {{ 0 or 'x' }} {{ not 1 }} {{ true + 1 }}
{{ 'a' ~ 1 ~ none ~ [1, 'b'] ~ missing }}
{{ [1, 'it\'s', "q\"q", none, true, 1.5, {'k': (1,)}, (1, 2), ()] }}
{{ {'a': {'b': ['한글', '\n', '\\']}} }}
{{ "tab\tnew\nline \x41 \u00e9 \101 \d" }}
{{ 'a' 'b' "c" }}
{{ [1, 2, 3][1:] }}{{ [1, 2, 3][::-1] }}{{ 'héllo'[1:4] }}{{ 'héllo'[-1] }}{{ '가나다'[::2] }}{{ [1,2,3][5:] }}{{ 'abc'[10] }}{{ [1,2,3][-2:-1] }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' in 'abc' }} {{ 'x' not in ['x'] }} {{ 1 in {'a': 1} }} {{ 'a' in {'a': 1} }} {{ [1] == [1] }} {{ (1,) == [1] }} {{ 1 == 1.0 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 1 == true }} {{ 2 >= 2 }}
{{ 'yes' if messages else 'no' }}{{ 'x' if false }}
{{ missing }}|{{ (missing is defined) and missing.foo }}|{{ messages[99] }}|{{ messages[0].nothing }}
{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {{ loop.previtem.role if not loop.first }}<{{ loop.nextitem.role if not loop.last }} {{ loop.cycle('a', 'b') }}{{ loop.depth }}{{ loop.changed(m.role) }}
{% endfor %}
{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}{% for x in [] %}x{% else %}empty{% endfor %}{% for x in missing %}x{% else %}none{% endfor %}
{% for x in range(10) if x % 2 %}{{ loop.index }}:{{ x }} {% if x > 6 %}{% break %}{% endif %}{% endfor %}{% for x in range(5) %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}
{% for x in [[1, [2, 3]]] %}{% for a, (b, c) in [x] %}{{ a + b + c }}{% endfor %}{% endfor %}
{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 9 %}{% endif %}{{ x }}
{% set a, b = 1, 'z' %}{{ a }}{{ b }}{% set ns = namespace(n=0, t='') %}{% for c in 'abc' %}{% set ns.n = ns.n + 1 %}{% set ns.t = c ~ ns.t %}{% endfor %}{{ ns.n }}{{ ns.t }}{{ ns.nothing }}
{% set t %}  block {{ 1 + 1 }} {% set inner = 3 %}{% endset %}[{{ t }}]{{ inner }}{% set u | upper | trim %} up {% endset %}[{{ u }}]
{% macro m(a, b=2, c=a) %}{{ a }}-{{ b }}-{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, c=5) }} {{ m() }} {{ m(b=1, a='x') }}
{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, k=4) }}
{% macro m(x) %}<{{ caller(x) if caller else 'no caller' }}>{% endmacro %}{% call(y) m(3) %}{{ y }}!{% endcall %}{{ m(1) }}
{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(5) }}{% set late = 'then' %}{% macro g() %}{{ late }}{% endmacro %}{% set late = 'now' %}{{ g() }}
{% filter upper %}shout {{ 'it' }}{% endfilter %}{% filter replace('a', 'b') | trim %}  banana {% endfilter %}
{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}
{% raw %}{{ not }} {% tags %}{% endraw %} {# comment {{ x }} #}after
  {% if true %}
    indented
  {% endif %}
tail
a  {%- if true -%}   b   {%- endif -%}  c {{- ' d ' -}} e  {#- gone -#}  f
a
   {%+ if true %}kept{% endif +%}

b
{{ '  x y  '.strip() }}|{{ '  x'.lstrip() }}|{{ 'x  '.rstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'abc'.upper().lower().title() }}|{{ 'a b'.capitalize() }}
{{ 'a,b,,c'.split(',') }}{{ ' a  b '.split() }}{{ 'a,b,c'.split(',', 1) }}{{ 'a,b,c'.rsplit(',', 1) }}{{ 'a b c'.rsplit(none, 1) }}{{ 'a\nb\r\nc'.splitlines() }}{{ 'a-b-c'.partition('-') }}{{ 'abc'.rpartition('x') }}
{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith(('x', 'c')) }}{{ 'banana'.replace('a', 'o', 2) }}{{ 'abc'.replace('', '-') }}{{ 'banana'.count('an') }}{{ 'banana'.find('n') }}{{ '가나다'.find('다') }}{{ 'banana'.rfind('n') }}{{ 'abc'.find('z') }}{{ 'x'.join(['a', 'b']) }}
{{ 'Abc'.isalpha() }}{{ '12'.isdigit() }}{{ 'a1'.isalnum() }}{{ ' '.isspace() }}{{ 'ab'.islower() }}{{ 'AB'.isupper() }}{{ 'A Title'.istitle() }}{{ 'unhappy'.removeprefix('un') }}{{ 'ab'.removesuffix('b') }}
{{ '{} and {} {{}}'.format(1, 'b') }}{{ '{0}{1}{0} {k}'.format('a', 'b', k=3) }}{{ '%s=%05.2f|%-5s|%5d|%x' % ('a', 3.14159, 'l', 42, 255) }}{{ '%(a)s' % {'a': 1} }}{{ '%s %s' | format('x', 2) }}
{{ {'a': 1}.get('a') }}{{ {'a': 1}.get('b') }}{{ {'a': 1}.get('b', 'c') }}{{ {'a': 1, 'b': 2}.keys() | list }}{{ {'a': 1}.values() | list }}{{ {'a': 1}.items() | list }}{{ {'a': 1}.items() }}{{ {'items': 5}['items'] }}{{ dict(a=1, b=[2]) }}{{ dict([('x', 1)]) }}
{{ tools | tojson }}{{ tools | tojson(indent=2) }}{{ 'é<&>\'"\u001f\x7f' | tojson }}{{ 'é😀\x7f' | tojson(ensure_ascii=true) }}{{ {'b': 1, 'a': [1.0, none, true, []], 'c': {}} | tojson(sort_keys=true, indent=1) }}{{ [1, {'a': 2}] | tojson(separators=(',', ':')) }}
{{ ' x ' | trim }}|{{ 'xax' | trim('x') }}|{{ [3, 1, 2] | sort }}{{ ['b', 'A', 'c'] | sort }}{{ ['b', 'A'] | sort(case_sensitive=true) }}{{ [3, 1] | sort(reverse=true) }}{{ messages | sort(attribute='role') | map(attribute='role') | list }}
{{ [1, 2] | length }}{{ 'héé' | count }}{{ missing | length }}{{ [1, 2] | first }}{{ [1, 2] | last }}{{ [] | first }}{{ 'abc' | first }}{{ ['a', 1, none] | join('-') }}{{ messages | join(',', attribute='role') }}{{ 'abc' | list }}{{ 'abc' | reverse }}{{ [1, 2] | reverse | list }}
{{ missing | default('d') }}{{ '' | default('d') }}{{ '' | default('d', true) }}{{ none | default('d') }}{{ none | d('e', boolean=true) }}{{ 'A' | lower }}{{ 'a' | upper }}{{ 'hello wOrld-foo (bar' | title }}{{ 'HELLO' | capitalize }}
{{ ['a', 'b'] | map('upper') | list }}{{ [1, 2, 3] | select('odd') | list }}{{ [1, 2, 3] | reject('gt', 1) | list }}{{ messages | selectattr('role', 'eq', 'user') | map(attribute='content') | list }}{{ messages | rejectattr('tool_calls') | list | length }}{{ messages | selectattr('tool_calls', 'defined') | list | length }}{{ [0, 1, ''] | select | list }}{{ messages | map(attribute='nothing', default='-') | join }}
{{ [1, 2, 1, 'a', 'A'] | unique | list }}{{ {'b': 1, 'A': 2} | dictsort }}{{ {'b': 1, 'A': 2} | dictsort(true) }}{{ {'b': 1, 'a': 2} | dictsort(by='value', reverse=true) }}{{ {'a': 1} | items | list }}{{ [1, 2, 3] | sum }}{{ [1, 2, 3] | max }}{{ ['b', 'A'] | min }}{{ [1, 2, 3, 4, 5] | batch(2) | list }}{{ [1] | batch(2, 'x') | list }}
{{ '42' | int }}{{ '4.7' | int }}{{ 'x' | int(9) }}{{ 3.9 | int }}{{ ' 7 ' | int }}{{ '1.5' | float }}{{ 'x' | float }}{{ 7 | string }}{{ 2.5 | round }}{{ 3.14159 | round(2) }}{{ 2.1 | round(method='ceil') }}{{ -3 | abs }}{{ 'two words here' | wordcount }}{{ 'ff' | int(base=16) }}{{ true | int }}
{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(width='> ', blank=true) }}|{{ 'mid' | center(9) }}|{{ '<a href="x">' | escape }}{{ '<b>' | safe }}
{{ 1 is defined }}{{ x is undefined }}{{ none is none }}{{ 'a' is string }}{{ 1 is number }}{{ true is number }}{{ 1 is integer }}{{ true is integer }}{{ 1.0 is float }}{{ {} is mapping }}{{ [] is sequence }}{{ 'a' is sequence }}{{ {} is sequence }}{{ [] is iterable }}{{ 1 is iterable }}{{ missing is iterable }}{{ true is boolean }}{{ true is true }}{{ 1 is true }}{{ false is false }}{{ 3 is odd }}{{ 4 is even }}{{ 9 is divisibleby 3 }}{{ 1 is eq 1 }}{{ 1 is ne(2) }}{{ 2 is gt 1 }}{{ 'a' is in ['a'] }}{{ 'a' is lower }}{{ 'A' is upper }}{{ 1 is not string }}{{ none is sameas none }}{{ range is callable }}{{ missing is not defined }}{{ 'upper' is filter }}
{{ range(3) | list }}{{ range(2, 10, 3) | list }}{{ range(3, 0, -1) | list }}{{ range(4) }}{{ range(1, 9, 2) }}{{ range(0) | list }}{{ range(5)[2] }}
{{ strftime_now('%Y-%m-%d %H:%M:%S %A %B %j') }}
{{ messages[0]['content'] }}{{ messages[0].content }}{{ messages.0.role }}{{ messages[-1]['role'] }}{{ messages[1].tool_calls[0].function.arguments.city }}{{ messages[1]['tool_calls'][0]['function'] | tojson }}
{{ messages | length > 3 and messages[0].role == 'user' }}{{ (1, 2) + (3,) }}{{ [1] + [2] }}{{ 'ab' * 2 }}{{ [0] * 3 }}{{ 3 * 'x' }}{{ 1, 2 }}{{ +3 }}{{ --3 }}
{{ 'Straße'.upper() }}{{ 'ÀÉ' | lower }}{{ 'ﬁx' | upper }}{{ 'ǆ' | capitalize }}{{ '한글' | upper }}{{ 'İ' | lower | length }}
{{ {1: 'a', none: 'b', true: 'c', 1.5: 'd'} }}{{ {1: 'a', none: 'b', 2.5: 'd'} | tojson }}{{ {'a': 1}.a }}{{ {'a': 1, 'a': 2} }}
{% if messages is defined and messages[0] is mapping and messages[0].content is string %}yes{% elif true %}maybe{% else %}no{% endif %}
{%- set x = messages | map(attribute='role') | list -%}{{ x.index('tool') }}{{ x.count('user') }}{{ 'user' in x }}{{ x == ['user', 'assistant', 'tool', 'assistant', 'user'] }}
{% generation %}inside {{ messages[0].role }}{% endgeneration %}
{% set f = messages[0].content.upper %}{{ f() }}{{ messages[0].get('role') }}{{ (messages | first).role }}{{ messages[0].content.split('e')[0].strip() | trim | upper ~ '!' }}
{{ 'a' if 1 else 'b' if 2 else 'c' }}{{ ('x' if false else 'y') ~ 'z' }}{{ 1 if 0 }}{{ not true or true }}{{ not (true or true) }}{{ 1 + 2 * 3 - 4 }}{{ (1 + 2) * 3 }}{{ 'a' ~ (1 + 2) }}{{ 10 - 2 - 3 }}{{ 2 ** 3 ** 2 }}
{{ missing ~ 'x' }}{{ missing == missing }}{{ missing == none }}{{ missing | string | length }}{{ missing or 'z' }}{{ missing | list }}{{ 'x' in missing }}{{ missing | join(',') }}{{ missing != 1 }}
""".strip("\n")


def constructs() -> list[str]:
    """The templates above: one a line, but for those that take several lines."""
    several = ["  {% if true %}\n    indented\n  {% endif %}\ntail", "a\n   {%+ if true %}kept{% endif +%}\n\nb",
               "{% for m in messages %}{{ loop.index }}", "line one\n", "line one\n\n", "\n\nx\r\ny\rz", "{% if true %}\r\nx{% endif %}\r\n",
               "x {% if true %}\ny\n{% endif %}\nz{# c #}\nw", "\t {%- if 1 %} \n a {% endif -%} \n b", "{{ 1 }}\n{{ 2 }}", "   {# c #}  \n x"]
    text = CONSTRUCTS.replace(several[0] + "\n", "").replace(several[1] + "\n", "")
    lines = text.replace("{{ loop.changed(m.role) }}\n{% endfor %}", "{{ loop.changed(m.role) }}{% endfor %}").split("\n")
    return lines + [template for template in several if "loop.index" not in template]


# What Python refuses too.
REFUSED = [
    "{{ missing.foo }}", "{{ missing + 1 }}", "{{ missing() }}", "{{ 1 + 'a' }}", "{{ none + 'a' }}", "{{ 'a' + 1 }}", "{{ 1 / 0 }}", "{{ 1 // 0 }}", "{{ 5 % 0 }}",
    "{{ [1] + (2,) }}", "{{ 1 < 'a' }}", "{{ [3, 'a'] | sort }}", "{{ 1 in 'abc' }}", "{{ 1 in 5 }}", "{{ none | length }}", "{{ 5 | list }}", "{{ none | join }}",
    "{% for x in 5 %}{% endfor %}", "{% for a, b in [1] %}{% endfor %}", "{% for a, b in [[1, 2, 3]] %}{% endfor %}", "{{ missing | tojson }}", "{{ range | tojson }}",
    "{{ raise_exception('stop here') }}", "{{ {} | first.x }}", "{{ {[1]: 2} }}", "{{ 'a'.split('') }}", "{{ 'a'.index('b') }}", "{{ -'a' }}", "{{ messages.append(1) }}",
    "{{ messages[0].update({'a': 1}) }}", "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(b=1) }}", "{{ 'x'.join([1]) }}", "{{ range(1, 2, 0) }}",
    "{{ '%d' % 'x' }}", "{{ '%s %s' % 'x' }}", "{{ '%s' % (1, 2) }}", "{{ '{} {}'.format(1) }}", "{{ messages[0].__class__.__name__.x }}", "{% set messages.x = 1 %}", "{{ range(1000000) }}",
    "{{ 1", "{% if %}{% endif %}", "{% if 1 %}", "{% endif %}", "{{ }}", "{{ 'a }}", "{% for %}{% endfor %}", "{{ a b }}", "{{ (1 }}", "{{ 1) }}", "{{ [1, }}", "{# open", "{% raw %}x",
    "{% set 1 = 2 %}", "{{ a.1b }}", "{% macro %}{% endmacro %}", "{% break %}", "{{ 1 is }}", "{{ x | }}", "{% else %}", "{{ $ }}", "{% for x in y %}{% endif %}", "{{ a is b is c }}",
    "{{ f(a=1, 2) }}", "{% macro m(a=1, b) %}{% endmacro %}", "{% set loop = 1 %}{% for x in [1] %}{% set loop = 2 %}{% endfor %}", "{{ 'a' | nosuchfilter }}", "{{ 1 is nosuchtest }}",
    "{% nosuchtag %}",
]
