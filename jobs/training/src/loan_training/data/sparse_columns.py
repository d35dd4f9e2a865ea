"""Columns that hold too few values to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loan_training.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

# With fewer values, a fold of the cross-validation may have no value at all, and no median.
MINIMUM_SCORED_VALUES = 10


def check_sparse_columns(applications: pd.DataFrame, scored: Collection[str], name: str) -> list[str]:
    """A warning for each empty column that the model does not score. Raises DataRefused for a scored column.

    A model without a scored column would still be asked about it: an application may hold a LoanAmount, and the
    decision would then depend on a number that no training row had.
    """
    present = {
        column: int((applications[column].notna() & (applications[column] != "")).sum()) for column in applications
    }
    refused = [
        f"{name}: column {column}: {_amount(count, len(applications))}; rule: the model scores the column, so at least "
        f"{MINIMUM_SCORED_VALUES} rows need a value; fill the column, or take its features out of the schema"
        for column, count in present.items()
        if column in scored and count < MINIMUM_SCORED_VALUES
    ]
    if refused:
        raise DataRefused("\n".join(refused))
    return [
        f"column {column}: {_amount(0, len(applications))}; the model does not score the column, and training goes on"
        for column, count in present.items()
        if not count
    ]


def _amount(count: int, rows: int) -> str:
    return f"{count} of {rows} rows have a value" if count else f"empty in all {rows} rows"
