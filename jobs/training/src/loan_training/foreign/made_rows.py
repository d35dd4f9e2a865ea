"""Made-up rows for golden samples and background: values of each field on their own, so that no row is a person's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loan_training.data.synthetic import generate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loan_training.foreign.fields import FieldValues
    from loan_training.schema.schema import Schema

POOL_ROWS = 1_000
MISSING_SHARE = 0.1
# Without bounds and data, numbers are drawn up to here.
UNBOUNDED = 1_000.0


def pools(fields: Sequence[FieldValues], schema: Schema | None, seed: int) -> list[np.ndarray]:
    """Values of each field: those of the data, of the schema's made-up rows, or of the field's own rules."""
    rng = np.random.default_rng(seed)
    made = generate(schema, POOL_ROWS, seed) if schema is not None and schema.synthetic is not None else None
    return [
        one.values
        if len(one.values)
        else _own(one.field, rng)
        if made is None
        else made[one.field["name"]].to_numpy(dtype=object if one.field["type"] == "string" else np.float64)
        for one in fields
    ]


def draw(pooled: Sequence[np.ndarray], rows: int, seed: int) -> list[list[Any]]:
    """Rows of values that are drawn field by field."""
    rng = np.random.default_rng(seed)
    columns = [pool[rng.integers(0, len(pool), rows)].tolist() for pool in pooled]
    return [list(row) for row in zip(*columns, strict=True)]


def barest(fields: Sequence[FieldValues], row: Sequence[Any]) -> list[Any]:
    """The row without any value that may be missing."""
    empty = [("" if one.field["type"] == "string" else np.nan) for one in fields]
    return [value if one.field["required"] else gap for one, value, gap in zip(fields, row, empty, strict=True)]


def _own(field: dict[str, Any], rng: np.random.Generator) -> np.ndarray:
    if field["type"] == "string":
        values = rng.choice(np.array(field["values"], dtype=object), POOL_ROWS)
        gap: Any = ""
    elif "levels" in field:
        values, gap = rng.choice(np.array(field["levels"], dtype=np.float64), POOL_ROWS), np.nan
    else:
        low = float(field.get("minimum", 0.0))
        high = float(field.get("maximum", low + UNBOUNDED))
        values, gap = np.round(rng.uniform(low, high, POOL_ROWS), 2).clip(low, high), np.nan
    if not field["required"]:
        values[rng.random(POOL_ROWS) < MISSING_SHARE] = gap
    return values
