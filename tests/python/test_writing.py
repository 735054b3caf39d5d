"""Language models that write: the command's contract with tiny random models, and what the pack writer-small makes of real texts."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import jsonschema
import pytest
from conftest import HOME, ROOT, Ogam
from gguf_files import QWEN2, add_byte_level_tokenizer, byte_level_tokenizer, tiny_model, write_model
from tokenizer_parts import WRITTEN

# Qwen's way of writing conversations, and a model of chance that would write anything.
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"


def write_tiny_writer(folder: Path, template: str | None = TEMPLATE, **changes) -> Path:
    # Without endless words, which would become tokens longer than a grammar takes.
    words = [text for text in WRITTEN if len(text) < 200]
    tokenizer = byte_level_tokenizer(QWEN2, composes=True, ignore_merges=False, texts=words)
    special = {"bos": tokenizer.token_to_id("<|begin|>"), "eos": tokenizer.token_to_id("<|im_end|>")}
    sizes = {"vocab_size": tokenizer.get_vocab_size(), "max_position_embeddings": 8192, "tie_word_embeddings": False}

    def keys(writer):
        add_byte_level_tokenizer(writer, tokenizer.to_str(), "qwen2", special)
        if template is not None:
            writer.add_chat_template(template)

    folder.mkdir()
    write_model(folder, tiny_model("qwen2", **(sizes | changes)), keys=keys)
    return folder / "model.gguf"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return write_tiny_writer(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """A model without a chat template, in Hugging Face's own layout."""
    return ROOT / "tests/golden/gemma3_text_tiny"


