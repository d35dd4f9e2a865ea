"""Decides what kind of column a profile is. Values that could name a person are never written to a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Literal

import numpy as np

from loan_training.data.numbers import MISSING_WORDS, NotANumber, parse_number
from loan_training.schema.draft.names import is_identifier, is_protected, tokens
from loan_training.schema.draft.yaml_text import shown

if TYPE_CHECKING:
    from loan_training.schema.draft.profile import Profile

Kind = Literal["number", "levels", "category", "identifier", "ignored"]

# A column of words with so few values is a category, if a value has this many rows on average.
FEW_VALUES, FEW_VALUES_ROWS = 20, 5
# A column of more words is a category up to this number, if every value has this many rows.
MAXIMUM_VALUES, RARE_ROWS = 60, 5
MAXIMUM_WORD_LENGTH = 100
# A number with so few whole values may be a code.
MAXIMUM_LEVELS = 10
_CODE_NAMES = frozenset({"code", "type", "class", "flag", "history", "status", "category", "level", "grade", "band"})
# Graphs compute with 32-bit floats.
LARGEST_NUMBER = 1e30
_DATES = (
    *("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y", "%b-%Y", "%d-%b-%Y", "%b-%d-%Y"),
    *("%Y-%m", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%y", "%m/%d/%y"),
)
DATE_SAMPLE = 50


@dataclass(frozen=True)
class Decision:
    kind: Kind
    # Why a column is left out, or what a person should look at.
    note: str = ""


def decide_kind(column: Profile) -> Decision:
    if not column.present:
        return Decision("ignored", f"empty in all {column.rows} rows")
    if max(map(len, column.words)) > MAXIMUM_WORD_LENGTH:
        return Decision("ignored", "free text")
    if any(has_line_break(word) for word in column.words):
        return Decision("ignored", "words with line breaks, which a CSV does not hold")
    words = ~np.isfinite(column.numbers)
    if not words.any():
        return _numeric(column)
    mostly_numbers = column.counts[words].sum() <= column.present / 2
    missing = [word for word, bad in zip(column.words, words, strict=True) if bad]
    many_numbers = int((~words).sum()) > FEW_VALUES
    if (mostly_numbers or many_numbers) and all(word.casefold() in MISSING_WORDS for word in missing):
        options = ",".join(missing)
        return Decision(
            "ignored", f"numbers, but {shown(options)} is a word: give --missing-values {options} to every command"
        )
    if _are_dates(column.words):
        return Decision("ignored", "dates: a model needs a number, such as the age of an account in months")
    if column.present == len(column.words) and column.present > FEW_VALUES:
        return Decision("identifier", "every value is different")
    if _is_category(column):
        return Decision("category", _missing_note(column))
    if mostly_numbers:
        return Decision("ignored", f"most values are numbers, and some are not: {_why_not(column, words)}")
    if is_identifier(column.header):
        return Decision("identifier", "the name says so")
    if len(column.words) > MAXIMUM_VALUES:
        return Decision("ignored", f"{len(column.words)} different words: free text, or a name of something")
    return Decision(
        "ignored",
        f"{len(column.words)} different words, some of them rare: they are not written here, because they may name "
        "persons; if they are kinds of something, list them as values of a category",
    )


def has_line_break(word: str) -> bool:
    return len(word.splitlines()) > 1


def _numeric(column: Profile) -> Decision:
    numbers = column.numbers
    if np.abs(numbers).max() > LARGEST_NUMBER:
        return Decision("ignored", f"numbers above {LARGEST_NUMBER:g}, which a graph does not hold")
    whole = bool((numbers == np.round(numbers)).all())
    different = len(np.unique(numbers))
    if whole and different > FEW_VALUES and _counts_rows(column):
        return Decision("identifier", "the numbers count the rows")
    if whole and is_identifier(column.header) and different > FEW_VALUES and different >= 0.5 * column.present:
        return Decision("identifier", "the name says so")
    if is_protected(column.header) and whole and different <= MAXIMUM_LEVELS and _is_category(column):
        return Decision("category", "numbers that are read as words, so that the groups can be watched")
    if different <= 2:
        return Decision("levels")
    if whole and different <= MAXIMUM_LEVELS:
        if any(word in _CODE_NAMES for word in tokens(column.header)):
            return Decision("levels", "a code by its name: any other number is refused")
        return Decision("number", f"only {different} different numbers: if they are codes, add levels")
    return Decision("number")


def _counts_rows(column: Profile) -> bool:
    """Whether the rows are numbered, each number one more than the last."""
    return not column.missing and bool((np.diff(column.by_row) == 1).all())


def _is_category(column: Profile) -> bool:
    different = len(column.words)
    if different <= FEW_VALUES:
        return column.present >= different * FEW_VALUES_ROWS
    return different <= MAXIMUM_VALUES and int(column.counts.min()) >= RARE_ROWS


def _missing_note(column: Profile) -> str:
    found = [word for word in column.words if word.casefold() in MISSING_WORDS]
    if not found:
        return ""
    options = ",".join(found)
    return f"if {shown(options)} means a missing value, give --missing-values {options} to every command"


def _are_dates(words: tuple[str, ...]) -> bool:
    sample = list(islice(words, DATE_SAMPLE))
    return any(all(_is_date(word, form) for word in sample) for form in _DATES)


def _is_date(word: str, form: str) -> bool:
    try:
        datetime.strptime(word, form)
    except ValueError:
        return False
    return True


def _why_not(column: Profile, words: np.ndarray) -> str:
    """The rule that the most frequent value breaks, without the value."""
    place = int(np.argmax(np.where(words, column.counts, -1)))
    try:
        parse_number(column.words[place], column.decimal)
    except NotANumber as why:
        return str(why)
    return "the number is too large"
