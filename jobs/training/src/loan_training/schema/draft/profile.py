"""What a column of a file holds, before anybody knows what the column means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from loan_training.data.numbers import NotANumber, parse_number

if TYPE_CHECKING:
    from loan_training.data.table import RawTable


@dataclass(frozen=True)
class Profile:
    header: str
    # The different values, without the missing value, and how many rows have each.
    words: tuple[str, ...]
    counts: np.ndarray
    # For each row the position of its value in `words`, or -1 if the value is missing.
    codes: np.ndarray
    decimal: str

    @property
    def rows(self) -> int:
        return len(self.codes)

    @property
    def present(self) -> int:
        return int(self.counts.sum())

    @property
    def missing(self) -> int:
        return self.rows - self.present

    @cached_property
    def numbers(self) -> np.ndarray:
        """The number that each value is, or NaN if the value is not a number."""
        return np.array([_number(word, self.decimal) for word in self.words], dtype=np.float64)

    @cached_property
    def by_row(self) -> np.ndarray:
        """The number of each row, or NaN."""
        return np.append(self.numbers, np.nan)[self.codes]


def profile(table: RawTable, header: str) -> Profile:
    values, positions = table.distinct(header)
    # Values that differ only by the spaces around them are one value.
    known: dict[str, int] = {}
    mapped = np.array([known.setdefault(value, len(known)) if value else -1 for value in values], dtype=np.int64)
    codes = mapped[positions]
    counts = np.bincount(codes[codes >= 0], minlength=len(known))
    return Profile(header, tuple(known), counts, codes, table.decimal)


def _number(word: str, decimal: str) -> float:
    try:
        return parse_number(word, decimal)
    except NotANumber:
        return math.nan
