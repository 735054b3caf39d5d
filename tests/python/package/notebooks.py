"""Runs a notebook's cells in one process, as a person would run them one after the other.

    notebooks.py NOTEBOOK

What the last expression of a cell gives is shown as a notebook would show it: by `_repr_html_` where there is one. The
kernel of Jupyter and the thirty packages that it takes are not needed for that; a notebook that uses its magics fails.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path


def code_cells(notebook: Path) -> list[str]:
    document = json.loads(notebook.read_text())
    assert document["nbformat"] == 4
    return ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == "code"]


def run_cell(source: str, name: str, variables: dict[str, object]) -> object:
    """Runs a cell; the value of its last line if that is an expression."""
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), variables)
    return eval(compile(ast.Expression(last.value), name, "eval"), variables) if last is not None else None


def main(notebook: Path) -> None:
    variables: dict[str, object] = {"__name__": "__main__"}
    for number, source in enumerate(code_cells(notebook), 1):
        value = run_cell(source, f"{notebook.name}[{number}]", variables)
        if value is not None:
            show = getattr(value, "_repr_html_", None)
            print(f"[{number}]", show() if show is not None else repr(value), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
