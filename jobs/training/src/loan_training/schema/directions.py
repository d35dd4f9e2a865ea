"""Directions of numbers: 1 if the probability may only rise when a number grows, -1 if only fall, 0 if neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loan_training.schema.column import Number
    from loan_training.schema.rules import Derived
    from loan_training.schema.schema import Schema


@dataclass(frozen=True)
class Contradiction:
    """A derived number for which no direction serves all of its columns."""

    name: str
    why: str


def column_direction(column: Number) -> int:
    return {"higher": 1, "lower": -1, None: 0}[column.better]


class Directions:
    """The direction of each derived number, from the directions of the columns that it is computed from."""

    def __init__(self, schema: Schema) -> None:
        self.contradictions: list[Contradiction] = []
        self._directions = {column.name: column_direction(column) for column in schema.numbers}
        self._nonnegative = {column.name: _smallest(column) >= 0 for column in schema.numbers}
        for one in schema.derived:
            self._directions[one.name] = self._derive(one)
            self._nonnegative[one.name] = self._is_nonnegative(one)

    def of(self, name: str) -> int:
        return self._directions[name]

    def nonnegative(self, name: str) -> bool:
        return self._nonnegative[name]

    def _derive(self, one: Derived) -> int:
        wanted = [self._directions[source] for source in one.sources]
        if one.operator in ("difference", "ratio"):
            # The number falls when the second number grows.
            wanted[1] = -wanted[1]
        broken = {contradiction.name for contradiction in self.contradictions}
        for source in one.sources:
            if source in broken:
                return self._contradict(one, f"no direction serves {source}, from which it is computed")
        # The divisor is at least `leastDivisor`, so above 0. A larger divisor lowers a ratio if the numerator is not
        # negative. The numerator raises a ratio always.
        if one.operator == "ratio" and wanted[1] and not self._nonnegative[one.sources[0]]:
            why = f"{one.sources[0]} may be negative, so {one.sources[1]} may move the ratio both ways"
            return self._contradict(one, why)
        signs = {sign for sign in wanted if sign}
        if len(signs) > 1:
            return self._contradict(one, f"a direction that serves {one.sources[0]} breaks that of another number")
        return signs.pop() if signs else 0

    def _contradict(self, one: Derived, why: str) -> int:
        self.contradictions.append(Contradiction(one.name, why))
        return 0

    def _is_nonnegative(self, one: Derived) -> bool:
        if one.operator == "log1p":
            return True
        if one.operator == "log":
            return one.floor >= 1
        if one.operator == "ratio":
            return self._nonnegative[one.sources[0]]
        return one.operator == "sum" and all(self._nonnegative[source] for source in one.sources)


def _smallest(column: Number) -> float:
    """The smallest number that the graph may read, as a missing value may be read as a number below the minimum."""
    return column.minimum if column.missing == "median" else min(column.minimum, column.missing)
