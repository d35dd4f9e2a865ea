"""The fitted features. Training runs the graph that servers run, so there is no second implementation.

Trees see only sums, quotients and comparisons, because those round alike on every machine. The last bit of a logarithm
may differ between machines or batch sizes, and could put a row on the other side of a split.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from loan_training.data.derived_values import with_derived
from loan_training.model.feature_graph import compile_features
from loan_training.model.feature_plan import FeaturePlan
from loan_training.model.matrix import AFFORDABILITY, FEATURES
from loan_training.model.onnx_session import open_session, run_in_chunks

if TYPE_CHECKING:
    import onnx
    import onnxruntime
    import pandas as pd

    from loan_training.schema.column import Number
    from loan_training.schema.schema import Schema

# A reach of 0 would divide 0 by 0.
LEAST_REACH = 1e-6


@dataclass(frozen=True)
class Features:
    """The fitted map from raw columns to the features of the plan, as float32 [N, width]."""

    plan: FeaturePlan
    # Values that replace a missing value of each of plan.numbers.
    fills: tuple[float, ...]
    # Largest value of the bounded feature in the training data. None if the schema bounds none.
    reach: float | None
    # True for families other than trees, which need even scales.
    logarithms: bool

    @classmethod
    def fit(cls, schema: Schema, applications: pd.DataFrame, logarithms: bool) -> Features:
        plan = FeaturePlan(schema)
        fills = tuple(_fill(column, applications[column.name]) for column in plan.numbers)
        if schema.bounded is None:
            return cls(plan, fills, None, logarithms)
        filled = {
            column.name: applications[column.name].fillna(fill).to_numpy()
            for column, fill in zip(plan.numbers, fills, strict=True)
        }
        reach = float(with_derived(schema, filled)[schema.bounded].max())
        return cls(plan, fills, max(reach, LEAST_REACH), logarithms)

    @property
    def width(self) -> int:
        return len(self.plan.names)

    def transform(self, applications: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """(features, affordability).

        Affordability is 1 up to the largest value of the bounded feature in the training data. Above, it falls in
        proportion. Without it the last leaf of a tree would hold for any ratio, and approve a large loan on no income.
        """
        if self.reach is None:
            return run_in_chunks(self._session, [FEATURES], applications)[0], np.ones(len(applications))
        features, affordability = run_in_chunks(self._session, [FEATURES, AFFORDABILITY], applications)
        return features, affordability.reshape(-1)

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return open_session(self.graph().SerializeToString())

    def graph(self) -> onnx.ModelProto:
        return compile_features(self.plan, self.fills, self.reach, self.logarithms)


def _fill(column: Number, values: pd.Series) -> float:
    """The declared number or the median, or 1 without values: a fold may miss the few values that the data set has."""
    if column.missing != "median":
        return float(column.missing)
    present = values.dropna()
    if len(present):
        return float(present.median())
    return float(np.clip(1.0, column.minimum, column.maximum))
