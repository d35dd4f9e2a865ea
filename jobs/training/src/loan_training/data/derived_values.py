"""The derived numbers of a schema, computed as float64. Training needs them for the reach of `bounded`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loan_training.schema.rules import Derived
    from loan_training.schema.schema import Schema


def with_derived(schema: Schema, numbers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`numbers`, by column, and each derived number whose sources are there."""
    values = dict(numbers)
    for one in schema.derived:
        if all(source in values for source in one.sources):
            values[one.name] = _compute(one, [values[source] for source in one.sources])
    return values


def _compute(one: Derived, sources: list[np.ndarray]) -> np.ndarray:
    match one.operator:
        case "sum":
            return np.sum(sources, axis=0)
        case "difference":
            return sources[0] - sources[1]
        case "ratio":
            return sources[0] / np.maximum(sources[1], one.least_divisor)
        case "log":
            return np.log(np.maximum(sources[0], one.floor))
        case "log1p":
            return np.log1p(np.maximum(sources[0], 0))
