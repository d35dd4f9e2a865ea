"""Finds the fields of serving.json in the header of a file."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loan_training.data.header import refuse_names
from loan_training.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loan_training.scoring.serving_contract import ServingContract

SHOWN_NAMES = 20
# Headers that name a row, if neither --id-column nor a schema says so.
ID_HEADERS = ("request_id", "id")


@dataclass(frozen=True)
class FileColumns:
    # Field to its place in a row.
    fields: dict[str, int]
    # Fields that hold numbers.
    numbers: tuple[str, ...]
    # Place of the id. None: rows have no id.
    id: int | None
    ignored: tuple[str, ...] = field(default=())
    absent: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class HeaderNames:
    """Other names of fields and of the id, which a schema file says."""

    # Header to field.
    aliases: Mapping[str, str] = field(default_factory=dict)
    id_headers: tuple[str, ...] = ()
    # Column that the user says.
    id_column: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.id_column,) if self.id_column is not None else (*self.id_headers, *ID_HEADERS)


def match_columns(header: Sequence[str], contract: ServingContract, names: HeaderNames, file: str) -> FileColumns:
    """Raises DataRefused if a required field has no column, or if two columns mean one field."""
    refuse_names(header, file)
    stripped = [one.strip() for one in header]
    fields: dict[str, int] = {}
    ignored = []
    for place, one in enumerate(stripped):
        name = one if one in contract.names else names.aliases.get(one)
        if name not in contract.names:
            ignored.append(one)
        elif name in fields:
            raise DataRefused(f"{file}: columns {stripped[fields[name]]!r} and {one!r} both mean {name!r}")
        else:
            fields[name] = place
    missing = [name for name in contract.required if name not in fields]
    if missing or not fields:
        lacking = missing or list(contract.names)
        raise DataRefused(
            f"{file}: header: {'; '.join(_lacks(name, ignored) for name in lacking[:SHOWN_NAMES])}; the model needs "
            f"{', '.join(contract.required[:SHOWN_NAMES]) or 'a field of serving.json'}; --schema maps other names"
        )
    id = _id_place(stripped, fields, names, file)
    return FileColumns(
        fields,
        tuple(one["name"] for one in contract.fields if one["type"] == "number" and one["name"] in fields),
        id,
        tuple(one for place, one in enumerate(stripped) if one in ignored and place != id),
        tuple(name for name in contract.names if name not in fields),
    )


def _id_place(header: Sequence[str], fields: Mapping[str, int], names: HeaderNames, file: str) -> int | None:
    if names.id_column is not None and names.id_column not in header:
        shown = ", ".join(header[:SHOWN_NAMES])
        raise DataRefused(f"{file}: --id-column {names.id_column!r} is not in the header: {shown}")
    for wanted in names.ids:
        if wanted in header:
            return list(header).index(wanted)
    likely = [at for at, one in enumerate(header) if names_an_id(one) and at not in fields.values()]
    return likely[0] if len(likely) == 1 else None


def names_an_id(name: str) -> bool:
    """True for Loan_ID, loan-id and LoanId, and not for amount_paid or PAID."""
    before = name[-3:-2]
    return name[-2:].lower() == "id" and (before in ("_", "-", " ", ".") or (before.islower() and name[-2] == "I"))


def _lacks(name: str, headers: Sequence[str]) -> str:
    folded = {one.casefold(): one for one in headers}
    near = difflib.get_close_matches(name.casefold(), folded, 1)
    return f"column {name!r} is missing{f' (is it {folded[near[0]]!r}?)' if near else ''}"
