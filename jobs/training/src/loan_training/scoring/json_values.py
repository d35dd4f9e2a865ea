"""Numbers and texts as JavaScript holds and shows them, so that a message is the same in every runtime."""

from __future__ import annotations

import json
import math
import re
import struct
from decimal import Decimal
from typing import Any

QUOTED_CHARACTERS = 64
# Digits above which JavaScript shows a number with an exponent.
_PLAIN_DIGITS = 21
_SURROGATE = re.compile("[\ud800-\udfff]")


def fround(number: float) -> float:
    """The nearest float32, as a double."""
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)


def shown_number(number: float) -> str:
    """The shortest text of a double."""
    try:
        double = float(number)
    except OverflowError:
        double = math.copysign(math.inf, number)
    if math.isnan(double):
        return "NaN"
    if math.isinf(double):
        return "Infinity" if double > 0 else "-Infinity"
    if double == 0:
        return "0"
    _, places, exponent = Decimal(repr(abs(double))).as_tuple()
    written = "".join(map(str, places))
    digits = written.rstrip("0")
    # Place of the decimal point behind the first digit.
    point = len(written) + int(exponent)
    return ("-" if double < 0 else "") + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= _PLAIN_DIGITS:
        return digits.ljust(point, "0")
    if 0 < point <= _PLAIN_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{point - 1:+d}"


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def quoted(value: Any) -> str:
    """A value as a message shows it: escaped and truncated. Arrays and objects are not shown: they may be deep."""
    if isinstance(value, str):
        units = value.encode("utf-16-le", "surrogatepass")
        if len(units) <= 2 * QUOTED_CHARACTERS:
            return _stringified(value)
        return f"{_stringified(units[: 2 * QUOTED_CHARACTERS].decode('utf-16-le', 'surrogatepass'))}…"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return shown_number(value)
    return "an array" if isinstance(value, list) else "an object"


def _stringified(text: str) -> str:
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", json.dumps(text, ensure_ascii=False))
