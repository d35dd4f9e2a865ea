"""Reads a training file, refuses it if a row breaks the schema, and splits it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pandera
from pandera.errors import SchemaErrors

from loan_training.data.columns import CATEGORIES, IDENTIFIER, LABEL, NAMES, NEGATIVE, NUMBERS, POSITIVE, Number
from loan_training.errors import DataRefused

SHOWN_FAILURES = 5
# Fewer rows of a label could not be spread over the folds and the holdout.
MINIMUM_ROWS_PER_LABEL = 25
MINIMUM_HOLDOUT_ROWS_PER_LABEL = 5
HOLDOUT_SHARE = 0.2


@dataclass(frozen=True)
class Dataset:
    """Applications with their labels (1 is approved). A missing word is "", a missing number NaN."""

    applications: pd.DataFrame
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: np.ndarray) -> Dataset:
        return Dataset(self.applications.iloc[index].reset_index(drop=True), self.labels[index])

    def fingerprint(self) -> str:
        """sha256 over the validated rows. Line ends, aliases of words and identifiers do not change it."""
        return hashlib.sha256(self.to_csv().encode()).hexdigest()

    def to_csv(self) -> str:
        labels = np.where(self.labels == 1, POSITIVE, NEGATIVE)
        return self.applications.assign(**{LABEL: labels}).to_csv(index=False, lineterminator="\n")


def parse(content: bytes, name: str, minimum_rows_per_label: int = MINIMUM_ROWS_PER_LABEL) -> Dataset:
    """The data set in a CSV file. Raises DataRefused, which names file, row, column, value and rule."""
    frame = _read(content, name)
    _refuse_header(list(frame.columns), name)
    if frame.empty:
        raise DataRefused(f"{name}: no rows below the header")
    valid = _validate(_normalised(frame), name)
    labels = (valid[LABEL] == POSITIVE).to_numpy(dtype=np.int64)
    for label, count in ((POSITIVE, labels.sum()), (NEGATIVE, len(labels) - labels.sum())):
        if count < minimum_rows_per_label:
            raise DataRefused(
                f"{name}: column {LABEL}: {count} rows with {label}, at least {minimum_rows_per_label} are needed"
            )
    return Dataset(valid[list(NAMES)].reset_index(drop=True), labels)


def split(dataset: Dataset) -> tuple[Dataset, Dataset]:
    """(training, holdout).

    The content of a row decides its side, so the row stays there when the file grows. A champion that was trained
    on an earlier file has therefore not seen this holdout either. Copies of a row are never on both sides.
    """
    lines = dataset.applications.to_csv(index=False, header=False, lineterminator="\n").splitlines()
    held = np.array([_fraction(line) < HOLDOUT_SHARE for line in lines])
    training, holdout = dataset.take(np.flatnonzero(~held)), dataset.take(np.flatnonzero(held))
    for side, labels in (("training", training.labels), ("holdout", holdout.labels)):
        if min(labels.sum(), len(labels) - labels.sum()) < MINIMUM_HOLDOUT_ROWS_PER_LABEL:
            raise DataRefused(
                f"too few rows: {len(labels)} on the {side} side, {labels.sum()} of them approved; "
                f"at least {MINIMUM_HOLDOUT_ROWS_PER_LABEL} of each label are needed"
            )
    return training, holdout


def join(*parts: Dataset) -> Dataset:
    return Dataset(
        pd.concat([part.applications for part in parts], ignore_index=True),
        np.concatenate([part.labels for part in parts]),
    )


def _fraction(line: str) -> float:
    return int.from_bytes(hashlib.sha256(line.encode()).digest()[:8], "big") / 2**64


def _read(content: bytes, name: str) -> pd.DataFrame:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataRefused(f"{name}: byte {error.start} is not UTF-8") from error
    try:
        return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, index_col=False)
    except pd.errors.EmptyDataError as error:
        raise DataRefused(f"{name}: the file is empty; a header line is expected") from error
    except pd.errors.ParserError as error:
        raise DataRefused(f"{name}: not a CSV file: {str(error).strip()}") from error


def _refuse_header(found: list[str], name: str) -> None:
    expected = [*NAMES, LABEL]
    missing = [column for column in expected if column not in found]
    surplus = [column for column in found if column not in (*expected, IDENTIFIER)]
    if missing or surplus:
        faults = [f"column {column!r} is missing" for column in missing]
        faults += [f"column {column!r} is not known" for column in surplus]
        raise DataRefused(f"{name}: header: {'; '.join(faults)}; expected {', '.join(expected)}")


def _normalised(frame: pd.DataFrame) -> pd.DataFrame:
    """Strips words and resolves their aliases. An empty number becomes NaN, an invalid number stays text."""
    frame = frame[[*NAMES, LABEL]].fillna("").astype(object).apply(lambda column: column.str.strip())
    for category in CATEGORIES:
        frame[category.name] = frame[category.name].replace(category.aliases)
    for number in NUMBERS:
        frame[number.name] = frame[number.name].map(_number)
    return frame


def _number(word: str) -> object:
    try:
        return float(word) if word else np.nan
    except ValueError:
        return word


def _schema() -> pandera.DataFrameSchema:
    columns = {number.name: _number_column(number) for number in NUMBERS}
    for category in CATEGORIES:
        words = category.values if category.required else (*category.values, "")
        rule = f"one of {', '.join(category.values)}" + ("" if category.required else " or empty")
        columns[category.name] = pandera.Column(None, pandera.Check.isin(words, error=rule))
    columns[LABEL] = pandera.Column(
        None, pandera.Check.isin((POSITIVE, NEGATIVE), error=f"one of {POSITIVE}, {NEGATIVE}")
    )
    return pandera.DataFrameSchema(columns, strict=True)


def _number_column(number: Number) -> pandera.Column:
    if number.levels:
        rule = f"one of {', '.join(f'{level:g}' for level in number.levels)}"
    else:
        rule = f"a number from {number.minimum:,} to {number.maximum:,}"

    def allowed(value: object) -> bool:
        if not isinstance(value, float):
            return False
        return value in number.levels if number.levels else number.minimum <= value <= number.maximum

    check = pandera.Check(allowed, element_wise=True, error=rule + ("" if number.required else " or empty"))
    return pandera.Column(None, check, nullable=not number.required)


def _validate(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    try:
        valid = _schema().validate(frame, lazy=True)
    except SchemaErrors as refused:
        raise DataRefused(_failures(refused.failure_cases, name)) from None
    return valid.astype({number.name: "float64" for number in NUMBERS})


def _failures(cases: pd.DataFrame, name: str) -> str:
    cases = cases.drop_duplicates(["index", "column"]).sort_values("index", kind="stable")
    lines = [
        f"{name}: row {int(case.index_) + 1}, column {case.column}: {_shown(case.failure_case)}; rule: {_rule(case)}"
        for case in cases.rename(columns={"index": "index_"}).head(SHOWN_FAILURES).itertuples()
    ]
    if len(cases) > SHOWN_FAILURES:
        lines.append(f"{name}: and {len(cases) - SHOWN_FAILURES} more bad values")
    return "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return "no value" if np.isnan(value) else f"{value:g}"
    return repr(value)[:80] if value else "no value"


def _rule(case: object) -> str:
    return "required" if case.check == "not_nullable" else case.check
