"""The member `reasons` of serving.json: the factors, and the reference that a declined application is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loan_training.artifact.distributions import DECIMALS
from loan_training.data.plain_value import plain
from loan_training.errors import ModelRefused
from loan_training.model.onnx_session import probabilities
from loan_training.schema.column import Category

if TYPE_CHECKING:
    import onnxruntime

    from loan_training.data.dataset import Dataset
    from loan_training.schema.column import Column
    from loan_training.schema.rules import Reasons
    from loan_training.schema.schema import Schema


def build_reasons(
    reasons: Reasons, session: onnxruntime.InferenceSession, dataset: Dataset, threshold: float
) -> dict[str, Any]:
    """Raises ModelRefused if the model declines its own reference, because a reason could then not be told."""
    schema = dataset.schema
    reference = reference_row(dataset)
    probability = float(probabilities(session, reference)[0])
    if probability < threshold:
        # A high threshold declines the typical positive row. The typical row that the model approves is the next best.
        approved = probabilities(session, dataset.applications) >= threshold
        if approved.any():
            reference = reference_row(dataset.take(np.flatnonzero(approved)), any_label=True)
            probability = float(probabilities(session, reference)[0])
    if probability < threshold:
        raise ModelRefused(
            f"the graph declines the typical positive row: probability {probability:.3f}, at least {threshold:g} is "
            "needed, so no reason of a decline can be told; check the labels and the threshold, or take `reasons` out "
            "of the schema"
        )
    return {
        "reference": {name: plain(reference[name].iloc[0]) for name in schema.names},
        "limit": reasons.limit,
        "minimum": reasons.minimum,
        "minimumShare": reasons.minimum_share,
        "factors": [
            {
                "code": factor.code,
                "fields": {name: _better(schema, name) for name in factor.columns},
                "message": factor.message,
                "missing": factor.missing,
            }
            for factor in reasons.factors
        ],
    }


def reference_row(dataset: Dataset, any_label: bool = False) -> pd.DataFrame:
    """A made-up row: the median or the most frequent value of each column among the positive rows, or among all rows.

    A column that is neither scored nor required is left empty, because it takes no part in a reason.
    """
    schema = dataset.schema
    rows = dataset.applications if any_label else dataset.applications[dataset.labels == 1]
    return pd.DataFrame(
        {
            column.name: [
                _typical(column, rows[column.name])
                if column.required or column.name in schema.scored
                else ("" if isinstance(column, Category) else np.nan)
            ]
            for column in schema.columns
        }
    )


def _typical(column: Column, values: pd.Series) -> str | float:
    if isinstance(column, Category):
        counts = values[values != ""].value_counts()
        if counts.empty:
            return column.values[0] if column.required else ""
        # Equal counts are decided by the order of the values, so that the row does not depend on the order of rows.
        return max(column.values, key=lambda value: (counts.get(value, 0), -column.values.index(value)))
    present = values.dropna()
    if present.empty:
        return np.nan
    if column.levels:
        counts = present.value_counts()
        return float(max(column.levels, key=lambda level: (counts.get(level, 0), -level)))
    median = float(present.median())
    is_whole = bool((present == present.round()).all())
    return float(np.clip(round(median) if is_whole else round(median, DECIMALS), column.minimum, column.maximum))


def _better(schema: Schema, name: str) -> str:
    column = schema.column(name)
    return "different" if isinstance(column, Category) or column.better is None else column.better
