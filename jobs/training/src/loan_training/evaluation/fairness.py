"""Rates of approval by group, and four-fifths ratios."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from loan_training.data.columns import GROUPS, JUDGED

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# The rate of a smaller group is noise. It is reported, but not judged.
MINIMUM_GROUP_ROWS = 15


@dataclass(frozen=True)
class GroupRates:
    column: str
    value: str
    rows: int
    approval_rate: float
    # None if the group has no row with that label.
    true_positive_rate: float | None
    false_positive_rate: float | None


@dataclass(frozen=True)
class Fairness:
    groups: list[GroupRates]
    # For each judged column, the lowest approval rate over the highest, among groups that are large enough. A column
    # is left out if it has fewer than two such groups, or if nobody in them is approved.
    four_fifths: dict[str, float]

    @property
    def worst(self) -> float | None:
        return min(self.four_fifths.values(), default=None)

    def as_rows(self) -> list[dict[str, object]]:
        return [asdict(group) for group in self.groups]


def measure_fairness(applications: pd.DataFrame, labels: np.ndarray, decisions: np.ndarray) -> Fairness:
    groups = [
        _rates(column, value, labels[rows], decisions[rows])
        for column in GROUPS
        for value in sorted(set(applications[column]) - {""})
        for rows in [(applications[column] == value).to_numpy()]
    ]
    ratios = {}
    for column in JUDGED:
        rates = [one.approval_rate for one in groups if one.column == column and one.rows >= MINIMUM_GROUP_ROWS]
        if len(rates) > 1 and max(rates) > 0:
            ratios[column] = min(rates) / max(rates)
    return Fairness(groups, ratios)


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
