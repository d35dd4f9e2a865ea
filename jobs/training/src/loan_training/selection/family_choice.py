"""Which family goes on."""

from __future__ import annotations

from dataclasses import dataclass

# Log losses closer than this are noise between folds: the ranking then decides.
TIE = 0.002


@dataclass(frozen=True)
class Candidate:
    family: str
    log_loss: float
    auc: float
    monotone: bool


def choose(candidates: list[Candidate]) -> Candidate | None:
    """The monotone candidate with the least log loss; among those within TIE of it, the best AUC."""
    eligible = [one for one in candidates if one.monotone]
    if not eligible:
        return None
    least = min(one.log_loss for one in eligible)
    return max((one for one in eligible if one.log_loss <= least + TIE), key=lambda one: (one.auc, -one.log_loss))
