"""The digest that names the exact files of a model, so that a server can check what it loaded."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL_FILE = "model.onnx"
SERVING_FILE = "serving.json"


def digest(files: Mapping[str, bytes]) -> str:
    """`sha256:` and the hex sha256 over one line `<path> <sha256>` for each file, sorted by path.

    Only the files that decide are part of it: the graph, serving.json, the files of weights that the graph names,
    and any `*.data` file. MLflow's MLmodel is not, because it holds ids and times.
    """
    lines = "".join(f"{path} {hashlib.sha256(files[path]).hexdigest()}\n" for path in sorted(files))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"
