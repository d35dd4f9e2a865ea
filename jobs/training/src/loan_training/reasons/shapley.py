"""Exact Shapley values of a declined row's factors against the reference row, through the model itself.

A player is a factor in which the row is worse than the reference. When the player is out, its worse fields take the
reference's values. Better values stay the applicant's own. So for a monotone model no contribution is above 0, and they
add up to the row's probability minus that of the improved row.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from loan_training.reasons.factor import Factor

# Hybrid rows that are scored in one call.
BATCH_ROWS = 65_536

Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Contributions:
    # [rows, factors]. NaN for a factor in which the row is not worse.
    values: np.ndarray
    # Field to the rows in which its value is worse than the reference's, bool [rows].
    worse: dict[str, np.ndarray]


def contributions(
    score: Callable[[Columns], np.ndarray],
    columns: Columns,
    reference: Mapping[str, str | float],
    factors: Sequence[Factor],
) -> Contributions:
    """The contribution of each factor to the probability of each row. `score` gives the probability of each row."""
    worse = {
        name: is_worse(columns[name], reference[name], better) for one in factors for name, better in one.fields.items()
    }
    rows = len(next(iter(columns.values())))
    plays = np.column_stack([np.any([worse[name] for name in one.fields], axis=0) for one in factors])
    values = np.full((rows, len(factors)), np.nan)
    patterns, belongs = np.unique(plays, axis=0, return_inverse=True)
    belongs = belongs.reshape(-1)
    for number, pattern in enumerate(patterns):
        players = np.flatnonzero(pattern)
        if not len(players):
            continue
        group = np.flatnonzero(belongs == number)
        size = max(1, BATCH_ROWS >> len(players))
        for start in range(0, len(group), size):
            part = group[start : start + size]
            scores = _coalition_scores(score, columns, reference, [factors[at] for at in players], worse, part)
            values[np.ix_(part, players)] = shapley_values(scores)
    return Contributions(values, worse)


def shapley_values(scores: np.ndarray) -> np.ndarray:
    """[rows, players] from [2^players, rows]: bit j of the first index is set if player j has the row's own values."""
    players = len(scores).bit_length() - 1
    coalitions = np.arange(len(scores))
    sizes = np.array([int(one).bit_count() for one in coalitions])
    values = np.empty((scores.shape[1], players))
    for player in range(players):
        without = coalitions[coalitions >> player & 1 == 0]
        weights = np.array(
            [factorial(size) * factorial(players - size - 1) / factorial(players) for size in sizes[without].tolist()]
        )
        values[:, player] = weights @ (scores[without | 1 << player] - scores[without])
    return values


def is_worse(values: np.ndarray, reference: str | float, better: str) -> np.ndarray:
    """True if a value is on the worse side of the reference's, differs from it, or is missing."""
    if values.dtype == object:
        return values != reference
    if np.isnan(reference):
        # A missing reference has no better side, so only a present value differs from it.
        return ~np.isnan(values) if better == "different" else np.zeros(len(values), dtype=bool)
    sides = {"higher": np.less, "lower": np.greater, "different": np.not_equal}
    return sides[better](values, np.float32(reference)) | np.isnan(values)


def _coalition_scores(
    score: Callable[[Columns], np.ndarray],
    columns: Columns,
    reference: Mapping[str, str | float],
    players: Sequence[Factor],
    worse: Mapping[str, np.ndarray],
    rows: np.ndarray,
) -> np.ndarray:
    coalitions = 1 << len(players)
    hybrids = {name: np.tile(values[rows], (coalitions, 1)) for name, values in columns.items()}
    for place, player in enumerate(players):
        out = np.flatnonzero(np.arange(coalitions) >> place & 1 == 0)
        for name in player.fields:
            replaced = np.where(worse[name][rows], reference[name], columns[name][rows])
            hybrids[name][out] = replaced.astype(columns[name].dtype)
    return score({name: values.reshape(-1) for name, values in hybrids.items()}).reshape(coalitions, len(rows))
