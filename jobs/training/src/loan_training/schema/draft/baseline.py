"""Suggests the rule that a model must beat: the best rule on one column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loan_training.schema.draft.yaml_text import scalar, sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loan_training.schema.draft.draft import Draft

# A rule that is right more often by less than this share says no more than the majority.
LEAST_GAIN = 0.01


def baseline_lines(draft: Draft) -> Iterator[str]:
    column = draft.strongest
    if column is None:
        return
    passing = [value for value, (rows, good) in column.values.items() if good * 2 > rows]
    right = sum(max(good, rows - good) for rows, good in column.values.values())
    right += max(column.missing_positive, column.missing - column.missing_positive)
    gain = right / draft.rows - max(draft.positive_share, 1 - draft.positive_share)
    if not passing or len(passing) == len(column.values) or gain < LEAST_GAIN:
        return
    passes = column.missing > 0 and column.missing_positive * 2 > column.missing
    values = sorted(float(value) for value in passing) if column.kind == "levels" else passing
    yield "# The baseline that a model must beat: positive if the column holds one of these values. It is the best rule"
    yield "# on one column of this file. DECIDE whether your own rule of thumb is another."
    yield "baselineRule:"
    yield f"  column: {scalar(column.name)}"
    yield f"  values: {sequence(values)}"
    yield f"  missing: {scalar(passes)}"