@pytest.fixture(scope="module")
def texts(ogam: Ogam, tmp_path_factory) -> tuple[Path, Path]:
    """An archive of two short texts and a talk with subtitles, and the folder with them."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "library.txt").write_text(
        "The library opens at nine in the morning. On Sundays it stays closed.\n\nMembers may borrow 12 books for three weeks. "
        "Late books cost 20 cents a day.\n\nThe reading room on the second floor seats 85 people.\n")
    (folder / "김치찌개.txt").write_text(
        "김치찌개를 끓입니다. 먼저 돼지고기를 볶습니다.\n\n김치 300그램을 넣고 10분 더 볶습니다.\n\n물을 붓고 20분 동안 끓인 다음 두부를 넣습니다.\n")
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "40", folder / "harbour.wav"], check=True)
    lines = ["Welcome to the harbour of Busan.", "The ferry to Jeju leaves at seven in the evening.", "A ticket costs 45,000 won.",
             "Dogs travel on the lower deck.", "Thank you for listening."]
    (folder / "harbour.srt").write_text("".join(
        f"{i + 1}\n00:00:{7 * i + 1:02},000 --> 00:00:{7 * i + 6:02},500\n{line}\n\n" for i, line in enumerate(lines)))
    archive = folder / "archive"
    reports = ogam.lines("index", folder / "library.txt", folder / "김치찌개.txt", folder / "harbour.wav", "--archive", archive)
    assert {report["status"] for report in reports} == {"indexed"}
    return archive, folder


def call(ogam: Ogam, *words: object, **options) -> dict:
    documents = ogam.lines(*words, **options)
    assert len(documents) == 1
    return documents[0]


# Texts


def test_a_text_tells_of_itself(ogam, tiny):
    document = call(ogam, "generate", "text", "Hello", "--writer", tiny, "--max-tokens", 20)
    assert document["model"] == str(tiny)
    assert document["licence"] == "unknown"
    assert document["tokens"] <= 20
    assert document["finish"] in ("end", "length")
    assert document["prompt_tokens"] > 5 and document["reused_tokens"] == 0
    printed = ogam.run("generate", "text", "Hello", "--writer", tiny, "--max-tokens", 20)
    assert printed.returncode == 0
    assert printed.stdout.decode() == document["text"] + ("" if document["text"].endswith("\n") else "\n")


def test_chance_is_in_the_seed_alone(ogam, tiny):
    def text(seed: int) -> str:
        return call(ogam, "generate", "text", "Hello", "--writer", tiny, "--max-tokens", 20, "--temperature", 1, "--seed", seed)["text"]

    assert text(1) == text(1)
    assert len({text(seed) for seed in range(4)}) > 1


def test_files_and_stdin_go_before_the_prompt(ogam, tiny, tmp_path):
    (tmp_path / "a.txt").write_text("One text.")
    words = ["generate", "text", "--writer", tiny, "--max-tokens", 8]
    together = call(ogam, *words, "One text.\n\nTwo.\n\nWhat is that?")
    assert call(ogam, *words, "What is that?", "--file", tmp_path / "a.txt", "--file", "-", input=b"Two.") | {"seconds": 0} == together | {"seconds": 0}
    assert call(ogam, *words, "-", input="안녕".encode())["text"] == call(ogam, *words, "안녕")["text"]


def test_a_text_ends_before_a_stop_string(ogam, tiny):
    words = ["generate", "text", "Hello", "--writer", tiny, "--max-tokens", 30]
    whole = call(ogam, *words)["text"]
    middle = whole[len(whole) // 2]
    document = call(ogam, *words, "--stop", middle)
    assert document["finish"] == "stop"
    assert document["text"] == whole[: whole.index(middle)]


SCHEMA = {
    "type": "object", "required": ["title", "tags", "mood"],
    "properties": {"title": {"type": "string", "maxLength": 20}, "tags": {"type": "array", "items": {"type": "string", "maxLength": 8}, "maxItems": 3},
                   "mood": {"enum": ["밝음", "dark"]}, "people": {"type": "integer", "minimum": 0, "maximum": 12}},
}  # fmt: skip


def test_text_of_a_schema_always_parses(ogam, tiny, tmp_path):
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(SCHEMA))
    for seed in range(6):
        document = call(ogam, "generate", "text", "A shot", "--writer", tiny, "--schema", schema, "--temperature", 2, "--seed", seed, "--max-tokens", 60)
        jsonschema.validate(document["value"], SCHEMA)
        assert json.loads(document["text"]) == document["value"]


def test_text_of_a_pattern_matches_it(ogam, tiny):
    for seed in range(4):
        document = call(ogam, "generate", "text", "When?", "--writer", tiny, "--regex", r"(\d{1,2}시 )+[가-힣]{2,5}", "--temperature", 2, "--seed", seed, "--max-tokens", 40)
        assert re.fullmatch(r"(\d{1,2}시 )+[가-힣]{2,5}", document["text"]), document


def test_a_model_without_a_template_goes_on_from_a_text(ogam, plain):
    assert call(ogam, "generate", "text", "The sea", "--writer", plain, "--max-tokens", 5)["tokens"] <= 5
    for words in (["The sea", "--system", "Be brief"], ["--chat"]):
        done = ogam.run("generate", "text", *words, "--writer", plain, stdin=subprocess.DEVNULL)
        assert done.returncode == 3, done.stderr
        assert b"chat template" in done.stderr


# Conversations


def test_a_conversation_reads_on_from_where_it_was(ogam, tiny):
    done = ogam.run("generate", "text", "--chat", "--writer", tiny, "--max-tokens", 12, "--system", "Be brief.", "--json", input="안녕\n\nHow are you?\n".encode())
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["reused_tokens"] == 0
    assert second["reused_tokens"] >= first["prompt_tokens"] - 1
    assert second["prompt_tokens"] > first["prompt_tokens"]


def test_a_long_conversation_forgets_its_beginning(ogam, tmp_path):
    small = write_tiny_writer(tmp_path / "small", max_position_embeddings=160)
    turns = "".join(f"This is turn number {i} of many.\n" for i in range(8))
    done = ogam.run("generate", "text", "--chat", "--writer", small, "--max-tokens", 16, "--json", input=turns.encode())
    assert done.returncode == 0, done.stderr
    answers = list(map(json.loads, done.stdout.splitlines()))
    assert len(answers) == 8
    assert all(answer["prompt_tokens"] + 16 <= 160 for answer in answers)
    assert b"forgotten" in done.stderr
    refused = ogam.run("generate", "text", "--chat", "--writer", small, "--json", "--max-tokens", 16, input=b"hm " * 500 + b"\nHi\n")
    assert refused.returncode == 0, refused.stderr
    error, answer = map(json.loads, refused.stdout.splitlines())
    assert error["error"]["code"] == "invalid_argument"
    assert answer["tokens"] > 0


def test_ctrl_c_ends_an_answer_and_not_the_conversation(ogam, tiny, python_interrupts):
    # A pattern that takes a few thousand tokens: the answer would not end by itself for long.
    command = [ogam.program, "generate", "text", "--chat", "--writer", tiny, "--max-tokens", "8000", "--regex", "[a-z]{6000}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(b"Hello\n")
        process.stdin.flush()
        beginning = os.read(process.stdout.fileno(), 1)
        process.send_signal(signal.SIGINT)
        answer = beginning
        while not answer.endswith(b"\n"):
            answer += os.read(process.stdout.fileno(), 4096)
        assert re.fullmatch(rb"[a-z]+\n", answer) and len(answer) < 6001, len(answer)
        process.stdin.write(b"Again\n")
        process.stdin.flush()
        assert re.fullmatch(rb"[a-z]", os.read(process.stdout.fileno(), 1))
        process.send_signal(signal.SIGINT)
        process.stdin.close()
        process.stdout.read()
        assert process.wait(60) == 0, process.stderr.read()


# Grounded texts. A model of chance writes nothing that its sources support, so what is shown is how it is caught.


def check_citations(document: dict, folder: Path):
    """Every citation is in its source, and every sentence names citations that there are."""
    for citation in document["citations"]:
        path = folder / Path(citation["path"]).name
        assert path.is_file(), citation
        said = (path if path.suffix == ".txt" else path.with_suffix(".srt")).read_text()
        assert citation["text"] in said, citation
        assert 0 <= citation["start"] <= citation["end"] <= 40
    for sentence in document.get("sentences", []):
        assert sentence["citations"], sentence
        assert all(0 <= index < len(document["citations"]) for index in sentence["citations"]), document


QUESTIONS = ["When does the library open?", "How much is a ticket for the ferry?", "김치는 얼마나 넣나요?"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_of_chance_is_caught_and_what_was_found_is_quoted(ogam, tiny, texts, question):
    archive, folder = texts
    document = call(ogam, "ask", question, "--writer", tiny, "--archive", archive)
    assert document["found"] and document["method"] == "extractive", document
    check_citations(document, folder)
    quoted = call(ogam, "ask", question, "--writer", "none", "--archive", archive)
    assert document == quoted


def test_verbose_shows_the_budget_and_what_was_left_out(ogam, tiny, texts):
    done = ogam.run("ask", QUESTIONS[0], "--writer", tiny, "--archive", texts[0], "--verbose")
    assert done.returncode == 0
    assert re.search(r"read \d+ places \(\d+ tokens of a budget of \d+\)", done.stderr.decode()), done.stderr
    assert b"Left out, since " in done.stderr


def test_a_summary_of_chance_is_caught_too(ogam, tiny, texts):
    archive, folder = texts
    document = call(ogam, "summarize", folder / "library.txt", "--writer", tiny, "--archive", archive)
    assert document["method"] == "extractive"
    for words in (["--length", 100], ["--language", "xx"]):
        done = ogam.run("summarize", folder / "library.txt", "--writer", tiny, "--archive", archive, *words)
        assert (done.returncode, done.stdout) == (2, b""), done.stderr


def test_a_grounded_text_of_chance_says_that_there_is_nothing(ogam, tiny, texts):
    document = call(ogam, "generate", "text", "When does the library open?", "--writer", tiny, "--archive", texts[0])
    assert (document["text"], document["sentences"], document["citations"]) == ("Not in the archive.", [], [])
    assert document["dropped"] and all(sentence["why"] for sentence in document["dropped"])
    assert 0 < document["context"]["tokens"] <= document["context"]["budget"]
    assert document["context"]["sources"] > 0
    nothing = ogam.run("generate", "text", "양자역학 강의", "--writer", tiny, "--archive", texts[0])
    assert (nothing.returncode, nothing.stdout) == (0, b"Not in the archive.\n")


def test_titles_of_chance_are_caught_too(ogam, tiny, texts):
    archive, folder = texts
    document = call(ogam, "chapters", folder / "harbour.wav", "--writer", tiny, "--archive", archive)
    assert document == call(ogam, "chapters", folder / "harbour.wav", "--writer", "none", "--archive", archive)


def test_segments_are_described_as_a_schema_wants(ogam, tiny, texts, tmp_path):
    archive, folder = texts
    schema = {"type": "object", "required": ["start", "what"], "properties": {
        "start": {"type": "string", "format": "timestamp"}, "what": {"type": "string", "maxLength": 15}, "people": {"type": "integer", "minimum": 0, "maximum": 9}}}  # fmt: skip
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    document = call(ogam, "caption", folder / "harbour.wav", "--schema", tmp_path / "schema.json", "--writer", tiny, "--archive", archive)
    assert (document["method"], document["model"]) == ("written", str(tiny))
    described = [entry for entry in document["descriptions"] if entry["data"] is not None]
    assert described
    for entry in described:
        jsonschema.validate(entry["data"], schema)
        seconds = 0.0
        for part in entry["data"]["start"].split(":"):
            seconds = 60 * seconds + float(part)
        assert entry["start"] - 0.1 <= seconds <= entry["end"], entry
        if entry["data"].get("people") not in (None, 7, 45000):
            assert "/people" in entry["unsupported"], entry
    span = call(ogam, "caption", folder / "harbour.wav", "--schema", tmp_path / "schema.json", "--span", "8-20", "--writer", tiny, "--archive", archive)
    entry, = span["descriptions"]
    assert (entry["start"], entry["end"]) == (8, 20)


def test_subtitles_whose_numbers_change_in_translation_stay(ogam, tiny, texts):
    archive, folder = texts
    document = call(ogam, "caption", folder / "harbour.wav", "--translate", "ko", "--writer", tiny, "--archive", archive)
    assert (document["method"], document["model"], document["language"]) == ("written", str(tiny), "ko")
    assert len(document["utterances"]) == 5
    original = call(ogam, "caption", folder / "harbour.wav", "--archive", archive)["utterances"]
    for before, after in zip(original, document["utterances"], strict=True):
        assert (before["start"], before["end"]) == (after["start"], after["end"])
    kept = [after["text"] for before, after in zip(original, document["utterances"]) if before["text"] == after["text"]]
    assert len(kept) == document["untranslated"]
    assert "A ticket costs 45,000 won." in kept


# Which model


def test_without_a_language_model_the_way_to_one_is_named(ogam, starter_pack, texts, tmp_path):
    packs = tmp_path / "packs"
    packs.mkdir()
    (packs / "starter").symlink_to(starter_pack)
    bare = {"env": os.environ | {"OGAM_HOME": str(tmp_path)}}
    done = ogam.run("generate", "text", "Hello", **bare)
    assert done.returncode == 4 and b"scripts/setup.sh --packs writer" in done.stderr, done.stderr
    named = ogam.run("generate", "text", "Hello", "--writer", "writer-small", **bare)
    assert named.returncode == 4 and b"scripts/setup.sh --packs writer-small" in named.stderr, named.stderr
    archive, folder = texts
    assert call(ogam, "ask", QUESTIONS[0], "--archive", archive, **bare)["method"] == "extractive"
    for words in (["summarize", folder / "library.txt", "--style", "for children"], ["caption", folder / "harbour.wav", "--translate", "ko"]):
        done = ogam.run(*words, "--archive", archive, **bare)
        assert done.returncode == 4 and b"language model" in done.stderr, done.stderr


@pytest.mark.parametrize(("writer", "status", "words"), [
    ("nobody/no-such-model", 4, b"ogam models pull nobody/no-such-model"), ("./no-such-folder", 4, b"no-such-folder"), ("starter", 4, b"text-generation"),
    (str(ROOT / "tests/golden/siglip2_tiny"), 3, b"siglip"), (str(ROOT / "README.md"), 3, b"GGUF"),
])
def test_what_is_no_language_model_is_named(ogam, starter_pack, writer, status, words):
    done = ogam.run("generate", "text", "Hello", "--writer", writer)
    assert done.returncode == status, done.stderr
    assert words in done.stderr, done.stderr


def test_one_gguf_file_among_others_needs_a_folder_of_its_own(ogam, tiny, tmp_path):
    for name in ("a.gguf", "b.gguf"):
        (tmp_path / name).symlink_to(tiny)
    done = ogam.run("generate", "text", "Hello", "--writer", tmp_path / "a.gguf")
    assert done.returncode in (2, 3), done.stderr
    assert b".gguf" in done.stderr


@pytest.mark.parametrize("words", [
    [], [""], ["Hi", "--chat"], ["Hi", "--temperature", "-1"], ["Hi", "--temperature", "nan"], ["Hi", "--top-p", "0"], ["Hi", "--top-k", "-2"],
    ["Hi", "--min-p", "2"], ["Hi", "--repetition-penalty", "0"], ["Hi", "--max-tokens", "0"], ["Hi", "--regex", "("], ["Hi", "--regex", "a", "--schema", "b"],
    ["Hi", "--regex", "a+", "--stop", "b"], ["Hi", "--regex", "[a-z]{500}", "--max-tokens", "9"], ["Hi", "--stop", ""], ["word " * 9000],
])
def test_options_that_make_no_sense_are_refused(ogam, tiny, words):
    done = ogam.run("generate", "text", *words, "--writer", tiny, stdin=subprocess.DEVNULL)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stdout == b""
    assert done.stderr


@pytest.mark.parametrize("schema", ["{", "[1]", '{"type": "strin"}', '{"not": {}}', '{"$ref": "#/nowhere"}', '{"type": "object", "required": ["a"], "properties": {"a": false}}'])
def test_schemas_that_cannot_be_kept_are_named(ogam, tiny, tmp_path, schema):
    (tmp_path / "schema.json").write_text(schema)
    done = ogam.run("generate", "text", "Hi", "--writer", tiny, "--schema", tmp_path / "schema.json")
    assert done.returncode in (2, 3), done.stderr
    assert b"schema.json" in done.stderr


@pytest.mark.parametrize("template", ["{% include 'x' %}", "{% for i in range(100000000) %}{% endfor %}", "{{ raise_exception('no turns') }}"])
def test_templates_that_cannot_be_used_are_named(ogam, tmp_path, template):
    writer = write_tiny_writer(tmp_path / "model", template)
    done = ogam.run("generate", "text", "Hi", "--writer", writer)
    assert done.returncode in (2, 3), done.stderr
    assert done.stdout == b""


# The real thing


@pytest.fixture(scope="module")
def writer_small() -> str:
    folder = HOME / "packs/writer-small"
    assert (folder / "pack.json").is_file(), f"{folder} is missing; build it: scripts/setup.sh --packs writer-small"
    return "writer-small"


def test_writer_small_follows_an_instruction(ogam, writer_small):
    document = call(ogam, "generate", "text", "What is the capital of France? Answer with one word.", "--writer", writer_small, "--max-tokens", 12)
    assert "Paris" in document["text"]
    assert document["finish"] == "end"
    assert document["model"].startswith("writer-small/")


@pytest.mark.parametrize(("question", "word"), [("When does the library open?", r"nine|\b9"), ("How much does a ticket for the ferry cost?", r"45,?000")])
def test_writer_small_answers_from_the_archive(ogam, writer_small, texts, question, word):
    archive, folder = texts
    document = call(ogam, "ask", question, "--writer", writer_small, "--archive", archive)
    assert document["found"], document
    assert re.search(word, document["answer"]), document
    check_citations(document, folder)


@pytest.mark.parametrize("name", ["library.txt", "harbour.wav"])
def test_no_number_of_a_summary_is_invented(ogam, writer_small, texts, name):
    archive, folder = texts
    document = call(ogam, "summarize", folder / name, "--writer", writer_small, "--archive", archive)
    check_citations(document, folder)
    source = (folder / name).with_suffix(".srt" if name.endswith("wav") else ".txt").read_text().replace(",", "")
    for sentence in document["sentences"]:
        for figure in re.findall(r"\d+", sentence["text"].replace(",", "")):
            spelled = {"9": "nine", "7": "seven", "3": "three"}.get(figure, figure)
            assert figure in source or spelled in source, sentence
