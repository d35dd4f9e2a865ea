"""What text is a number: ASCII digits with a decimal mark, and nothing that Python alone would take."""

from __future__ import annotations

import math
import re

# Words by which other programs mean a missing value.
MISSING_WORDS = frozenset(
    {"na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "?", "-", "--", ".", "missing", "unknown"}
)
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:[,.' \u00a0\u202f][0-9]{2,3})+")


class NotANumber(ValueError):
    """The text is not a number. The message is a rule, or a hint for the user."""


def parse_number(text: str, decimal: str = ".") -> float:
    """The number in stripped text, or NaN if the text is empty. Raises NotANumber.

    float() alone would also take 5_849, full-width digits, nan and inf.
    """
    if not text:
        return math.nan
    plain = text.replace(decimal, ".")
    if (decimal != "." and "." in text) or not _NUMBER.fullmatch(plain):
        raise NotANumber(_why(text, decimal))
    number = float(plain)
    if math.isinf(number):
        raise NotANumber("the number is too large")
    # Minus 0 becomes 0, because equal rows must be written alike.
    return number + 0.0


def missing_word_hint(text: str) -> str | None:
    """How to read a word that other programs write for a missing value. None if the text is no such word."""
    if text.casefold() not in MISSING_WORDS:
        return None
    return f"if {text!r} means a missing value, --missing-values '{text}' reads it"


def _why(text: str, decimal: str) -> str:
    hint = missing_word_hint(text)
    if hint:
        return hint
    if text.startswith("+"):
        return "write the number without a +"
    if "_" in text:
        return "write the number without _"
    if any(letter.isdigit() and not letter.isascii() for letter in text):
        return "write the number with the digits 0 to 9"
    if decimal == "." and "," in text:
        return "write the number without thousands separators; for a decimal comma use --decimal ','"
    if decimal == "," and "." in text:
        return "--decimal ',' takes no point in a number"
    if _GROUPED.fullmatch(text):
        return "write the number without thousands separators"
    return f"digits with a decimal {'comma' if decimal == ',' else 'point'}, without signs of currency or units"
