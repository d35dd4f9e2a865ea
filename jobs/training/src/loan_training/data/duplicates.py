"""Copies of an application. They must be on one side of every split, or a model is tested on rows that it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from loan_training.data.dataset import Dataset

# A file in which a greater share of the rows contradict each other is more likely joined wrongly than undecided.
CONFLICTS_WARNED = 0.05


@dataclass(frozen=True)
class Duplicates:
    rows: int
    # Applications that appear more than once, and their rows beyond the first.
    groups: int
    copies: int
    # Rows whose application appears with both labels.
    conflicting: int
    # Identifiers of several different applications, and their rows.
    shared_identifiers: int
    shared_identifier_rows: int
    # Whether all rows have one identifier, which then names none of them.
    one_identifier: bool

    @property
    def distinct(self) -> int:
        return self.rows - self.copies


def groups_of(applications: pd.DataFrame) -> np.ndarray:
    """For each row the number of its group, int64 [N]. Rows with equal values are one group.

    Groups are numbered in the order of their first rows, so that a split of groups without copies is one of rows.
    """
    return pd.factorize(hashes_of(applications))[0]


def hashes_of(applications: pd.DataFrame) -> np.ndarray:
    """A number for each row, uint64 [N], which only rows with equal values share."""
    return pd.util.hash_pandas_object(applications, index=False).to_numpy()


def first_rows(groups: np.ndarray) -> np.ndarray:
    """The position of the first row of each group, in the order of the groups."""
    return np.unique(groups, return_index=True)[1]


def group_labels(labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The label that most rows of each group have. Even numbers of both labels give 1."""
    return (2 * np.bincount(groups, weights=labels) >= np.bincount(groups)).astype(np.int64)


def without_copies(dataset: Dataset) -> Dataset:
    """The first row of each group. Copies would look like more evidence than there is."""
    return dataset.take(first_rows(groups_of(dataset.applications)))


def count_duplicates(dataset: Dataset) -> Duplicates:
    groups = groups_of(dataset.applications)
    sizes = np.bincount(groups)
    positive = np.bincount(groups, weights=dataset.labels)
    mixed = (positive > 0) & (positive < sizes)
    shared, shared_rows, constant = _shared_identifiers(dataset.identifiers, groups)
    return Duplicates(
        rows=len(dataset),
        groups=int((sizes > 1).sum()),
        copies=int((sizes - 1).sum()),
        conflicting=int(sizes[mixed].sum()),
        shared_identifiers=shared,
        shared_identifier_rows=shared_rows,
        one_identifier=constant,
    )


def _shared_identifiers(identifiers: np.ndarray | None, groups: np.ndarray) -> tuple[int, int, bool]:
    """(identifiers of several different applications, their rows, whether there is one identifier for all rows)."""
    if identifiers is None or len(identifiers) < 2 or identifiers.max() < 0:
        return 0, 0, False
    if identifiers.min() == identifiers.max():
        return 0, 0, True
    known = identifiers >= 0
    pairs = pd.DataFrame({"identifier": identifiers[known], "group": groups[known]}).drop_duplicates()
    shared = np.flatnonzero(np.bincount(pairs["identifier"]) > 1)
    return len(shared), int(np.isin(identifiers, shared).sum()), False


def duplicate_warnings(duplicates: Duplicates, name: str) -> list[str]:
    """What a person should know about the copies. Copies are not refused, because two people may give equal answers."""
    warnings = []
    if duplicates.copies:
        warnings.append(
            f"{name}: {duplicates.copies} of {duplicates.rows} rows repeat another row; {duplicates.groups} "
            f"applications appear more than once; copies stay on one side of every split"
        )
    if duplicates.conflicting:
        warning = f"{name}: {duplicates.conflicting} rows have equal applications with different labels"
        if duplicates.conflicting > CONFLICTS_WARNED * duplicates.rows:
            warning += f", more than {CONFLICTS_WARNED:.0%} of the rows: check how the labels were joined to the rows"
        warnings.append(warning)
    if duplicates.one_identifier:
        warnings.append(f"{name}: all rows have the same identifier: it names no row and is not used")
    if duplicates.shared_identifiers:
        warnings.append(
            f"{name}: {duplicates.shared_identifiers} identifiers name several different applications, in "
            f"{duplicates.shared_identifier_rows} rows; such rows may be on both sides of a split: "
            f"if they are one application, keep one row of each"
        )
    return warnings
