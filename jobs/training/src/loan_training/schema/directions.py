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
        self._nonnegative = {column.name: column.minimum >= 0 for column in schema.numbers}
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
        if one.operator == "ratio" and any(wanted) and not all(self._nonnegative[source] for source in one.sources):
            why = "a ratio of numbers that may be negative has no direction"
            self.contradictions.append(Contradiction(one.name, why))
            return 0
        signs = {sign for sign in wanted if sign}
        if len(signs) > 1:
            why = f"a direction that serves {one.sources[0]} breaks that of {one.sources[1]}"
            self.contradictions.append(Contradiction(one.name, why))
            return 0
        return signs.pop() if signs else 0

    def _is_nonnegative(self, one: Derived) -> bool:
        if one.operator == "log1p":
            return True
        if one.operator == "log":
            return one.floor >= 1
        return one.operator in ("sum", "ratio") and all(self._nonnegative[source] for source in one.sources)
