"""Decides the rows of a file in chunks, as the inference service decides records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from loan_training.reasons.factor import factors_of
from loan_training.reasons.naming import Naming, name_reasons
from loan_training.reasons.shapley import contributions
from loan_training.scoring.contract_model import TOLERANCE
from loan_training.scoring.field_rules import Rejection
from loan_training.scoring.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from loan_training.scoring.contract_model import ContractModel
    from loan_training.scoring.records import Row

CHUNK_ROWS = 8_192
SCORING_FAILED = Rejection("retries_exhausted", "the graph failed on the row, or gave no probability from 0 to 1")


@dataclass
class Counts:
    rows: int = 0
    positive: int = 0
    negative: int = 0
    # Error code to rows.
    invalid: Counter[str] = field(default_factory=Counter)

    def add(self, results: Sequence[Result]) -> None:
        self.rows += len(results)
        self.positive += sum(one.positive is True for one in results)
        self.negative += sum(one.positive is False for one in results)
        self.invalid.update(one.error_code for one in results if one.error_code)


def decide_rows(
    model: ContractModel,
    rows: Iterable[Row],
    write: Callable[[Sequence[Result]], None],
    report: Callable[[Counts], None],
) -> Counts:
    """Writes a result for each row, in order. Reports the counts after each chunk."""
    counts = Counts()
    for chunk in _chunks(rows):
        results = decide_chunk(model, chunk, counts.rows + 1)
        write(results)
        counts.add(results)
        report(counts)
    return counts


def decide_chunk(model: ContractModel, rows: Sequence[Row], first: int) -> list[Result]:
    """The results of some rows. `first` is the number of the first."""
    results: list[Result | None] = [None] * len(rows)
    decoded, places = [], []
    for place, row in enumerate(rows):
        values = row.rejection or model.contract.decode(row.values)
        if isinstance(values, Rejection):
            results[place] = _refused(first + place, row.id, values)
        else:
            decoded.append(values)
            places.append(place)
    if decoded:
        for place, result in zip(places, _decisions(model, decoded, rows, places, first), strict=True):
            results[place] = result
    return [one for one in results if one is not None]


def _decisions(
    model: ContractModel, decoded: list[Any], rows: Sequence[Row], places: Sequence[int], first: int
) -> Iterator[Result]:
    columns = model.columns(decoded)
    scores = model.scores_apart(columns)
    is_probability = (scores >= -TOLERANCE) & (scores <= 1 + TOLERANCE)
    # Rounded as JavaScript rounds, because a published probability must give the same decision everywhere.
    published = np.floor(np.clip(np.nan_to_num(scores), 0, 1) * 1e6 + 0.5) / 1e6
    positive = published >= model.contract.decision["threshold"]
    reasons = _reasons(model, columns, decoded, np.flatnonzero(is_probability & ~positive))
    for at, place in enumerate(places):
        number, id = first + place, rows[place].id
        if not is_probability[at]:
            yield _refused(number, id, SCORING_FAILED)
        else:
            yield Result(number, id, float(published[at]), bool(positive[at]), reasons.get(at, []))


def _reasons(
    model: ContractModel, columns: dict[str, np.ndarray], decoded: Sequence[Any], declined: np.ndarray
) -> dict[int, list[dict[str, Any]]]:
    declared = model.contract.reasons
    if declared is None or not len(declined):
        return {}
    factors = factors_of(declared)
    reference = {
        one["name"]: model.column(one, [declared["reference"].get(one["name"])])[0] for one in model.contract.fields
    }
    chosen = {name: values[declined] for name, values in columns.items()}
    found = contributions(model.scores_apart, chosen, reference, factors)
    naming = Naming.of(declared)
    return {
        at: name_reasons(
            naming,
            factors,
            found.values[place].tolist(),
            dict(zip(model.contract.names, decoded[at], strict=True)),
            {name: bool(worse[place]) for name, worse in found.worse.items()},
        )
        for place, at in enumerate(declined.tolist())
    }


def _refused(number: int, id: str, rejection: Rejection) -> Result:
    return Result(number, id, error_code=rejection.code, error_field=rejection.field, error_message=rejection.message)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK_ROWS)):
        yield chunk
