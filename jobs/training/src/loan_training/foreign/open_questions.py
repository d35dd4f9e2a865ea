"""What neither the data nor the graph can say, so that a person must decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loan_training.foreign.fields import FieldValues

LISTED_VALUES = 12
# A column of more different numbers is hardly a category.
FEW_NUMBERS = 50
# The words 0 to 9 are sorted as their numbers.
DIGITS = 10


def open_questions(fields: Sequence[FieldValues], is_matrix: bool, has_schema: bool) -> list[str]:
    questions = [
        f"{one.field['name']} takes any number: add minimum, maximum or levels, so that an impossible value is refused"
        for one in fields
        if one.field["type"] == "number" and not {"minimum", "maximum", "levels"} & one.field.keys()
    ]
    if is_matrix and not has_schema:
        questions += [_numbers(one) for one in fields if one.field["type"] == "number" and _may_be_words(one.values)]
    if is_matrix:
        questions += [_codes(one.field) for one in fields if one.field["type"] == "string"]
    return questions


def _may_be_words(values: np.ndarray) -> bool:
    """True for a few whole numbers, unless these are also the codes of the words that they may be."""
    found = np.unique(values[~np.isnan(values)])
    if not 0 < len(found) <= FEW_NUMBERS or (found % 1).any():
        return False
    return len(found) > DIGITS or not np.array_equal(found, np.arange(len(found)))


def _numbers(one: FieldValues) -> str:
    name, found = one.field["name"], np.unique(one.values[~np.isnan(one.values)])
    return (
        f"{name} goes into the matrix as {_listed([f'{value:.0f}' for value in found])}: if the model was fitted with "
        f"codes of these numbers, describe {name} as a category in --schema"
    )


def _codes(field: dict[str, Any]) -> str:
    codes = _listed([f"{value} {code}" for code, value in enumerate(field["values"])])
    return f"{field['name']} has the codes {codes}: the model must have been fitted with these"


def _listed(values: Sequence[str]) -> str:
    return f"{', '.join(values[:LISTED_VALUES])}{', …' if len(values) > LISTED_VALUES else ''}"
