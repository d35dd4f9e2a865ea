"""Validates the fields of an application by serving.json, as the inference service does.

The rules are those of services/inference/decision/decode/field-decoder.ts. A shared table of cases holds both to them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loan_training.scoring.json_values import fround, quoted, shown_number, utf16_length

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

GREATEST_FLOAT32 = 3.4028234663852886e38
LISTED_VALUES = 12
NUMBER_CHARACTERS = 64
# A digit fits one place of the pattern only, so a test costs time in proportion to the length of the text.
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Rejection:
    """Why a row has no decision. The code is that of a dead letter. The message names field, value and rule."""

    code: str
    message: str
    field: str = ""


def field_rule(field: Mapping[str, Any]) -> Callable[[Any], str | float | Rejection]:
    """Compiles the rules of a field of serving.json once, so that each row costs little."""
    return _words(field) if field["type"] == "string" else _number(field)


def accepted_range(field: Mapping[str, Any]) -> tuple[float, float]:
    """A bound such as 0.3 also admits the nearest float32, because the graph reads float32."""
    minimum = float(field.get("minimum", -GREATEST_FLOAT32))
    maximum = float(field.get("maximum", GREATEST_FLOAT32))
    lowest = max(min(minimum, fround(minimum)), -GREATEST_FLOAT32)
    return lowest, min(max(maximum, fround(maximum)), GREATEST_FLOAT32)


def _words(field: Mapping[str, Any]) -> Callable[[Any], str | float | Rejection]:
    name: str = field["name"]
    allowed = {value: value for value in field["values"]} | dict(field.get("aliases", {}))
    rule = _one_of(quoted(value) for value in field["values"])
    missing = _missing(name, field["required"], rule, "")

    def decode(value: Any) -> str | float | Rejection:
        if value is None or value == "":
            return missing
        # Clients send whole-number categories as numbers.
        text = shown_number(value) if _is_number(value) else value
        if not isinstance(text, str):
            return _refusal("wrong_type", name, value, rule)
        canonical = allowed.get(text)
        return _refusal("unknown_category", name, value, rule) if canonical is None else canonical

    return decode


def _number(field: Mapping[str, Any]) -> Callable[[Any], str | float | Rejection]:
    name: str = field["name"]
    lowest, highest = accepted_range(field)
    levels = {fround(level) for level in field["levels"]} if "levels" in field else None
    rule = _number_rule(field)
    missing = _missing(name, field["required"], rule, math.nan)

    def decode(value: Any) -> str | float | Rejection:
        if value is None or value in ("", "NaN"):
            return missing
        if _is_number(value):
            number = _as_double(value)
        elif isinstance(value, str) and len(value) > NUMBER_CHARACTERS:
            return _too_long(name, value, rule)
        elif isinstance(value, str) and _DECIMAL.fullmatch(value):
            number = float(value)
        else:
            return _refusal("wrong_type", name, value, rule)
        if math.isnan(number):
            return missing
        if not lowest <= number <= highest or (levels is not None and fround(number) not in levels):
            return _refusal("out_of_range", name, value, rule)
        return number

    return decode


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _as_double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _number_rule(field: Mapping[str, Any]) -> str:
    if "levels" in field:
        return _one_of(shown_number(level) for level in field["levels"])
    low, high = (shown_number(field[bound]) if bound in field else None for bound in ("minimum", "maximum"))
    if low is not None and high is not None:
        return f"must be a number from {low} to {high}"
    if low is not None:
        return f"must be a number of at least {low}"
    return "must be a finite number" if high is None else f"must be a number of at most {high}"


def _one_of(values: Iterable[str]) -> str:
    listed = list(values)
    return f"must be one of {', '.join(listed[:LISTED_VALUES])}{', …' if len(listed) > LISTED_VALUES else ''}"


def _missing(name: str, required: bool, rule: str, empty: str | float) -> str | float | Rejection:
    if not required:
        return empty
    return Rejection("missing_field", f"{name} is missing: it is required and {rule}", name)


def _refusal(code: str, name: str, value: Any, rule: str) -> Rejection:
    return Rejection(code, f"{name} is {quoted(value)}: it {rule}", name)


def _too_long(name: str, text: str, rule: str) -> Rejection:
    message = (
        f"{name} is a text of {utf16_length(text)} characters: it {rule}, in at most {NUMBER_CHARACTERS} characters"
    )
    return Rejection("wrong_type", message, name)
