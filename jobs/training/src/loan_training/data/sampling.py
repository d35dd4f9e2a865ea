"""A sample of a large data set, so that the cost of a step has a bound."""

from __future__ import annotations

import numpy as np

from loan_training.data.dataset import MINIMUM_ROWS_PER_LABEL, Dataset
from loan_training.data.duplicates import hashes_of

# A group with more copies is drawn in parts of this size, because a huge group would fill the sample or leave it.
PART_ROWS = 100


def sample(dataset: Dataset, rows: int, seed: int) -> Dataset:
    """At most `rows` rows, in their order, with the labels in their proportion. A smaller data set is returned itself.

    Equal applications are drawn together. The seed and the rows decide the draw, and their order in the file does not.
    """
    if len(dataset) <= rows:
        return dataset
    rare = int(2 * dataset.labels.sum() <= len(dataset))
    unit, sizes, rares = _units(dataset, rare)
    draw = np.random.default_rng(seed).permutation(len(sizes))
    drawn = np.zeros(len(sizes), dtype=bool)
    # Without a minimum, a sample of very uneven labels could hold one label alone.
    quota = max(rows * rares.sum() / len(dataset), MINIMUM_ROWS_PER_LABEL)
    mixed = draw[rares[draw] > 0]
    before = np.cumsum(rares[mixed]) - rares[mixed]
    drawn[mixed[(before < quota) & (np.cumsum(sizes[mixed]) <= rows)]] = True
    pure = draw[rares[draw] == 0]
    drawn[pure[np.cumsum(sizes[pure]) <= rows - sizes[drawn].sum()]] = True
    return dataset.take(np.flatnonzero(drawn[unit]))


def _units(dataset: Dataset, rare: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each row its unit, and for each unit its size and its rows with the rare label.

    A unit is a group of equal applications, or a part of a group with more than PART_ROWS rows.
    """
    # Hashes, and not the numbers of groups, so that the order of the rows in the file does not change the draw.
    hashes = hashes_of(dataset.applications)
    order = np.lexsort((dataset.labels, hashes))
    sorted_hashes = hashes[order]
    starts = np.flatnonzero(np.r_[True, sorted_hashes[1:] != sorted_hashes[:-1]])
    position = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    unit = np.empty(len(order), dtype=np.int64)
    unit[order] = np.cumsum(position % PART_ROWS == 0) - 1
    return unit, np.bincount(unit), np.bincount(unit, weights=dataset.labels == rare)
