"""Reads the cells of a column as words or numbers, and collects every cell that breaks the column's rule."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Protocol

import numpy as np

from loan_training.data.numbers import NotANumber, missing_word_hint, parse_number
from loan_training.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loan_training.data.table import RawTable

SHOWN_FAULTS = 5
SHOWN_CHARACTERS = 80
# So many different values make it unlikely that three decimals are chance.
DOUBTFUL_VALUES = 5
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{3})+")


class Words(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def values(self) -> Sequence[str]: ...
    @property
    def aliases(self) -> Mapping[str, str]: ...
    @property
    def required(self) -> bool: ...


class Numbers(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def minimum(self) -> float: ...
    @property
    def maximum(self) -> float: ...
    @property
    def levels(self) -> Sequence[float]: ...
    @property
    def required(self) -> bool: ...


class CellFaults:
    """The bad cells of a table. The message shows the first of them, by row."""

    def __init__(self, table: RawTable, name: str) -> None:
        self._table, self._name = table, name
        # (row, column in the order of reading, message)
        self._shown: list[tuple[int, int, str]] = []
        self._count = self._columns = 0

    def add(self, column: str, values: Sequence[str], positions: np.ndarray, rules: Mapping[int, str]) -> None:
        """Adds the rows whose value is among `rules`, which has the broken rule of each bad value's position."""
        self._columns += 1
        if not rules:
            return
        if not any(values):
            raise DataRefused(
                f"{self._name}: column {column}: empty in all {len(positions)} rows; rule: {next(iter(rules.values()))}"
            )
        bad = np.flatnonzero(np.isin(positions, list(rules)))
        self._count += len(bad)
        for row in bad[:SHOWN_FAULTS].tolist():
            at = int(positions[row])
            fault = f"{self._table.place(row)}, column {column}: {_shown(values[at])}; rule: {rules[at]}"
            self._shown.append((row, self._columns, fault))

    def refuse(self) -> None:
        if not self._count:
            return
        lines = [f"{self._name}: {fault}" for _, _, fault in sorted(self._shown)[:SHOWN_FAULTS]]
        if self._count > len(lines):
            lines.append(f"{self._name}: and {self._count - len(lines)} more bad values")
        raise DataRefused("\n".join(lines))


def read_words(table: RawTable, header: str, column: Words, faults: CellFaults) -> np.ndarray:
    """The words of a column, object [rows]. A missing word is ""."""
    values, positions = table.distinct(header)
    words = np.array([column.aliases.get(value, value) for value in values], dtype=object)
    allowed = {*column.values} if column.required else {*column.values, ""}
    rule = f"one of {', '.join(column.values)}" + ("" if column.required else " or empty")
    faults.add(
        column.name,
        values,
        positions,
        {at: _with_hint(rule, missing_word_hint(word)) for at, word in enumerate(words) if word not in allowed},
    )
    return words[positions]


def read_numbers(table: RawTable, header: str, column: Numbers, faults: CellFaults) -> np.ndarray:
    """The numbers of a column, float64 [rows]. A missing number is NaN."""
    values, positions = table.distinct(header)
    numbers = np.full(len(values), np.nan)
    rule = _rule(column)
    broken: dict[int, str] = {}
    for at, value in enumerate(values):
        try:
            numbers[at] = parse_number(value, table.decimal)
        except NotANumber as why:
            broken[at] = _with_hint(rule, str(why))
            continue
        if math.isnan(numbers[at]):
            if column.required:
                broken[at] = "required"
        elif not _allowed(float(numbers[at]), column):
            broken[at] = rule
    if table.point_is_doubtful:
        broken |= _doubtful_points(values)
    faults.add(column.name, values, positions, broken)
    return numbers[positions]


def _doubtful_points(values: Sequence[str]) -> dict[int, str]:
    """The values that may be thousands, such as 5.849: every value with a point has exactly three digits after it."""
    pointed = [at for at, value in enumerate(values) if "." in value]
    if len(pointed) < DOUBTFUL_VALUES or not all(_THOUSANDS.fullmatch(values[at]) for at in pointed):
        return {}
    rule = (
        "the point looks like a thousands separator; write the numbers without it, or state --decimal '.' if it is "
        "a decimal point"
    )
    return dict.fromkeys(pointed, rule)


def _allowed(number: float, column: Numbers) -> bool:
    return number in column.levels if column.levels else column.minimum <= number <= column.maximum


def _rule(column: Numbers) -> str:
    if column.levels:
        rule = f"one of {', '.join(f'{level:g}' for level in column.levels)}"
    else:
        rule = f"a number from {column.minimum:,} to {column.maximum:,}"
    return rule + ("" if column.required else " or empty")


def _with_hint(rule: str, hint: str | None) -> str:
    return f"{rule}; {hint}" if hint else rule


def _shown(value: str) -> str:
    """ascii() shows what looks like an ASCII digit and is not."""
    if not value:
        return "no value"
    return (repr(value) if value.isascii() else f"{value!r} ({value!a})")[:SHOWN_CHARACTERS]
