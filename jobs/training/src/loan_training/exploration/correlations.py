"""Rank correlations between the numbers of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loan_training.data.dataset import Dataset

MAXIMUM_NUMBERS = 20
# Two numbers that go together so closely tell a model the same.
CLOSE = 0.95
MINIMUM_ROWS = 20


@dataclass(frozen=True)
class Correlations:
    names: tuple[str, ...]
    # Spearman's correlation, NaN if it is not known.
    values: tuple[tuple[float, ...], ...]

    def close_pairs(self) -> list[tuple[str, str, float]]:
        return [
            (self.names[row], self.names[column], self.values[row][column])
            for row in range(len(self.names))
            for column in range(row)
            if abs(self.values[row][column]) >= CLOSE
        ]


def correlations(dataset: Dataset, names: Sequence[str]) -> Correlations:
    """Of the first numbers in `names`, which are ordered by what they say about the label."""
    varied = [name for name in names if dataset.applications[name].nunique() > 1][:MAXIMUM_NUMBERS]
    ranks = dataset.applications[varied].rank()
    values = ranks.corr(min_periods=MINIMUM_ROWS).to_numpy()
    return Correlations(tuple(varied), tuple(tuple(row) for row in np.asarray(values, dtype=float).tolist()))
