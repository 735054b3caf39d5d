"""Random tiny checkpoints of every model, written by the reference's own code, and what the reference makes of them.

One file per family lists its `Case`s; `tests/python/test_parity.py` compares ogam with them.
"""

from tests.parity.case import Case, Clip, Inputs, all_cases

__all__ = ["Case", "Clip", "Inputs", "all_cases"]
