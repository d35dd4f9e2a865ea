"""How much a column alone says about the label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from loan_training.schema.draft.profile import Profile

# A rate of fewer rows says nothing, so the overall rate stands in.
LEAST_ROWS = 5
BINS = 20
# A column that orders the rows so well is almost the label itself.
ALMOST_THE_LABEL = 0.99


@dataclass(frozen=True)
class Association:
    # Area under the ROC curve of the column alone: 0.5 says nothing, 1 is the label itself.
    strength: float
    # For a number: the same by the order of the numbers. Below 0.5, low numbers go with the positive label.
    order: float | None

    @property
    def suspicious(self) -> bool:
        return self.strength >= ALMOST_THE_LABEL


def association(column: Profile, labels: np.ndarray, numeric: bool) -> Association:
    if not numeric:
        return Association(rate_auc(column.codes, labels), None)
    numbers = column.by_row
    known = ~np.isnan(numbers)
    order = rank_auc(numbers[known], labels[known])
    strength = max(order, 1 - order) if known.all() else 0.5
    return Association(max(strength, rate_auc(binned(numbers), labels)), order)


def rank_auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """The area under the ROC curve, 0.5 if there is one class only."""
    positive = int(labels.sum())
    negative = len(labels) - positive
    if not positive or not negative:
        return 0.5
    ranks = pd.Series(scores).rank().to_numpy()
    return float((ranks[labels == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))


def rate_auc(codes: np.ndarray, labels: np.ndarray) -> float:
    """The area if each value is scored by its share of positive labels. A missing value is a value too."""
    groups = codes + 1
    rows = np.bincount(groups)
    positive = np.bincount(groups, weights=labels)
    rates = np.where(rows >= LEAST_ROWS, positive / np.maximum(rows, 1), labels.mean())
    return rank_auc(rates[groups], labels)


def binned(numbers: np.ndarray, bins: int = BINS) -> np.ndarray:
    """The quantile bin of each number, -1 for NaN."""
    known = ~np.isnan(numbers)
    if not known.any():
        return np.full(len(numbers), -1)
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, bins + 1)[1:-1]))
    return np.where(known, np.searchsorted(edges, np.where(known, numbers, 0), side="left"), -1)
