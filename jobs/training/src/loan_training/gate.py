"""Whether a new version becomes the champion: a pure decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loan_training.scores import MORE_IS_BETTER, Scores

PromotionMode = Literal["if-better", "always", "never"]

# How much worse than the champion a score may be on the holdout, where smaller differences are noise.
TOLERANCES = {"accuracy": 0.02, "f1": 0.02, "auc": 0.02, "log_loss": 0.01, "brier": 0.005}
FOUR_FIFTHS = 0.8
FOUR_FIFTHS_TOLERANCE = 0.02


@dataclass(frozen=True)
class Contender:
    """A version as the gate sees it: its scores and worst four-fifths ratio on the holdout."""

    version: str
    digest: str
    scores: Scores
    four_fifths: float


@dataclass(frozen=True)
class Baseline:
    majority: Scores
    rule: Scores


@dataclass(frozen=True)
class Unreadable:
    """A champion that could not be scored on the holdout."""

    version: str
    why: str


@dataclass(frozen=True)
class Decision:
    promoted: bool
    # One of a few words, fit for a metric's label.
    code: str
    reason: str


def decide(
    mode: PromotionMode, challenger: Contender, champion: Contender | Unreadable | None, baseline: Baseline
) -> Decision:
    if mode == "never":
        return Decision(False, "never", "promotion was not asked for (--promote never)")
    if mode == "always":
        return Decision(True, "always", "promotion was asked for whatever the scores (--promote always)")
    fault = _below_baseline(challenger.scores, baseline)
    if fault:
        return Decision(False, "below_baseline", fault)
    if isinstance(champion, Unreadable):
        return Decision(
            False,
            "champion_unreadable",
            f"champion version {champion.version} cannot be compared: {champion.why}",
        )
    if champion is not None and champion.digest == challenger.digest:
        return Decision(False, "unchanged", f"the same model as champion version {champion.version}: equal digest")
    fault = _unfair(challenger, champion)
    if fault:
        return Decision(False, "unfair", fault)
    if champion is None:
        return Decision(True, "first", "the first champion: better than the majority, not worse than the rule")
    faults = _worse(challenger.scores, champion.scores)
    if faults:
        return Decision(False, "worse", f"worse than champion version {champion.version}: {'; '.join(faults)}")
    return Decision(True, "not_worse", f"no score worse than champion version {champion.version} beyond its tolerance")


def _below_baseline(scores: Scores, baseline: Baseline) -> str | None:
    if scores.log_loss >= baseline.majority.log_loss:
        return f"log loss {scores.log_loss:.4f} does not beat the majority's {baseline.majority.log_loss:.4f}"
    if scores.auc <= 0.5:
        return f"AUC {scores.auc:.4f} does not beat chance"
    allowed = baseline.rule.log_loss + TOLERANCES["log_loss"]
    if scores.log_loss > allowed:
        return (
            f"log loss {scores.log_loss:.4f} is worse than the rule's {baseline.rule.log_loss:.4f} "
            f"by more than {TOLERANCES['log_loss']}"
        )
    return None


def _unfair(challenger: Contender, champion: Contender | None) -> str | None:
    if challenger.four_fifths >= FOUR_FIFTHS:
        return None
    if champion is None:
        return f"four-fifths ratio {challenger.four_fifths:.3f} is below {FOUR_FIFTHS}"
    if challenger.four_fifths >= champion.four_fifths - FOUR_FIFTHS_TOLERANCE:
        return None
    return (
        f"four-fifths ratio {challenger.four_fifths:.3f} is below {FOUR_FIFTHS}, and below the "
        f"{champion.four_fifths:.3f} of champion version {champion.version} by more than {FOUR_FIFTHS_TOLERANCE}"
    )


def _worse(challenger: Scores, champion: Scores) -> list[str]:
    faults = []
    for name, tolerance in TOLERANCES.items():
        new, old = getattr(challenger, name), getattr(champion, name)
        fall = old - new if name in MORE_IS_BETTER else new - old
        if fall > tolerance:
            faults.append(f"{name} {new:.4f} against {old:.4f}, {tolerance} tolerated")
    return faults
