"""What the feature graph of a schema computes, before anything is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from loan_training.schema.column import Category, Number
from loan_training.schema.directions import Directions, column_direction

if TYPE_CHECKING:
    from loan_training.schema.rules import Derived
    from loan_training.schema.schema import Schema

SIGNS = {"equal": "=", "at_least": ">=", "at_most": "<="}


@dataclass(frozen=True)
class Quantity:
    """A number that is a feature."""

    of: str
    logarithm: bool
    floor: float
    direction: int


@dataclass(frozen=True)
class Indicator:
    """A feature that is 1 if the value of `column` compares with `value`, and else 0. A missing value gives 0."""

    column: str
    value: str | float
    compare: Literal["equal", "at_least", "at_most"]
    direction: int

    @property
    def name(self) -> str:
        value = self.value if isinstance(self.value, str) else f"{self.value:g}"
        return f"{self.column}{SIGNS[self.compare]}{value}"


@dataclass(frozen=True)
class FeaturePlan:
    schema: Schema

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        return tuple(
            Quantity(one.of, one.logarithm, one.floor, self._directions.of(one.of))
            for one in self.schema.features
            if one.of in self._derived or _is_quantity(self.schema.column(one.of))
        )

    @cached_property
    def words(self) -> tuple[Category, ...]:
        """Categories among the features, in the order of the features."""
        columns = (self.schema.column(one.of) for one in self.schema.features if one.of not in self._derived)
        return tuple(column for column in columns if isinstance(column, Category))

    @cached_property
    def codes(self) -> tuple[Number, ...]:
        """Numbers with levels among the features, in the order of the features."""
        columns = (self.schema.column(one.of) for one in self.schema.features if one.of not in self._derived)
        return tuple(column for column in columns if isinstance(column, Number) and column.levels)

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """Indicators by equality first, because they share one comparison."""
        found = [Indicator(word.name, value, "equal", 0) for word in self.words for value in word.values]
        found += [one for column in self.codes for one in _level_indicators(column)]
        return tuple(sorted(found, key=lambda one: ("equal", "at_least", "at_most").index(one.compare)))

    @cached_property
    def names(self) -> tuple[str, ...]:
        return (*(one.of for one in self.quantities), *(one.name for one in self.indicators))

    @cached_property
    def constraints(self) -> tuple[int, ...]:
        """For each feature 1 if the probability may only rise with it, -1 if only fall, 0 if neither."""
        return (*(one.direction for one in self.quantities), *(one.direction for one in self.indicators))

    @cached_property
    def derived(self) -> tuple[Derived, ...]:
        """Derived numbers that a quantity needs, in their order."""
        needed = {one.of for one in self.quantities}
        for one in reversed(self.schema.derived):
            if one.name in needed:
                needed.update(one.sources)
        return tuple(one for one in self.schema.derived if one.name in needed)

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        """Columns that are read as numbers, in the order of the columns."""
        needed = {one.of for one in self.quantities} | {source for one in self.derived for source in one.sources}
        return tuple(column for column in self.schema.numbers if column.name in needed)

    @cached_property
    def _directions(self) -> Directions:
        return Directions(self.schema)

    @cached_property
    def _derived(self) -> frozenset[str]:
        return frozenset(one.name for one in self.schema.derived)


def _is_quantity(column: Category | Number) -> bool:
    return isinstance(column, Number) and not column.levels


def _level_indicators(column: Number) -> list[Indicator]:
    """One indicator for each level. With a direction, a missing value is a level between the worst and the next level.

    The worst level has an indicator that lowers the probability. Each better level adds one that raises it.
    """
    name, levels, direction = column.name, column.levels, column_direction(column)
    if direction == 0 or len(levels) == 1:
        return [Indicator(name, level, "equal", 0) for level in levels]
    worst = levels[0] if direction > 0 else levels[-1]
    if len(levels) == 2:
        return [Indicator(name, level, "equal", -1 if level == worst else 1) for level in levels]
    compare = "at_least" if direction > 0 else "at_most"
    return [
        Indicator(name, level, "equal", -1) if level == worst else Indicator(name, level, compare, 1)
        for level in levels
    ]
