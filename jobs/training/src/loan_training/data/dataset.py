"""Reads a training file, refuses it if a row breaks the schema, and splits it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loan_training.data.cells import CellFaults, read_numbers, read_words
from loan_training.data.duplicates import group_labels, groups_of
from loan_training.data.header import match_header
from loan_training.data.reader import DEFAULT_READING, read_table
from loan_training.errors import DataRefused
from loan_training.schema.column import Category

if TYPE_CHECKING:
    from loan_training.data.reading import Reading
    from loan_training.data.table import RawTable
    from loan_training.schema.schema import Schema

# Fewer rows of a label could not be spread over the folds and the holdout.
MINIMUM_ROWS_PER_LABEL = 25
MINIMUM_HOLDOUT_ROWS_PER_LABEL = 5
HOLDOUT_SHARE = 0.2
# With so many rows of a label, the holdout has its minimum of both labels in 99 of 100 files.
SUFFICIENT_ROWS_PER_LABEL = 60


@dataclass(frozen=True)
class Dataset:
    """Applications with their labels (1 is positive). A missing word is "", a missing number NaN."""

    applications: pd.DataFrame
    labels: np.ndarray
    schema: Schema
    # A number for each different identifier, -1 if it is missing. None if the file had no identifiers.
    identifiers: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: np.ndarray) -> Dataset:
        identifiers = None if self.identifiers is None else self.identifiers[index]
        applications = self.applications.iloc[index].reset_index(drop=True)
        return Dataset(applications, self.labels[index], self.schema, identifiers)

    def fingerprint(self) -> str:
        """sha256 over the validated rows. Line ends, aliases of words and identifiers do not change it."""
        return hashlib.sha256(self.to_csv().encode()).hexdigest()

    def to_csv(self) -> str:
        label = self.schema.label
        labels = np.where(self.labels == 1, label.positive[0], label.negative[0])
        return self.applications.assign(**{label.column: labels}).to_csv(index=False, lineterminator="\n")


def parse(
    content: bytes,
    name: str,
    schema: Schema,
    minimum_rows_per_label: int = MINIMUM_ROWS_PER_LABEL,
    reading: Reading = DEFAULT_READING,
) -> Dataset:
    """The data set in a file. Raises DataRefused, which names file, row, line, column, value and rule."""
    table = read_table(content, name, reading)
    headers = match_header(table.header, _other_names(schema), _optional(schema), name)
    faults = CellFaults(table, name)
    applications = pd.DataFrame(
        {
            column.name: pd.Series(read_words(table, headers[column.name], column, faults), dtype=object)
            if isinstance(column, Category)
            else read_numbers(table, headers[column.name], column, faults)
            for column in schema.columns
        }
    )
    label = schema.label
    words = Category(label.column, (*label.positive, *label.negative), required=True)
    answers = read_words(table, headers[label.column], words, faults)
    faults.refuse()
    labels = np.isin(answers, label.positive).astype(np.int64)
    for meaning, count in ((label.positive, labels.sum()), (label.negative, len(labels) - labels.sum())):
        if count < minimum_rows_per_label:
            raise DataRefused(
                f"{name}: column {label.column}: {count} rows with {' or '.join(meaning)}, "
                f"at least {minimum_rows_per_label} are needed, "
                f"and {SUFFICIENT_ROWS_PER_LABEL} are enough in 99 of 100 files"
            )
    header = headers.get(schema.identifier.column) if schema.identifier else None
    return Dataset(applications, labels, schema, None if header is None else _identifiers(table, header))


def split(dataset: Dataset, name: str = "the data") -> tuple[Dataset, Dataset]:
    """(training, holdout).

    The content of a row decides its side, so the row stays there when the file grows. A champion that was trained
    on an earlier file has therefore not seen this holdout either. Copies of a row are never on both sides.
    """
    lines = dataset.applications.to_csv(index=False, header=False, lineterminator="\n").split("\n")[:-1]
    held = np.array([_fraction(line) < HOLDOUT_SHARE for line in lines])
    training, holdout = dataset.take(np.flatnonzero(~held)), dataset.take(np.flatnonzero(held))
    for side, rows in (("training", training), ("holdout", holdout)):
        # Copies tell nothing new, and folds keep them together, so that each application counts once.
        groups = groups_of(rows.applications)
        labels = group_labels(rows.labels, groups)
        if min(labels.sum(), len(labels) - labels.sum()) < MINIMUM_HOLDOUT_ROWS_PER_LABEL:
            copies = f" without copies ({len(rows)} with copies)" if len(labels) < len(rows) else ""
            raise DataRefused(
                f"{name}: too few rows: of {len(dataset)} rows, {len(labels)}{copies} are on the {side} side, "
                f"{labels.sum()} of them with {' or '.join(dataset.schema.label.positive)}; "
                f"rule: at least {MINIMUM_HOLDOUT_ROWS_PER_LABEL} of each "
                f"label are needed on each side; {SUFFICIENT_ROWS_PER_LABEL} rows of each label are enough "
                f"in 99 of 100 files"
            )
    return training, holdout


def join(*parts: Dataset) -> Dataset:
    return Dataset(
        pd.concat([part.applications for part in parts], ignore_index=True),
        np.concatenate([part.labels for part in parts]),
        parts[0].schema,
    )


def _identifiers(table: RawTable, header: str) -> np.ndarray:
    values, positions = table.distinct(header)
    numbers = pd.factorize(np.array(values, dtype=object))[0]
    return np.where(np.array(values, dtype=object) == "", -1, numbers)[positions]


def _other_names(schema: Schema) -> dict[str, tuple[str, ...]]:
    """Every column that a training file may have, with the other names of the column."""
    names = {column.name: column.headers for column in schema.columns} | {schema.label.column: schema.label.headers}
    names |= {schema.identifier.column: schema.identifier.headers} if schema.identifier else {}
    return names | dict.fromkeys(schema.ignored, ())


def _optional(schema: Schema) -> frozenset[str]:
    return frozenset({*schema.ignored, *((schema.identifier.column,) if schema.identifier else ())})


def _fraction(line: str) -> float:
    return int.from_bytes(hashlib.sha256(line.encode()).digest()[:8], "big") / 2**64
