"""The outcome of a run, for people and for scripts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from loan_training.scores import Scores

LABEL_WIDTH = 38
COLUMNS = ("accuracy", "f1", "auc", "log_loss", "brier", "ece")


@dataclass(frozen=True)
class Summary:
    run_id: str
    model: str
    version: str
    digest: str
    family: str
    promoted: bool
    code: str
    reason: str
    rows: int
    data_fingerprint: str
    # On the holdout.
    metrics: dict[str, float]
    # Means over repeated cross-validation of what ships, on all rows: model, rule, majority.
    cv: dict[str, dict[str, float]]
    four_fifths: dict[str, float]
    parity: float
    monotone_points: int

    @classmethod
    def assemble(
        cls,
        run_id: str,
        dataset: dict[str, Any],
        recipe: dict[str, Any],
        fitted: dict[str, Any],
        evaluation: dict[str, Any],
        registration: dict[str, Any],
        promotion: dict[str, Any],
    ) -> Summary:
        return cls(
            run_id=run_id,
            model=registration["model"],
            version=registration["version"],
            digest=registration["digest"],
            family=recipe["family"],
            promoted=promotion["promoted"],
            code=promotion["code"],
            reason=promotion["reason"],
            rows=dataset["rows"],
            data_fingerprint=dataset["fingerprint"],
            metrics=evaluation["holdout"]["model"],
            cv=evaluation["cv"],
            four_fifths=evaluation["four_fifths"],
            parity=fitted["parity"],
            monotone_points=fitted["monotonicity"]["points"],
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def render(summary: Summary, holdout: dict[str, dict[str, float]]) -> str:
    """The scores of the model with the rule and the majority beside them, and what became of the version."""
    lines = [" " * LABEL_WIDTH + "".join(f"{name.replace('_', ' '):>10}" for name in COLUMNS)]
    for title, scores in (("cross-validation", summary.cv), ("holdout", holdout)):
        for name in ("model", "rule", "majority"):
            values = Scores(**scores[name])
            label = f"{title}, {summary.family if name == 'model' else name}"
            lines.append(f"{label:<36}"[:36].ljust(36) + "".join(f"{getattr(values, c):>10.4f}" for c in COLUMNS))
    ratios = ", ".join(f"{column} {ratio:.2f}" for column, ratio in summary.four_fifths.items())
    outcome = "promoted to champion" if summary.promoted else "not promoted"
    return "\n".join(
        [
            *lines,
            "",
            f"four-fifths ratios  {ratios}",
            f"graph               |p(onnx) - p(fitted)| <= {summary.parity:.1e}, "
            f"monotone over {summary.monotone_points:,} points",
            f"version             {summary.model} {summary.version}, {summary.digest}",
            f"promotion           {outcome}: {summary.reason}",
        ]
    )
