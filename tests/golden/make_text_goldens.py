"""Writes the references of the sentence encoders: random tiny models, their states and their embeddings.

Usage: .venv/bin/python tests/golden/make_text_goldens.py

The folders are those that tests/parity/text.py builds, frozen, so that the C++ tests need no Python. Outputs, beside this
file, for each of bert, xlm_roberta and modernbert:
  NAME_tiny/             a checkpoint as sentence-transformers writes it
  NAME_tiny.safetensors  ids [B, T] of texts of different lengths, their mask, the last layer's states (transformers),
                         and embeddings of the texts of NAME_tiny.json, one tensor for each prompt (sentence-transformers)
  NAME_tiny.json         the texts
  pooling.safetensors    states, a mask and what every mode makes of them, with and without a prompt of two tokens
"""

import json
import pathlib
import shutil
import sys

import torch
import transformers
from safetensors.torch import save_file
from sentence_transformers.sentence_transformer.modules import Pooling

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.parity import Inputs  # noqa: E402
from tests.parity.compare import TEXTS  # noqa: E402
from tests.parity.text import CASES  # noqa: E402

SEED = 7
NAMES = {"bert_cls_dense": "bert", "xlm_roberta": "xlm_roberta", "modernbert": "modernbert"}
LENGTHS = [17, 1, 11]


def states_of(folder, vocab_size):
    """Ids at random (0 is never among them), padded with another token so that a forgotten mask shows."""
    generator = torch.Generator().manual_seed(SEED)
    ids = torch.randint(2, vocab_size, (len(LENGTHS), max(LENGTHS)), generator=generator)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS).unsqueeze(1)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    rows = [model(input_ids=ids[i : i + 1, :n]).last_hidden_state[0] for i, n in enumerate(LENGTHS)]
    states = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return {"ids": ids, "mask": mask.to(torch.uint8), "states": states}


def write_model(case, name):
    folder = HERE / f"{name}_tiny"
    shutil.rmtree(folder, ignore_errors=True)
    case.build(folder, SEED)
    tensors = states_of(folder, json.loads((folder / "config.json").read_text())["vocab_size"])
    for prompt in case.prompts:
        vectors = case.reference(folder, Inputs(text=TEXTS), prompt)["text"]
        tensors[f"embedding.{prompt or 'default'}"] = torch.from_numpy(vectors)
    save_file(tensors, HERE / f"{name}_tiny.safetensors")
    (HERE / f"{name}_tiny.json").write_text(json.dumps({"texts": TEXTS}, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def write_pooling():
    generator = torch.Generator().manual_seed(SEED)
    states = torch.randn(3, 6, 5, generator=generator)
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 0]])
    tensors = {"states": states, "mask": mask}
    for mode in Pooling.POOLING_MODES:
        for include_prompt in (True, False):
            features = {"token_embeddings": states, "attention_mask": mask, "prompt_length": 2}
            pooled = Pooling(5, mode, include_prompt)(features)["sentence_embedding"]
            tensors[mode if include_prompt else f"{mode}.without_prompt"] = pooled.contiguous()
    save_file(tensors, HERE / "pooling.safetensors")


def main():
    torch.set_num_threads(1)
    cases = {case.name: case for case in CASES}
    with torch.no_grad():
        for case, name in NAMES.items():
            write_model(cases[case], name)
        write_pooling()
    for name in [*(f"{name}_tiny" for name in NAMES.values()), "pooling"]:
        (HERE / f"{name}.safetensors").chmod(0o644)


if __name__ == "__main__":
    main()
