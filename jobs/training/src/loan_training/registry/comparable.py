"""Whether a champion accepts the rows on which the gate compares it with a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from loan_training.scoring.field_rules import Rejection, field_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loan_training.scoring.serving_contract import ServingContract

REMEDY = "train by a schema that the champion accepts, or decide yourself with --promote always"


def why_incomparable(contract: ServingContract, applications: pd.DataFrame) -> str | None:
    """The first field of the champion that refuses a value of the rows. None if the champion accepts every row."""
    for field in contract.fields:
        fault = _fault(field, applications)
        if fault:
            return f"{fault}; {REMEDY}"
    return None


def _fault(field: Mapping[str, Any], applications: pd.DataFrame) -> str | None:
    name = field["name"]
    if name not in applications.columns:
        return f"its field {name} is not a column of the schema of this run"
    is_words = not pd.api.types.is_numeric_dtype(applications[name])
    if is_words != (field["type"] == "string"):
        wanted, found = ("words", "numbers") if field["type"] == "string" else ("numbers", "words")
        return f"its field {name} holds {wanted}, and the column holds {found}"
    rule = field_rule(field)
    for value in applications[name].unique().tolist():
        decoded = rule(value)
        if isinstance(decoded, Rejection):
            return f"it refuses a row: {decoded.message}"
        if is_words and decoded != value:
            return f"its field {name} reads {value!r} as {decoded!r}"
    return None
