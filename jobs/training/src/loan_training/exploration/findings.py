"""All that the page of a data set shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loan_training.data.duplicates import count_duplicates, duplicate_warnings
from loan_training.exploration.column_facts import Bar, ColumnFacts, column_facts
from loan_training.exploration.correlations import Correlations, correlations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loan_training.data.dataset import Dataset
    from loan_training.data.duplicates import Duplicates

# Pictures and associations of more rows look the same.
SAMPLED_ROWS = 200_000
SEED = 7
# A group with fewer rows is not judged, because chance alone makes its rate differ.
JUDGED_ROWS = 100
FOUR_FIFTHS = 0.8
MUCH_MISSING = 0.5
LEAST_SHARE = 0.05


@dataclass(frozen=True)
class Group:
    column: str
    bar: Bar
    # Rate over the highest rate among groups of enough rows. None: not measured.
    ratio: float | None

    @property
    def shown_ratio(self) -> float:
        """Rounded down, so that no ratio below four fifths is shown as four fifths."""
        return math.floor(1_000 * (self.ratio or 0)) / 1_000

    @property
    def below(self) -> bool:
        return self.ratio is not None and self.ratio < FOUR_FIFTHS


@dataclass(frozen=True)
class Findings:
    source: str
    schema: str
    label: str
    positive: str
    negative: str
    rows: int
    positive_rows: int
    sampled: int | None
    # The columns that say most about the label come first.
    columns: tuple[ColumnFacts, ...]
    groups: tuple[Group, ...]
    correlations: Correlations
    duplicates: Duplicates
    warnings: tuple[str, ...]


def explore(dataset: Dataset, source: str) -> Findings:
    duplicates = count_duplicates(dataset)
    sampled = dataset if len(dataset) <= SAMPLED_ROWS else _sample(dataset)
    columns = sorted(column_facts(sampled), key=lambda one: -one.strength)
    linked = correlations(sampled, [one.name for one in columns if one.kind != "category"])
    groups = tuple(_groups(columns, dataset.schema.watched))
    schema = dataset.schema
    findings = Findings(
        source=source,
        schema=schema.name,
        label=schema.label.column,
        positive=schema.decision.positive,
        negative=schema.decision.negative,
        rows=len(dataset),
        positive_rows=int(dataset.labels.sum()),
        sampled=None if sampled is dataset else len(sampled),
        columns=tuple(columns),
        groups=groups,
        correlations=linked,
        duplicates=duplicates,
        warnings=(),
    )
    return Findings(**vars(findings) | {"warnings": tuple(_warnings(findings))})


def _sample(dataset: Dataset) -> Dataset:
    chosen = np.random.default_rng(SEED).choice(len(dataset), SAMPLED_ROWS, replace=False)
    return dataset.take(np.sort(chosen))


def _groups(columns: list[ColumnFacts], watched: tuple[str, ...]) -> Iterator[Group]:
    for one in (column for column in columns if column.name in watched):
        bars = [bar for bar in one.bars if bar.is_value]
        highest = max((bar.rate or 0 for bar in bars if bar.rows >= JUDGED_ROWS), default=0)
        for bar in bars:
            measured = bar.rows >= JUDGED_ROWS and highest > 0
            yield Group(one.name, bar, (bar.rate or 0) / highest if measured else None)


def _warnings(found: Findings) -> Iterator[str]:
    for one in found.columns:
        if one.leaks:
            yield (
                f"{one.name} alone orders the rows almost as the label does (AUC {one.strength:.3f}). "
                "If it is known only after the decision, no model may score it."
            )
    yield from duplicate_warnings(found.duplicates, "the data")
    share = found.positive_rows / found.rows if found.rows else 0
    if min(share, 1 - share) < LEAST_SHARE:
        yield f"{share:.2%} of the rows are positive. A rare outcome needs more rows, and a threshold of its own."
    for one in found.columns:
        if one.missing == one.rows:
            yield f"{one.name} is empty in all rows."
            continue
        if one.constant:
            yield f"{one.name} has one value only, so a model learns nothing from it."
        if one.missing_share >= MUCH_MISSING:
            yield f"{one.name} is missing in {one.missing_share:.0%} of the rows."
    for group in found.groups:
        if group.below:
            yield (
                f"{group.column} {group.bar.text}: {group.bar.rate:.0%} positive labels, {group.shown_ratio:.3f} of "
                "the highest group's rate, below four fifths. A model learns such a difference."
            )
    for first, second, value in found.correlations.close_pairs():
        yield f"{first} and {second} say almost the same (rank correlation {value:.2f})."
    for one in found.columns:
        if one.outliers:
            yield (
                f"{one.name} has {one.outliers:,} far outliers (beyond three times the middle half). Check their unit."
            )
