"""The digest by which whoever loads a model knows that it is whole and which one it is."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL_FILE = "model.onnx"
SERVING_FILE = "serving.json"


def digest(files: Mapping[str, bytes]) -> str:
    """`sha256:` and the hex sha256 over one line `<path> <sha256>` a file, in the order of their paths.

    Only the files that decide are in it; MLflow's MLmodel, with its ids and times, is not.
    """
    lines = "".join(f"{path} {hashlib.sha256(files[path]).hexdigest()}\n" for path in sorted(files))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"
