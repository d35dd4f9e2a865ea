"""The part of a card that a person writes: a YAML file, checked by a schema."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema

from loan_training.errors import CardNotesRefused
from loan_training.schema.document import described, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

MAXIMUM_BYTES = 256 * 1024
SHOWN_PROBLEMS = 10
# Printable characters without a glyph.
BLANK_LETTERS = " \u00a0\u115f\u1160\u2800\u3000\u3164\uffa0"
# Notes that come with the command, for the schema of the same name.
BUNDLED = ("loan-eligibility",)

_TEXT = {"type": "string", "minLength": 1, "maxLength": 8_000}
_POINTS = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 1_000}, "maxItems": 50}
NOTES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["owner", "intended_use", "limits", "oversight"],
    "properties": {
        "owner": {"type": "string", "minLength": 1, "maxLength": 300},
        "intended_use": _TEXT,
        "not_for": _POINTS,
        "limits": _POINTS | {"minItems": 1},
        "oversight": _TEXT,
        "data_origin": _TEXT,
        "monitoring": _TEXT,
    },
}


@dataclass(frozen=True)
class CardNotes:
    owner: str
    intended_use: str
    limits: tuple[str, ...]
    oversight: str
    not_for: tuple[str, ...] = ()
    # How the rows came to be, and who labelled them.
    data_origin: str | None = None
    # Who looks at the model in service, how often, and when it is taken back.
    monitoring: str | None = None


def load_notes(path: Path | None, schema_name: str) -> CardNotes | None:
    """The notes in a file, or those that come with a bundled schema, or None. Raises CardNotesRefused."""
    if path is not None:
        return _read(path)
    return _bundled(schema_name) if schema_name in BUNDLED else None


def _read(path: Path) -> CardNotes:
    try:
        with path.open("rb") as file:
            content = file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise CardNotesRefused(f"{path}: the card notes cannot be read: {error.strerror}") from error
    if len(content) > MAXIMUM_BYTES:
        raise CardNotesRefused(f"{path}: larger than the {MAXIMUM_BYTES} bytes allowed")
    return parse_notes(content, str(path))


def parse_notes(content: bytes, name: str) -> CardNotes:
    """Raises CardNotesRefused, which names place, value and rule."""
    try:
        document = read_yaml(content)
    except ValueError as error:
        raise CardNotesRefused(f"{name}: {error}") from error
    validator = jsonschema.Draft202012Validator(NOTES_SCHEMA)
    faults = [described(error) for error in validator.iter_errors(document)]
    faults = faults or [f"{key}: has no word that shows" for key, value in document.items() if not _shows(value)]
    if faults:
        shown = "\n".join(f"{name}: {fault}" for fault in faults[:SHOWN_PROBLEMS])
        raise CardNotesRefused(shown)
    lists = {key: tuple(value) for key, value in document.items() if isinstance(value, list)}
    return CardNotes(**document | lists)


def _shows(value: str | list[str]) -> bool:
    if isinstance(value, list):
        return all(_shows(item) for item in value)
    return any(letter.isprintable() and letter not in BLANK_LETTERS for letter in value)


@cache
def _bundled(name: str) -> CardNotes:
    return parse_notes(resources.files(__package__).joinpath(f"{name}.yaml").read_bytes(), f"{name}.yaml")
