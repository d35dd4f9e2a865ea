"""Finds a schema's columns in the header of a file. A name matches exactly, or as a listed other name."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING

from loan_training.data.numbers import NotANumber, parse_number
from loan_training.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LIKENESS = 0.8
# serving.json has at most 1,000 fields. A table of more columns would also need more memory than its bytes suggest.
MAXIMUM_COLUMNS = 2_000


def match_header(
    found: Sequence[str], other_names: Mapping[str, Sequence[str]], optional: frozenset[str], name: str
) -> dict[str, str]:
    """Column name to the header that means it. `other_names` has each column, with the other names of the column.

    Spaces around a header do not count. Raises DataRefused if a column is missing, unknown or there twice.
    """
    meant = {alias: column for column, aliases in other_names.items() for alias in (column, *aliases)}
    matched: dict[str, str] = {}
    faults: list[str] = []
    unknown: list[str] = []
    for header in found:
        column = meant.get(header.strip())
        if column is None:
            unknown.append(header.strip())
        elif column in matched:
            faults.append(f"columns {matched[column]!r} and {header!r} both mean {column!r}")
        else:
            matched[column] = header
    missing = [column for column in other_names if column not in matched and column not in optional]
    faults += [f"column {column!r} is missing" for column in missing]
    faults += [f"column {header!r} is not known{_hint(header, meant, matched)}" for header in unknown]
    if faults:
        faults += _row_hint(found)
        expected = [column for column in other_names if column not in optional]
        raise DataRefused(f"{name}: header: {'; '.join(faults)}; expected {', '.join(expected)}")
    return matched


def refuse_names(header: Sequence[str], name: str) -> None:
    """Refuses a column without a name, and two columns with the same name, because nobody knows what they mean."""
    if len(header) > MAXIMUM_COLUMNS:
        raise DataRefused(f"{name}: header: {len(header):,} columns; rule: at most {MAXIMUM_COLUMNS:,}")
    counts = Counter(one.strip() for one in header)
    faults = [_nameless(place, len(header)) for place, one in enumerate(header, 1) if not one.strip()]
    faults += [f"column {one!r} is there {count} times" for one, count in counts.items() if one and count > 1]
    faults += [
        f"column {one!r} is the index of pandas; write the file with index=False"
        for one in counts
        if one.startswith("__index_level_")
    ]
    if faults:
        raise DataRefused(f"{name}: header: {'; '.join([*faults, *_row_hint(header)])}")


def _nameless(place: int, width: int) -> str:
    fault = f"column {place} of {width} has no name"
    if place == 1:
        return f"{fault}; if pandas wrote its index there, write the file with index=False"
    return f"{fault}; remove the delimiter at the end of each line" if place == width else fault


def _row_hint(header: Sequence[str]) -> list[str]:
    """A name is seldom a number, so the file may have no header."""
    numbers = [one.strip() for one in header if one.strip() and _is_number(one.strip())]
    return [f"{numbers[0]!r} is no name, so line 1 may be a row; add a header line"] if numbers else []


def _is_number(text: str) -> bool:
    try:
        parse_number(text)
    except NotANumber:
        return False
    return True


def _hint(header: str, meant: Mapping[str, str], matched: Mapping[str, str]) -> str:
    """A near name is told and not taken, because it may be another column."""
    free = [alias for alias, column in meant.items() if column not in matched]
    near = next((alias for alias in free if _plain(alias) == _plain(header)), None)
    if near is None:
        near = next(iter(difflib.get_close_matches(header, free, 1, LIKENESS)), None)
    return f" (did you mean {near!r}?)" if near else ""


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
