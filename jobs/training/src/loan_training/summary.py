"""The outcome of a run, for people and for scripts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from loan_training.evaluation.scores import Scores

if TYPE_CHECKING:
    from loan_training.workspace import Workspace

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
    training_rows: int
    # Rows on which families were compared and searched, on which the model was fitted, and those of `cv`.
    selection_rows: int
    fit_rows: int
    cv_rows: int
    data_fingerprint: str
    # Scores of the model on the holdout.
    metrics: dict[str, float]
    # Scores of model, rule and majority on the holdout.
    holdout: dict[str, dict[str, float]]
    # Mean scores of the shipped recipe, rule and majority in repeated cross-validation on `cv_rows` of all rows.
    cv: dict[str, dict[str, float]]
    # Ratios on `four_fifths_rows` different applications, among groups of at least `fairness_minimum` rows.
    four_fifths: dict[str, float]
    four_fifths_rows: int
    fairness_minimum: int
    judged: list[str]
    # Probability from which a decision is positive.
    threshold: float
    # Tests against chance, as Evidence in evaluation/evidence.py.
    evidence: dict[str, Any]
    # Copies of applications in the data, as Duplicates in data/duplicates.py.
    duplicates: dict[str, int]
    parity: float
    monotone_points: int

    @classmethod
    def assemble(cls, run_id: str, workspace: Workspace) -> Summary:
        """Reads the outcome from the files that the steps wrote."""
        read = workspace.read_json
        dataset, fitted, evaluation = read("dataset"), read("fit"), read("evaluation/evaluation")
        registration, promotion = read("registration"), read("promotion")
        return cls(
            run_id=run_id,
            model=registration["model"],
            version=registration["version"],
            digest=registration["digest"],
            family=workspace.read_recipe().family,
            promoted=promotion["promoted"],
            code=promotion["code"],
            reason=promotion["reason"],
            rows=dataset["rows"],
            training_rows=dataset["training_rows"],
            selection_rows=read("comparison")["rows"],
            fit_rows=fitted["rows"],
            cv_rows=evaluation["cv_rows"],
            data_fingerprint=dataset["fingerprint"],
            metrics=evaluation["holdout"]["model"],
            holdout=evaluation["holdout"],
            cv=evaluation["cv"],
            four_fifths=evaluation["four_fifths"],
            four_fifths_rows=evaluation["four_fifths_rows"],
            fairness_minimum=evaluation["fairness_minimum"],
            judged=evaluation["judged"],
            threshold=fitted["threshold"],
            evidence=evaluation["evidence"],
            duplicates=dataset["duplicates"],
            parity=fitted["parity"],
            monotone_points=fitted["monotonicity"]["points"],
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def render(summary: Summary) -> str:
    """A table of the scores of model, rule and majority, then the checks and the outcome of the version."""
    lines = [" " * LABEL_WIDTH + "".join(f"{name.replace('_', ' '):>10}" for name in COLUMNS)]
    for title, scores in (("cross-validation", summary.cv), ("holdout", summary.holdout)):
        for name in [one for one in ("model", "rule", "majority") if one in scores]:
            values = Scores(**scores[name])
            label = f"{title}, {summary.family if name == 'model' else name}"
            lines.append(f"{label:<{LABEL_WIDTH}}" + "".join(f"{getattr(values, column):>10.4f}" for column in COLUMNS))
    ratios = ", ".join(
        f"{column} {summary.four_fifths[column]:.2f}" if column in summary.four_fifths else f"{column} not measured"
        for column in summary.judged
    )
    outcome = "promoted to champion" if summary.promoted else "not promoted"
    return "\n".join(
        [
            *lines,
            f"cross-validation: the hyper-parameters of {summary.family} were searched on some of these rows",
            *_sampled(summary),
            "",
            f"four-fifths ratios  {ratios or 'no columns to judge'} (groups of at least "
            f"{summary.fairness_minimum} among {summary.four_fifths_rows:,} applications)",
            f"threshold           {summary.threshold:g}",
            f"graph               |p(onnx) - p(fitted)| <= {summary.parity:.1e}, "
            f"monotone over {summary.monotone_points:,} points",
            f"version             {summary.model} {summary.version}, {summary.digest}",
            f"promotion           {outcome}: {summary.reason}",
        ]
    )


def _sampled(summary: Summary) -> list[str]:
    """What was done on a sample of the rows. Empty if all rows were used."""
    parts = [
        (f"compared and searched on {summary.selection_rows:,}", summary.selection_rows, summary.training_rows),
        (f"fitted on {summary.fit_rows:,}", summary.fit_rows, summary.training_rows),
    ]
    sampled = [f"{text} of {of:,} training rows" for text, used, of in parts if used < of]
    if summary.cv_rows < summary.rows:
        sampled.append(f"cross-validated on {summary.cv_rows:,} of {summary.rows:,} rows")
    return [f"samples: {', '.join(sampled)}"] if sampled else []
