"""Writes words as YAML. Whatever a file holds, a reader gets the same word back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?: [A-Za-z0-9_-]+)*")
# YAML reads these words as true, false or null.
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
SHOWN_CHARACTERS = 60


def scalar(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value.casefold() not in _RESERVED else quoted(value)
    return number(value)


def quoted(word: str) -> str:
    """A double-quoted scalar. Every character that does not print is written by its number."""
    return '"' + "".join(_escaped(letter) for letter in word) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def number(value: float) -> str:
    """A number that YAML reads as one: 1e+16 would be text."""
    if float(value).is_integer() and abs(value) < 2**63:
        return str(int(value))
    text = repr(float(value))
    if "e" not in text:
        return text
    digits, exponent = text.split("e")
    sign = exponent[0] if exponent[0] in "+-" else "+"
    return f"{digits if '.' in digits else f'{digits}.0'}e{sign}{exponent.lstrip('+-')}"


def sequence(values: Iterable[str | float]) -> str:
    return "[" + ", ".join(scalar(value) for value in values) + "]"


def mapping(pairs: Iterable[tuple[str, str | float]]) -> str:
    """Keys are always in quotes, because "0" and "Yes" are keys too."""
    return "{" + ", ".join(f"{quoted(key)}: {scalar(value)}" for key, value in pairs) + "}"


def shown(word: str) -> str:
    """A word inside a comment or a message, on one line."""
    return quoted(word if len(word) <= SHOWN_CHARACTERS else f"{word[:SHOWN_CHARACTERS]}…")
