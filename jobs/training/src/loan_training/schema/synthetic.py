"""How made-up rows are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Counts:
    """Counts of each value. The key "" counts missing values."""

    counts: dict[str, float]


@dataclass(frozen=True)
class Distribution:
    """Numbers with this mean and standard deviation over all rows, clipped to the bounds."""

    mean: float
    deviation: float
    minimum: float
    maximum: float
    # Share of the rows that have a value above 0. None: all rows.
    share: float | None = None
    missing: float = 0.0
    shape: Literal["log-normal", "normal"] = "log-normal"
    # Decimal places.
    decimals: int = 0
    # A column or a derived number with whose logarithm the number correlates.
    follows: str | None = None
    correlation: float = 0.0


@dataclass(frozen=True)
class Effect:
    """Log odds that are added if the value equals `equals`, is above `above` or is below `below`."""

    of: str
    add: float
    equals: str | float | None = None
    above: float | None = None
    below: float | None = None


@dataclass(frozen=True)
class SyntheticLabel:
    """Positive rows and rows for each value of a column, and effects beside that column."""

    column: str
    rates: dict[str, tuple[float, float]]
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True)
class Synthetic:
    columns: dict[str, Counts | Distribution] = field(default_factory=dict)
    prefix: str = ""
    label: SyntheticLabel | None = None


def level_text(level: float) -> str:
    """The level as counts and rates name it: the shortest text that reads back as the same number."""
    short = f"{level:g}"
    if float(short) == level:
        return short
    return f"{int(level)}" if float(level).is_integer() else repr(float(level))
