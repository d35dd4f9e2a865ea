"""A row of a file before it is scored: a JSON record as the stream carries it, or flat fields."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loan_training.scoring.columns import names_an_id
from loan_training.scoring.field_rules import Rejection
from loan_training.scoring.json_values import quoted, shown_number, utf16_length

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The limits of the inference service: MAX_RECORD_BYTES by default, and the longest partition key of Kinesis.
RECORD_BYTES = 262_144
ID_CHARACTERS = 256
LARGEST_SAFE_INTEGER = 2**53 - 1
FIELD_CHARACTERS = 64


@dataclass(frozen=True)
class Row:
    """Field name to value, or why the row cannot be read."""

    id: str
    values: Mapping[str, Any]
    rejection: Rejection | None = None


class _Object(dict):
    """A JSON object that remembers a key which it was given twice."""

    duplicate: str | None = None


def parse_record(line: bytes, id_fields: Sequence[str]) -> Row:
    """Reads `{"input": {…}, "request_id": …}`, or the fields alone. `id_fields` may name the id among flat fields."""
    if len(line) > RECORD_BYTES:
        return _unread("too_large", f"the record has {len(line)} bytes: it must have at most {RECORD_BYTES}")
    try:
        text = line.decode("utf-8-sig")
        root = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer)
    except UnicodeDecodeError:
        return _unread("not_json", "the record is not UTF-8")
    except (ValueError, RecursionError):
        return _unread("not_json", "the record is not JSON")
    if not isinstance(root, dict):
        return _unread("invalid_envelope", "the record must be a JSON object")
    inner = root.get("input")
    found = _read_id(root.get("request_id" if "input" in root else _id_field(root, id_fields)))
    id, wrong_id = ("", found) if isinstance(found, Rejection) else (found, None)
    for place, where in ((root, "the record"), (inner, "input")):
        if isinstance(place, _Object) and place.duplicate is not None:
            key = place.duplicate
            message = f"{where} has the key {quoted(key)} more than once: give each key once"
            field = "" if utf16_length(key) > FIELD_CHARACTERS else key
            # Two request ids name no row.
            unknown = key == "request_id" and place is root
            return Row("" if unknown else id, {}, Rejection("invalid_envelope", message, field))
    if "input" not in root:
        return Row(id, root, wrong_id)
    if not isinstance(inner, dict):
        return Row(id, {}, Rejection("invalid_envelope", "input must be an object", "input"))
    return Row(id, inner, wrong_id)


def _id_field(fields: Mapping[str, Any], id_fields: Sequence[str]) -> str:
    named = next((one for one in id_fields if one in fields), None)
    if named is not None:
        return named
    likely = [one for one in fields if names_an_id(one)]
    return likely[0] if len(likely) == 1 else ""


def _unread(code: str, message: str) -> Row:
    return Row("", {}, Rejection(code, message))


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                made.duplicate = key
                break
            seen.add(key)
    return made


def _constant(word: str) -> None:
    # Python's json module writes a missing number as a bare NaN, which is not JSON.
    if word != "NaN":
        raise ValueError(word)


def _integer(digits: str) -> float:
    # Python refuses to read an integer of thousands of digits. A double has room for 309.
    return int(digits) if len(digits) < 400 else float(digits)


def _read_id(value: Any) -> str | Rejection:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and math.isfinite(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_SAFE_INTEGER:
        return shown_number(value)
    if isinstance(value, str) and utf16_length(value) <= ID_CHARACTERS and _is_well_formed(value):
        return value
    return Rejection(
        "invalid_envelope",
        f"request_id is {quoted(value)}: it must be a text of at most {ID_CHARACTERS} characters "
        "or a whole number below 2^53",
        "request_id",
    )


def _is_well_formed(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
