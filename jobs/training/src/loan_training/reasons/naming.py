"""Chooses which factors of a declined row are named, and says them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loan_training.data.plain_value import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loan_training.reasons.factor import Factor

DECIMALS = 6


@dataclass(frozen=True)
class Naming:
    """Which reasons are named: the first always, others from both minimums on, and `limit` at most."""

    limit: int
    minimum: float
    minimum_share: float

    @classmethod
    def of(cls, reasons: dict[str, Any]) -> Naming:
        return cls(reasons["limit"], reasons["minimum"], reasons["minimumShare"])


def name_reasons(
    naming: Naming,
    factors: Sequence[Factor],
    contributions: Sequence[float],
    values: Mapping[str, str | float],
    worse: Mapping[str, bool],
) -> list[dict[str, Any]]:
    """The reasons of a row, the greatest first. Ties are in the order of the factors."""
    # Rounded first, because a difference in the last bits of a sum is no order.
    rounded = [(round(value, DECIMALS), place) for place, value in enumerate(contributions)]
    # NaN, for a factor that is not worse, is not below 0 either.
    lowering = sorted(pair for pair in rounded if pair[0] < 0)
    total = -sum(value for value, _ in lowering)
    named = [
        (value, place)
        for at, (value, place) in enumerate(lowering)
        if at == 0 or (-value >= naming.minimum and -value >= naming.minimum_share * total)
    ]
    return [_reason(factors[place], value, values, worse) for value, place in named[: naming.limit]]


def _reason(
    factor: Factor, contribution: float, values: Mapping[str, str | float], worse: Mapping[str, bool]
) -> dict[str, Any]:
    shown = {name: plain(values[name]) for name in factor.fields}
    # A factor of several fields is not known only if no value of it is.
    is_missing = all(shown[name] is None for name in factor.fields if worse[name])
    return {
        "code": factor.code,
        "values": shown,
        "contribution": contribution,
        "message": factor.missing if is_missing else factor.message,
    }
