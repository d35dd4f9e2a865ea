"""Guesses which column is the label, and which of its values are positive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loan_training.errors import DataRefused
from loan_training.schema.draft.kinds import has_line_break
from loan_training.schema.draft.names import is_bad_outcome, label_rank
from loan_training.schema.draft.profile import Profile, profile

if TYPE_CHECKING:
    from loan_training.data.table import RawTable

MAXIMUM_WORDS = 100
MAXIMUM_WORD_LENGTH = 256
SHOWN_WORDS = 10
_GOOD = frozenset(
    {
        *("approved", "approve", "accepted", "accept", "granted", "paid", "fully paid", "repaid", "good", "current"),
        *("pass", "passed", "eligible", "non-default", "no default", "not default", "performing", "ok", "stays"),
    }
)
_BAD = frozenset(
    {
        *("rejected", "reject", "declined", "denied", "refused", "default", "defaulted", "charged off", "bad"),
        *("fail", "failed", "ineligible", "late", "delinquent", "not approved", "unpaid", "non-performing", "leaves"),
    }
)
_YES = frozenset({"y", "yes", "true", "t", "1", "1.0"})


@dataclass(frozen=True)
class LabelGuess:
    header: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    # 1 for each row with a positive value.
    labels: np.ndarray
    # What the guess rests on, for the comment.
    why: str


def guess_label(table: RawTable, name: str, column: str | None, positive: tuple[str, ...]) -> LabelGuess:
    """The label that the user named, or else the column that looks like one. Raises DataRefused if none does."""
    if column is None:
        header = _likely(table, name)
    else:
        header = next((one for one in table.header if one.strip() == column.strip()), None)
        if header is None:
            known = ", ".join(one.strip() for one in table.header[:20])
            raise DataRefused(f"{name}: --label {column!r} is not a column; the columns are {known}")
    found = profile(table, header)
    _check(found, name)
    return _classes(found, name, positive)


def _likely(table: RawTable, name: str) -> str:
    ranked = sorted((rank, header) for header in table.header if (rank := label_rank(header)) is not None)
    for _, header in ranked:
        found = profile(table, header)
        if not found.missing and _two_classes(found):
            return header
    # Many files hold the outcome in the last column.
    last = profile(table, table.header[-1])
    if not last.missing and _two_classes(last):
        return last.header
    raise DataRefused(
        f"{name}: no column looks like the label: it has two values, no missing value, and is called for example "
        "loan_status or default; --label COLUMN names it"
    )


def _two_classes(found: Profile) -> bool:
    return len({word.casefold() for word in found.words}) == 2


def _check(found: Profile, name: str) -> None:
    place = f"{name}: label {found.header.strip()!r}"
    if found.missing:
        raise DataRefused(
            f"{place}: {found.missing} of {found.rows} rows have no label; remove these rows, or name another --label"
        )
    if len(found.words) < 2:
        raise DataRefused(f"{place}: all rows have the same value; a model needs both outcomes")
    if any(has_line_break(word) for word in found.words):
        raise DataRefused(f"{place}: a value has a line break; write the values without")
    longest = max(len(word) for word in found.words)
    if len(found.words) > MAXIMUM_WORDS or longest > MAXIMUM_WORD_LENGTH:
        raise DataRefused(
            f"{place}: {len(found.words)} different values, the longest of {longest} characters; "
            f"rule: at most {MAXIMUM_WORDS} values of {MAXIMUM_WORD_LENGTH} characters; name another --label"
        )


def _classes(found: Profile, name: str, given: tuple[str, ...]) -> LabelGuess:
    if given:
        unknown = [word for word in given if word not in found.words]
        if unknown:
            raise DataRefused(f"{name}: --positive {unknown[0]!r} is not a value of the label; {_shown(found)}")
        good, why = set(given), "--positive says so"
    elif _two_classes(found):
        good, why = _good(found)
    else:
        raise DataRefused(
            f"{name}: label {found.header.strip()!r} has {len(found.words)} values; --positive WORD names the "
            f"positive value, and may be given several times; {_shown(found)}"
        )
    positive = tuple(word for word in found.words if word in good)
    negative = tuple(word for word in found.words if word not in good)
    if not negative:
        raise DataRefused(f"{name}: --positive names every value of the label, so no value is negative")
    return LabelGuess(found.header, positive, negative, np.isin(found.codes, _places(found, good)).astype(int), why)


def _good(found: Profile) -> tuple[set[str], str]:
    """The values that the lender wants, with the reason of the guess."""
    folded = {word: word.casefold() for word in found.words}
    classes = sorted(set(folded.values()))
    chosen = [one for one in classes if one in _GOOD] or [
        one for one in classes if one not in _BAD and any(other in _BAD for other in classes)
    ]
    why = "by its meaning"
    if len(chosen) != 1:
        yes = [one for one in classes if one in _YES] or [_larger(found, classes)]
        bad = is_bad_outcome(found.header)
        chosen = [one for one in classes if (one in yes) != bad]
        why = _why(classes, bad)
    return {word for word, one in folded.items() if one in chosen}, why


def _why(classes: list[str], bad: bool) -> str:
    if bad:
        return "because the column names an outcome that a lender does not want"
    if set(classes) == {"0", "1"}:
        return "because 1 looks like a yes (in many files of repaid loans, 1 means a default)"
    return "because it looks like a yes"


def _larger(found: Profile, classes: list[str]) -> str:
    """Of two numbers the larger, of two words the more frequent."""
    if not np.isnan(found.numbers).any():
        return found.words[int(np.argmax(found.numbers))].casefold()
    totals = dict.fromkeys(classes, 0)
    for word, count in zip(found.words, found.counts.tolist(), strict=True):
        totals[word.casefold()] += count
    return max(classes, key=lambda one: totals[one])


def _places(found: Profile, words: set[str]) -> list[int]:
    return [place for place, word in enumerate(found.words) if word in words]


def _shown(found: Profile) -> str:
    order = np.argsort(-found.counts, kind="stable")[:SHOWN_WORDS]
    more = ", …" if len(found.words) > SHOWN_WORDS else ""
    return "its values are " + ", ".join(repr(found.words[place]) for place in order) + more
