"""What each column of a data set holds, and how the label goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loan_training.schema.column import Category
from loan_training.schema.draft.association import ALMOST_THE_LABEL, binned, rank_auc, rate_auc

if TYPE_CHECKING:
    from loan_training.data.dataset import Dataset
    from loan_training.schema.column import Column, Use

BINS = 16
SHOWN_VALUES = 12
# Tukey's far outliers: further from the middle half than three times its width.
FAR = 3.0


@dataclass(frozen=True)
class Bar:
    """Rows with one value, or with numbers in one interval."""

    text: str
    rows: int
    positive: int
    # False for missing values, and for rare values that are counted together.
    is_value: bool = True

    @property
    def rate(self) -> float | None:
        return self.positive / self.rows if self.rows else None


@dataclass(frozen=True)
class ColumnFacts:
    name: str
    use: Use
    kind: str
    rows: int
    missing: int
    distinct: int
    # Area under the ROC curve of the column alone: 0.5 says nothing about the label, 1 is the label itself.
    strength: float
    # Numbers: quantiles of 1, 50 and 99 of 100 rows. No single row is shown.
    quantiles: tuple[float, float, float] | None
    outliers: int
    bars: tuple[Bar, ...]

    @property
    def missing_share(self) -> float:
        return self.missing / self.rows if self.rows else 0.0

    @property
    def constant(self) -> bool:
        return self.distinct < 2

    @property
    def leaks(self) -> bool:
        return self.strength >= ALMOST_THE_LABEL


def figure(number: float) -> str:
    """Four digits, without an exponent for amounts of money."""
    rounded = float(f"{number:.4g}")
    return f"{rounded:,.0f}" if 1e4 <= abs(rounded) < 1e15 else f"{rounded:,.4g}"


def column_facts(dataset: Dataset) -> list[ColumnFacts]:
    return [
        _category(column, dataset) if isinstance(column, Category) else _number(column, dataset)
        for column in dataset.schema.columns
    ]


def _category(column: Category, dataset: Dataset) -> ColumnFacts:
    codes, words = pd.factorize(dataset.applications[column.name], use_na_sentinel=False)
    rows, positive = _counted(codes, dataset.labels, len(words))
    by_word = {str(word): Bar(str(word), *pair) for word, *pair in zip(words, rows, positive, strict=True)}
    missing = by_word.pop("", None)
    bars = sorted(by_word.values(), key=lambda bar: -bar.rows)
    if len(bars) > SHOWN_VALUES:
        rest = bars[SHOWN_VALUES - 1 :]
        others = Bar(f"{len(rest)} others", sum(bar.rows for bar in rest), sum(bar.positive for bar in rest), False)
        bars = [*bars[: SHOWN_VALUES - 1], others]
    return ColumnFacts(
        column.name,
        column.use,
        "category",
        len(dataset),
        missing.rows if missing else 0,
        len(by_word),
        rate_auc(codes, dataset.labels),
        None,
        0,
        tuple([*bars, Bar("missing", missing.rows, missing.positive, False)] if missing else bars),
    )


def _number(column: Column, dataset: Dataset) -> ColumnFacts:
    numbers = dataset.applications[column.name].to_numpy(dtype=np.float64)
    known = ~np.isnan(numbers)
    present, labels = numbers[known], dataset.labels
    different = np.unique(present)
    order = rank_auc(present, labels[known])
    strength = max(order, 1 - order) if known.all() else 0.5
    strength = max(strength, rate_auc(binned(numbers), labels)) if len(different) > 1 or not known.all() else 0.5
    return ColumnFacts(
        column.name,
        column.use,
        "levels" if column.levels else "number",
        len(dataset),
        int((~known).sum()),
        len(different),
        strength,
        tuple(np.quantile(present, [0.01, 0.5, 0.99]).tolist()) if len(present) else None,
        _outliers(present) if len(different) > BINS else 0,
        tuple(_number_bars(numbers, different, labels)),
    )


def _outliers(numbers: np.ndarray) -> int:
    low, high = np.quantile(numbers, [0.25, 0.75])
    width = FAR * (high - low)
    return int(((numbers < low - width) | (numbers > high + width)).sum()) if width > 0 else 0


def _number_bars(numbers: np.ndarray, different: np.ndarray, labels: np.ndarray) -> list[Bar]:
    known = ~np.isnan(numbers)
    if not len(different):
        return [_missing_bar(known, labels)]
    if len(different) <= SHOWN_VALUES:
        places = np.searchsorted(different, numbers[known])
        texts = [f"{value:g}" for value in different]
    else:
        # Between the quantiles of 1 and 99 of 100 rows, so that one outlier does not flatten all bars.
        low, high = np.quantile(numbers[known], [0.01, 0.99])
        edges = np.linspace(low, high, BINS + 1) if high > low else np.array([low, np.nextafter(low, np.inf)])
        places = np.clip(np.searchsorted(edges, numbers[known], side="right") - 1, 0, len(edges) - 2)
        texts = [f"{figure(left)} to {figure(right)}" for left, right in pairwise(edges)]
    rows, positive = _counted(places, labels[known], len(texts))
    bars = [Bar(*one) for one in zip(texts, rows, positive, strict=True)]
    return bars if known.all() else [*bars, _missing_bar(known, labels)]


def _missing_bar(known: np.ndarray, labels: np.ndarray) -> Bar:
    return Bar("missing", int((~known).sum()), int(labels[~known].sum()), False)


def _counted(codes: np.ndarray, labels: np.ndarray, length: int) -> tuple[list[int], list[int]]:
    rows = np.bincount(codes, minlength=length)
    positive = np.bincount(codes, weights=labels, minlength=length)
    return rows.tolist(), positive.astype(int).tolist()
