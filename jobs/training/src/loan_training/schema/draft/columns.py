"""Drafts each column of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from loan_training.schema.draft.association import Association, association
from loan_training.schema.draft.bounds import widened
from loan_training.schema.draft.kinds import Kind, decide_kind
from loan_training.schema.draft.names import is_protected

if TYPE_CHECKING:
    from loan_training.schema.column import Use
    from loan_training.schema.draft.profile import Profile

# With fewer values, a fold may have none.
LEAST_SCORED_VALUES = 50
# training-schema.json takes as many decimal places.
MAXIMUM_DECIMALS = 6
LOOKED_AT = 1_000


@dataclass(frozen=True)
class ColumnDraft:
    header: str
    name: str
    kind: Kind
    use: Use
    required: bool
    missing: int
    rows: int
    note: str = ""
    protected: bool = False
    # Categories and levels: each value with its rows and its positive rows, most frequent first.
    values: dict[str, tuple[int, int]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    minimum: float = 0.0
    maximum: float = 0.0
    # Numbers: mean, deviation, share above 0, and the bounds of 98 of 100 rows.
    mean: float = 0.0
    deviation: float = 0.0
    share: float = 1.0
    median: float = 0.0
    usual: tuple[float, float] = (0.0, 0.0)
    decimals: int = 0
    # Log odds of the positive label above the median, minus those up to the median.
    rise: float = 0.0
    association: Association | None = None
    # Rows of missing values with a positive label.
    missing_positive: int = 0

    @property
    def levels(self) -> list[float]:
        return sorted(float(value) for value in self.values) if self.kind == "levels" else []


def draft_column(column: Profile, name: str, labels: np.ndarray) -> ColumnDraft:
    decision = decide_kind(column)
    kind, note = decision.kind, decision.note
    common = {
        "header": column.header,
        "name": name,
        "kind": kind,
        "required": column.missing == 0,
        "missing": column.missing,
        "rows": column.rows,
        "protected": is_protected(column.header),
        "missing_positive": int(labels[column.codes < 0].sum()),
    }
    if kind in ("ignored", "identifier"):
        return ColumnDraft(**common, use="accepted", note=note)
    numeric = kind in ("number", "levels")
    linked = association(column, labels, numeric)
    use, why = _use(column, linked, common["protected"])
    common |= {"use": use, "note": "; ".join(filter(None, (note, why))), "association": linked}
    if kind == "category":
        values, aliases = _words(column, labels)
        return ColumnDraft(**common, values=values, aliases=aliases)
    return ColumnDraft(**common, **_numbers(column, labels, kind))


def _use(column: Profile, linked: Association, protected: bool) -> tuple[Use, str]:
    if protected:
        return "protected", ""
    if len(column.words) < 2:
        return "accepted", "every row has the same value, so a model learns nothing from it"
    if column.present < LEAST_SCORED_VALUES:
        return "accepted", f"only {column.present} rows have a value"
    if linked.suspicious:
        return "accepted", "almost equals the label: if it is known only after the decision, it must never be scored"
    return "scored", ""


def _words(column: Profile, labels: np.ndarray) -> tuple[dict[str, tuple[int, int]], dict[str, str]]:
    """(values with rows and positive rows, aliases). Spellings that differ by case only are one value."""
    known = column.codes >= 0
    positive = np.bincount(column.codes[known], weights=labels[known], minlength=len(column.words)).astype(int)
    chosen: dict[str, str] = {}
    values: dict[str, tuple[int, int]] = {}
    aliases: dict[str, str] = {}
    for place in np.argsort(-column.counts, kind="stable").tolist():
        word = column.words[place]
        value = chosen.setdefault(word.casefold(), word)
        rows, good = values.get(value, (0, 0))
        values[value] = (rows + int(column.counts[place]), good + int(positive[place]))
        if value != word:
            aliases[word] = value
    return values, aliases


def _numbers(column: Profile, labels: np.ndarray, kind: Kind) -> dict[str, object]:
    by_row = column.by_row
    known = ~np.isnan(by_row)
    numbers = by_row[known]
    minimum, maximum = widened(float(numbers.min()), float(np.median(numbers)), float(numbers.max()))
    values: dict[str, tuple[int, int]] = {}
    if kind == "levels":
        levels, places = np.unique(numbers, return_inverse=True)
        rows, good = np.bincount(places), np.bincount(places, weights=labels[known])
        values = {
            f"{level:.17g}": (count, int(part))
            for level, count, part in zip(levels.tolist(), rows.tolist(), good.tolist(), strict=True)
        }
        minimum, maximum = float(levels[0]), float(levels[-1])
    positive = numbers[numbers > 0]
    low, high = np.quantile(numbers, [0.01, 0.99]).tolist()
    return {
        "minimum": minimum,
        "maximum": maximum,
        "values": values,
        "mean": float(numbers.mean()),
        "deviation": float(numbers.std()),
        "share": len(positive) / len(numbers),
        "median": float(np.median(numbers)),
        "usual": (low, high),
        "decimals": _decimals(column),
        "rise": _rise(numbers, labels[known]),
    }


def _rise(numbers: np.ndarray, labels: np.ndarray) -> float:
    above = numbers > np.median(numbers)
    return _log_odds(labels[above]) - _log_odds(labels[~above])


def _log_odds(labels: np.ndarray) -> float:
    """Half a row more on each side keeps a side without a label finite."""
    return float(np.log((labels.sum() + 0.5) / (len(labels) - labels.sum() + 0.5)))


def _decimals(column: Profile) -> int:
    """Decimal places of the first numbers. 1e-9 counts as many."""
    longest = max(
        MAXIMUM_DECIMALS if "e-" in word.lower() else len(word.partition(column.decimal)[2])
        for word in column.words[:LOOKED_AT]
    )
    return min(longest, MAXIMUM_DECIMALS)
