"""The choice of the family that is searched and fitted."""

from __future__ import annotations

from dataclasses import dataclass

# A smaller difference of log losses is noise between folds. The AUC then decides.
TIE = 0.002


@dataclass(frozen=True)
class Candidate:
    family: str
    log_loss: float
    auc: float
    monotone: bool


def choose(candidates: list[Candidate]) -> Candidate | None:
    """The monotone candidate with the lowest log loss. Among those within TIE of it, the one with the best AUC."""
    eligible = [one for one in candidates if one.monotone]
    if not eligible:
        return None
    least = min(one.log_loss for one in eligible)
    return max((one for one in eligible if one.log_loss <= least + TIE), key=lambda one: (one.auc, -one.log_loss))
