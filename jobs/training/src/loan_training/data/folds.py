"""Stratified folds over groups of equal applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import StratifiedKFold

from loan_training.data.duplicates import first_rows, group_labels, groups_of

if TYPE_CHECKING:
    from loan_training.data.dataset import Dataset


def fold_of(dataset: Dataset, folds: int, random_state: int | np.random.RandomState) -> np.ndarray:
    """For each row the number of the fold that tests it, int64 [N]. Copies of an application are in one fold.

    Repeating every row changes no fold. Without copies these are the folds of StratifiedKFold over the rows.
    """
    groups = groups_of(dataset.applications)
    labels = group_labels(dataset.labels, groups)
    numbers = np.empty(len(first_rows(groups)), dtype=np.int64)
    shuffled = StratifiedKFold(folds, shuffle=True, random_state=random_state)
    for number, (_, tested_on) in enumerate(shuffled.split(labels, labels)):
        numbers[tested_on] = number
    return numbers[groups]
