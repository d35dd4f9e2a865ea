"""The gate: a pure function that decides whether a new version becomes champion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loan_training.evaluation.chance import ALPHA
from loan_training.evaluation.scores import MORE_IS_BETTER, Scores

if TYPE_CHECKING:
    from loan_training.evaluation.evidence import Evidence

PromotionMode = Literal["if-not-worse", "always", "never"]

# How much worse than the champion's each score may be. Smaller differences on the holdout are noise.
TOLERANCES = {"accuracy": 0.02, "f1": 0.02, "auc": 0.02, "log_loss": 0.01, "brier": 0.005}
FOUR_FIFTHS = 0.8
FOUR_FIFTHS_TOLERANCE = 0.02
# Least ratio, whatever the champion has. Each promotion gives the tolerance anew, and the losses must not add up.
FOUR_FIFTHS_FLOOR = 0.7


@dataclass(frozen=True)
class Contender:
    """A version as the gate sees it, with its scores on the holdout and its four-fifths ratios on all rows."""

    version: str
    digest: str
    scores: Scores
    # Ratio of each judged column. A column without a ratio is left out.
    four_fifths: dict[str, float]
    # Columns whose ratio shall be judged.
    judged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Baseline:
    majority: Scores
    # None if the schema has no rule.
    rule: Scores | None


@dataclass(frozen=True)
class Unreadable:
    """A champion that cannot be scored on the holdout."""

    version: str
    why: str


@dataclass(frozen=True)
class Decision:
    promoted: bool
    # One of a few words, so that it can be the label of a metric.
    code: str
    reason: str


def decide(
    mode: PromotionMode,
    challenger: Contender,
    champion: Contender | Unreadable | None,
    baseline: Baseline,
    evidence: Evidence,
    fairness_minimum: int,
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
        fault = _by_chance(evidence)
        if fault:
            return Decision(False, "chance", fault)
        return Decision(True, "first", _first(evidence) + _not_measured(challenger, fairness_minimum))
    faults = _worse(challenger.scores, champion.scores)
    if faults:
        return Decision(False, "worse", f"worse than champion version {champion.version}: {'; '.join(faults)}")
    reason = f"no score worse than champion version {champion.version} beyond its tolerance"
    return Decision(True, "not_worse", reason + _not_measured(challenger, fairness_minimum))


def _below_baseline(scores: Scores, baseline: Baseline) -> str | None:
    if scores.log_loss >= baseline.majority.log_loss:
        return f"log loss {scores.log_loss:.4f} does not beat the majority's {baseline.majority.log_loss:.4f}"
    if scores.auc <= 0.5:
        return f"AUC {scores.auc:.4f} does not beat chance"
    if baseline.rule is None:
        return None
    allowed = baseline.rule.log_loss + TOLERANCES["log_loss"]
    if scores.log_loss > allowed:
        return (
            f"log loss {scores.log_loss:.4f} is worse than the rule's {baseline.rule.log_loss:.4f} "
            f"by more than {TOLERANCES['log_loss']}"
        )
    return None


def _by_chance(evidence: Evidence) -> str | None:
    """Why a first champion may owe its scores to chance. None if chance is excluded."""
    remedy = "check the labels, train on more rows, or decide yourself with --promote always"
    if not evidence.majority.excluded:
        return (
            f"chance may explain the gain over the majority: p = {evidence.majority.p_value:.4f} on "
            f"{evidence.majority.rows} different applications of the holdout, at most {ALPHA} is needed; {remedy}"
        )
    if evidence.rule is None:
        return None
    if evidence.model_log_loss >= evidence.rule_log_loss:
        return (
            f"log loss {evidence.model_log_loss:.4f} does not beat the rule's {evidence.rule_log_loss:.4f} on "
            f"{evidence.rule.rows} different applications, out of fold; {remedy}"
        )
    if not evidence.rule.excluded:
        return (
            f"chance may explain the gain over the rule: p = {evidence.rule.p_value:.4f} on {evidence.rule.rows} "
            f"different applications, out of fold, at most {ALPHA} is needed; {remedy}"
        )
    return None


def _first(evidence: Evidence) -> str:
    reason = (
        f"the first champion: better than the majority (p = {evidence.majority.p_value:.4f} on "
        f"{evidence.majority.rows} applications of the holdout)"
    )
    if evidence.rule is None:
        return reason
    rule = evidence.rule
    return f"{reason} and than the rule (p = {rule.p_value:.4f} on {rule.rows} applications, out of fold)"


def _unfair(challenger: Contender, champion: Contender | None) -> str | None:
    faults = []
    for column, ratio in challenger.four_fifths.items():
        before = champion.four_fifths.get(column) if champion else None
        least = _least_ratio(before)
        if ratio < least:
            against = "" if before is None else f" against {before:.3f}"
            faults.append(f"{column} {ratio:.3f}{against}, at least {least:.3f} needed")
    return f"four-fifths ratio: {'; '.join(faults)}" if faults else None


def _least_ratio(before: float | None) -> float:
    """0.8. If the champion has less in this column, its ratio minus the tolerance, but never below 0.7."""
    if before is None:
        return FOUR_FIFTHS
    return min(FOUR_FIFTHS, max(before - FOUR_FIFTHS_TOLERANCE, FOUR_FIFTHS_FLOOR))


def _not_measured(challenger: Contender, minimum: int) -> str:
    columns = [column for column in challenger.judged if column not in challenger.four_fifths]
    names = ", ".join(columns)
    return f"; four-fifths ratio not measured: {names} (needs two groups of {minimum} rows)" if columns else ""


def _worse(challenger: Scores, champion: Scores) -> list[str]:
    faults = []
    for name, tolerance in TOLERANCES.items():
        new, old = getattr(challenger, name), getattr(champion, name)
        fall = old - new if name in MORE_IS_BETTER else new - old
        if fall > tolerance:
            faults.append(f"{name} {new:.4f} against {old:.4f}, {tolerance} tolerated")
    return faults
