"""A column of an application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

# scored: the model may score the column. accepted: validated, not scored. protected: no feature may use the column.
Use = Literal["scored", "accepted", "protected"]
Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Category:
    """A column of words. A missing value is an empty string."""

    name: str
    values: tuple[str, ...]
    # Other spellings, each with the value that it means.
    aliases: dict[str, str] = field(default_factory=dict)
    # Other names of the column in files.
    headers: tuple[str, ...] = ()
    required: bool = False
    use: Use = "scored"
    unit: str = ""
    description: str = ""


@dataclass(frozen=True)
class Number:
    """A column of numbers with inclusive bounds. A missing value is NaN."""

    name: str
    minimum: float
    maximum: float
    # If set, the column is a code, and only these values are allowed.
    levels: tuple[float, ...] = ()
    headers: tuple[str, ...] = ()
    required: bool = False
    use: Use = "scored"
    # Direction in which the probability never falls. None: no direction.
    better: Better | None = None
    # Number that a missing value is read as, or the median of the training data.
    missing: float | Literal["median"] = "median"
    # Name of the values inside the graph.
    symbol: str = ""
    # Values at which the direction is checked. Empty: deciles of the training data, and the bounds.
    check: tuple[float, ...] = ()
    unit: str = ""
    description: str = ""


Column = Category | Number
