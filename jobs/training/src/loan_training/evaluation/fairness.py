"""Rates of approval by group, and four-fifths ratios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from loan_training.data.dataset import Dataset


@dataclass(frozen=True)
class GroupRates:
    column: str
    value: str
    rows: int
    approval_rate: float
    # None if the group has no row with that label.
    true_positive_rate: float | None
    false_positive_rate: float | None


def measure_groups(dataset: Dataset, decisions: np.ndarray) -> list[GroupRates]:
    """The rates of all groups of the watched columns, however small. They are reported, and not judged."""
    applications, labels = dataset.applications, dataset.labels
    return [
        _rates(column, value, labels[rows], decisions[rows])
        for column in dataset.schema.watched
        for value in sorted(set(applications[column]) - {""})
        for rows in [(applications[column] == value).to_numpy()]
    ]


def four_fifths_ratios(dataset: Dataset, decisions: np.ndarray, minimum: int) -> dict[str, float]:
    """For each judged column, the lowest approval rate over the highest, among groups of at least `minimum` rows.

    A column is left out if it has fewer than two such groups, or if nobody in them is approved. Labels are not needed,
    so that rows which the model was fitted on count too. The holdout alone is too small for most files.
    """
    ratios = {}
    for column in dataset.schema.judged:
        words = dataset.applications[column].to_numpy()
        groups = (decisions[words == value] for value in sorted(set(words) - {""}))
        rates = [float(group.mean()) for group in groups if len(group) >= minimum]
        if len(rates) > 1 and max(rates) > 0:
            ratios[column] = min(rates) / max(rates)
    return ratios


def _rates(column: str, value: str, labels: np.ndarray, decisions: np.ndarray) -> GroupRates:
    return GroupRates(
        column,
        value,
        len(labels),
        float(decisions.mean()),
        _share(decisions[labels == 1]),
        _share(decisions[labels == 0]),
    )


def _share(decisions: np.ndarray) -> float | None:
    return float(decisions.mean()) if len(decisions) else None
