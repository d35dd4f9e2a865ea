"""The graph input of each field, also if a converter renamed the input, as services/inference/model/input-names.ts."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_REPLACED = re.compile("[^0-9a-zA-Z]")


def graph_inputs(names: Sequence[str], inputs: Sequence[str]) -> dict[str, str]:
    """Field to graph input. A renamed input is found if no other field and no other input could be meant."""
    renamed = _by_converted([one for one in inputs if one not in names])
    rest = _by_converted([name for name in names if name not in inputs])
    found = {}
    for name in names:
        if name in inputs:
            found[name] = name
            continue
        meant = renamed[converted(name)]
        if len(meant) == 1 and len(rest[converted(name)]) == 1:
            found[name] = meant[0]
    return found


def converted(name: str) -> str:
    """The name as skl2onnx and onnxmltools write it: letters, digits and `_`, and no digit first."""
    plain = _REPLACED.sub("_", name)
    return f"_{plain}" if plain[:1].isdigit() else plain


def _by_converted(names: Sequence[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[converted(name)].append(name)
    return groups
