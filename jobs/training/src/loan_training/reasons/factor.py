"""Factors that serving.json declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Factor:
    code: str
    # Field to the values that are better than the reference's: higher, lower, or different for words.
    fields: dict[str, str]
    message: str
    # The message if the value is missing.
    missing: str


def factors_of(reasons: dict[str, Any]) -> tuple[Factor, ...]:
    return tuple(Factor(one["code"], one["fields"], one["message"], one["missing"]) for one in reasons["factors"])
