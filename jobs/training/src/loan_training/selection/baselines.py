"""The baselines that a model must beat: the majority, and the rule of the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from loan_training.data.dataset import Dataset
    from loan_training.schema.rules import BaselineRule
    from loan_training.schema.schema import Schema
    from loan_training.selection.cross_validation import Fit, Predict


def fit_majority(training: Dataset) -> Predict:
    share = float(training.labels.mean())
    return lambda applications: np.full(len(applications), share)


def baselines(schema: Schema) -> dict[str, Fit]:
    """The baselines of a schema by name. A schema may have no rule."""
    return {"majority": fit_majority} | ({"rule": fit_rule} if schema.baseline_rule else {})


def fit_rule(training: Dataset) -> Predict:
    """Predicts the share of positive labels on the side of the schema's rule on which a row is."""
    rule = training.schema.baseline_rule
    if rule is None:
        raise ValueError("the schema has no baseline rule")
    passes = _passes(training.applications, rule)
    share = {side: _share(training.labels[passes == side]) for side in (True, False)}
    return lambda applications: np.where(_passes(applications, rule), share[True], share[False])


def _passes(applications: pd.DataFrame, rule: BaselineRule) -> np.ndarray:
    values = applications[rule.column]
    missing = (values.isna() | (values == "")).to_numpy()
    if rule.values:
        passes = values.isin(rule.values).to_numpy()
    else:
        low = -np.inf if rule.at_least is None else rule.at_least
        high = np.inf if rule.at_most is None else rule.at_most
        passes = values.between(low, high).to_numpy()
    return np.where(missing, rule.missing, passes)


def _share(labels: np.ndarray) -> float:
    # Laplace smoothing gives a side without rows even odds, and makes no side certain.
    return (labels.sum() + 1) / (len(labels) + 2)
