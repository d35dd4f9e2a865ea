"""The parts of a schema beside its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Operator = Literal["sum", "difference", "ratio", "log", "log1p"]


@dataclass(frozen=True)
class Label:
    column: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Identifier:
    column: str
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Threshold:
    """The rule that gives the threshold. Exactly one member is set."""

    value: float | None = None
    # Cost of a wrong positive decision, divided by that of a wrong negative decision.
    cost_ratio: float | None = None
    # Share of the training rows that shall be decided positively.
    approval_rate: float | None = None


@dataclass(frozen=True)
class DecisionRule:
    name: str
    positive: str
    negative: str
    threshold: Threshold


@dataclass(frozen=True)
class Derived:
    """A number that is computed inside the graph from `sources`, which are columns or derived numbers."""

    name: str
    operator: Operator
    sources: tuple[str, ...]
    # Lower bound of the divisor of a ratio.
    least_divisor: float = 1.0
    # Lower bound before a logarithm.
    floor: float = 1.0


@dataclass(frozen=True)
class Feature:
    """A number that the model scores, or the indicators of a category or of a number with levels."""

    of: str
    # True: families other than trees see the logarithm, of at least `floor`.
    logarithm: bool = False
    floor: float = 1.0


@dataclass(frozen=True)
class MustDecline:
    """Values of some columns with which no model may decide positively, whatever the other columns hold."""

    name: str
    row: dict[str, str | float]


@dataclass(frozen=True)
class BaselineRule:
    """A row passes if its value is one of `values`, or is inside the bounds, or is missing and `missing` is true."""

    column: str
    values: tuple[str | float, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    missing: bool = False


@dataclass(frozen=True)
class Factor:
    """Columns that count together as one reason of a negative decision."""

    code: str
    columns: tuple[str, ...]
    message: str
    missing: str


@dataclass(frozen=True)
class Reasons:
    factors: tuple[Factor, ...]
    limit: int = 4
    minimum: float = 0.02
    minimum_share: float = 0.05
