"""Whether a model predicts better than chance: permutation tests of its probabilities against the labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Greatest p-value that counts as better than chance.
ALPHA = 0.01
# The least p-value is 1 / 2,000. More permutations cost time and tell the gate nothing.
PERMUTATIONS = 1_999
# Above this number of rows the normal distribution is used, because the sum over the rows then follows it closely.
PERMUTED_ROWS = 2_000
# Keeps a certain probability from an infinite log-odds.
LEAST_PROBABILITY = 1e-6


@dataclass(frozen=True)
class Chance:
    """The outcome of a test."""

    # Probability that labels in a random order fit the probabilities as well.
    p_value: float
    rows: int

    @property
    def excluded(self) -> bool:
        return self.p_value <= ALPHA


def permutation_test(
    labels: np.ndarray, probabilities: np.ndarray, seed: int, strata: np.ndarray | None = None
) -> Chance:
    """Compares the log likelihood of the labels with that of labels in random order.

    With `strata` the labels change places only among rows with the same stratum. What the strata alone tell about the
    labels then counts for nothing. Give each application once, because copies would look like more evidence.
    """
    clipped = np.clip(probabilities, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    # The log likelihood is this sum plus a term that no permutation changes.
    odds = np.log(clipped / (1 - clipped))
    numbers = np.zeros(len(labels), dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    parts = [(labels[numbers == number], odds[numbers == number]) for number in range(numbers.max(initial=-1) + 1)]
    excess = sum(float(part @ values - part.mean() * values.sum()) for part, values in parts)
    test = _permuted if len(labels) <= PERMUTED_ROWS else _normal
    return Chance(test(parts, excess, seed), len(labels))


def _permuted(parts: list[tuple[np.ndarray, np.ndarray]], excess: float, seed: int) -> float:
    draw = np.random.default_rng(seed)
    sums = np.zeros(PERMUTATIONS)
    for labels, values in parts:
        orders = draw.permuted(np.tile(labels.astype(np.int8), (PERMUTATIONS, 1)), axis=1)
        sums += orders @ values - labels.mean() * values.sum()
    # Equal sums differ by rounding. They count against the model.
    reached = np.count_nonzero(sums >= excess - 1e-9 * max(1.0, abs(excess)))
    return (1 + reached) / (1 + PERMUTATIONS)


def _normal(parts: list[tuple[np.ndarray, np.ndarray]], excess: float, _seed: int) -> float:
    """The variance over all permutations is known exactly: that of a sum over a sample without replacement."""
    from scipy.stats import norm

    variance = sum(
        len(labels) * labels.var() * values.var() * len(labels) / (len(labels) - 1)
        for labels, values in parts
        if len(labels) > 1
    )
    return float(norm.sf(excess / np.sqrt(variance))) if variance > 1e-12 else 1.0
