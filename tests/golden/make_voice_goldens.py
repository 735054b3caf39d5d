"""Writes the references of speech synthesis.

Usage: .venv/bin/python tests/golden/make_voice_goldens.py

Outputs, beside this file:
  vits_tiny/             a random VitsModel with three speakers, and its tokenizer (tests/parity/vits.py)
  vits_tiny.safetensors  noise, and the waveform of one text with it and without, by speaker 1 and by nobody
  hangul_romanization.json  what uroman 1.3.1 makes of every part of a Hangul syllable, and of whole texts
"""

import json
import pathlib
import sys

import torch
import uroman
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.parity import vits  # noqa: E402

TEXT = "kind people KNOW"
KOREAN = ["안녕하세요, 반갑습니다!", "신라 국립공원에 3월 15일", "값이 닭 읽다 삶 앉아 많이 핥다 읊다 싫다", "café 서울 (Seoul)"]


def make_vits() -> None:
    folder = HERE / "vits_tiny"
    vits.build(folder, vits.Voice("tiny", {"num_speakers": 3, "speaker_embedding_size": 5}))
    noise = torch.randn(4096, generator=torch.Generator().manual_seed(5))
    tensors = {"noise": noise}
    for name, request, scale in [("speaker", {"speaker": 1}, 1), ("nobody", {}, 1), ("still", {"speaker": 1}, 0)]:
        ids, waveform = vits.reference(folder, [TEXT], request, noise * scale)[0]
        tensors |= {"ids": torch.tensor(ids), f"waveform.{name}": waveform.contiguous()}
    save_file(tensors, HERE / "vits_tiny.safetensors")


def make_hangul() -> None:
    """Whole texts, and syllables in which every letter comes up in every place."""
    romanizer = uroman.Uroman()
    syllables = [0xAC00 + i * 588 for i in range(19)] + [0xAC00 + 588 * 11 + i * 28 for i in range(21)]
    syllables += [0xAC00 + 588 * 11 + i for i in range(28)] + list(range(0xAC00, 0xD7A4, 97))
    texts = [chr(syllable) for syllable in syllables] + KOREAN
    table = {text: romanizer.romanize_string(text) for text in texts}
    content = json.dumps(table, ensure_ascii=False, indent=0) + "\n"
    (HERE / "hangul_romanization.json").write_text(content, encoding="utf-8")


def main() -> None:
    torch.set_num_threads(1)
    make_vits()
    make_hangul()


if __name__ == "__main__":
    main()
