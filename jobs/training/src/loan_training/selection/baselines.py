"""What a model must beat: always the majority, and the rule on one column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from loan_training.data.dataset import Dataset
    from loan_training.selection.cross_validation import Predict


def fit_majority(training: Dataset) -> Predict:
    share = float(training.labels.mean())
    return lambda applications: np.full(len(applications), share)


def fit_rule(training: Dataset) -> Predict:
    """Approve where Credit_History is 1 or missing; the probability is the share approved on each side."""
    passes = _passes(training.applications)
    share = {side: _share(training.labels[passes == side]) for side in (True, False)}
    return lambda applications: np.where(_passes(applications), share[True], share[False])


def _passes(applications: pd.DataFrame) -> np.ndarray:
    return applications["Credit_History"].fillna(1).to_numpy() == 1


def _share(labels: np.ndarray) -> float:
    # Laplace's smoothing: a side without rows is even odds, and no side is certain.
    return (labels.sum() + 1) / (len(labels) + 2)
