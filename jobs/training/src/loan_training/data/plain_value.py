"""A cell as JSON has it."""

from __future__ import annotations

import math


def plain(value: str | float) -> str | int | float | None:
    """None for a missing value, and a whole number as an integer."""
    if isinstance(value, str):
        return value or None
    if math.isnan(value):
        return None
    return int(value) if float(value).is_integer() else float(value)
