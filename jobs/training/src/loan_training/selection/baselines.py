"""The baselines that a model must beat: the majority, and a rule on the credit history."""

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
    """Approves if Credit_History is 1 or missing. The probability is the share of approvals on that side."""
    passes = _passes(training.applications)
    share = {side: _share(training.labels[passes == side]) for side in (True, False)}
    return lambda applications: np.where(_passes(applications), share[True], share[False])


def _passes(applications: pd.DataFrame) -> np.ndarray:
    return applications["Credit_History"].fillna(1).to_numpy() == 1


def _share(labels: np.ndarray) -> float:
    # Laplace smoothing gives a side without rows even odds, and makes no side certain.
    return (labels.sum() + 1) / (len(labels) + 2)
