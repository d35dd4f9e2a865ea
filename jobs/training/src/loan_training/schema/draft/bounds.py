"""Ranges for numbers: wide enough for the next applications, narrow enough to catch a wrong unit."""

from __future__ import annotations

import math

# Applications of tomorrow exceed those of a file. A wrong unit, such as thousands, exceeds them far more.
MARGIN = 2.0
# Numbers without a long tail, such as ages and scores, are exceeded by less.
SMALL_MARGIN = 1.1
LONG_TAIL = 3.0


def widened(least: float, median: float, most: float) -> tuple[float, float]:
    """Round bounds around the numbers of a file. Shares stay shares, and what is never negative stays so."""
    if least >= 0 and most <= 1:
        return 0, 1
    margin = SMALL_MARGIN if least >= 0 and most <= LONG_TAIL * median else MARGIN
    low = 0.0 if least >= 0 else -_rounded_up(-least * margin)
    high = 0.0 if most <= 0 else _rounded_up(most * margin)
    return low, high


def _rounded_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 and so on."""
    step = 10.0 ** math.floor(math.log10(value)) if value > 1e-300 else 1e-300
    return next((step * factor for factor in (1, 2, 5) if step * factor >= value), step * 10)
