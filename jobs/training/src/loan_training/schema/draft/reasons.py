"""Drafts the factors that can be named as reasons of a negative decision."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from loan_training.schema.draft.yaml_text import quoted, scalar, sequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loan_training.schema.draft.columns import ColumnDraft

# training-schema.json takes as many factors.
MAXIMUM_FACTORS = 12
CODE_LENGTH = 60


def reason_lines(scored: Sequence[ColumnDraft]) -> Iterator[str]:
    """One factor for each scored column. If there are too many, the last factor holds the weakest columns together."""
    strongest = sorted(scored, key=lambda one: -(one.association.strength if one.association else 0))
    alone = strongest if len(scored) <= MAXIMUM_FACTORS else strongest[: MAXIMUM_FACTORS - 1]
    rest = [one for one in scored if one not in alone]
    yield "# DECIDE the text of each reason: an applicant reads it after a negative decision. Columns that a person"
    yield "# would not tell apart belong to one factor, such as two incomes."
    yield "reasons:"
    yield "  factors:"
    taken: set[str] = set()
    for one in (column for column in scored if column in alone):
        yield from _factor(_code(one.name, taken), [one.name])
    if rest:
        yield f"    # At most {MAXIMUM_FACTORS} factors are allowed. Put these columns into factors with a meaning."
        yield from _factor(_code("OTHER", taken), [one.name for one in rest])


def _factor(code: str, names: list[str]) -> Iterator[str]:
    what = names[0] if len(names) == 1 else "one of several other columns"
    yield f"    - code: {scalar(code)}"
    yield f"      columns: {sequence(names)}"
    yield f"      message: {quoted(f'TODO: say why {what} speaks against a positive decision.')}"
    yield f"      missing: {quoted(f'TODO: say that {what} is not known.')}"


def _code(name: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    code = re.sub(r"[^A-Z0-9]+", "_", plain.upper()).strip("_")[:CODE_LENGTH].strip("_")
    if not code or not code[0].isalpha():
        code = f"COLUMN_{code}".strip("_")[:CODE_LENGTH]
    unique, number = code, 2
    while unique in taken:
        unique, number = f"{code[: CODE_LENGTH - 4]}_{number}", number + 1
    taken.add(unique)
    return unique
