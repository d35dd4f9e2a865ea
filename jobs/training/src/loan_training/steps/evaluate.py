from __future__ import annotations

import csv
import io
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

from loan_training.artifact.digest import MODEL_FILE
from loan_training.data.dataset import join
from loan_training.data.duplicates import without_copies
from loan_training.data.sampling import sample
from loan_training.evaluation.evidence import gather_evidence
from loan_training.evaluation.fairness import four_fifths_ratios, measure_groups
from loan_training.evaluation.influence import measure_influence
from loan_training.evaluation.plots import write_plots
from loan_training.evaluation.scores import score
from loan_training.model.onnx_session import open_session, probabilities
from loan_training.selection.baselines import baselines
from loan_training.selection.cross_validation import SELECTION_ROWS, cross_validate, fit_recipe

if TYPE_CHECKING:
    from loan_training.steps import Context

log = logging.getLogger("evaluate")


def evaluate(context: Context) -> None:
    """Scores the exported graph on the holdout, also by group, and cross-validates its recipe on a sample of all rows.

    The cross-validation is slightly flattered, because the hyper-parameters were searched on the training rows.
    """
    workspace, settings = context.workspace, context.settings
    training, holdout = workspace.read_dataset("training"), workspace.read_dataset("holdout")
    session = open_session(workspace.read_bytes(f"model/{MODEL_FILE}"))

    threshold = workspace.read_json("fit")["threshold"]

    rivals = baselines(settings.schema)
    predicted = {"model": probabilities(session, holdout.applications)}
    predicted |= {name: fitted(training)(holdout.applications) for name, fitted in rivals.items()}
    scores = {name: score(holdout.labels, values, threshold) for name, values in predicted.items()}
    groups = [asdict(one) for one in measure_groups(holdout, predicted["model"] >= threshold)]
    judged = without_copies(join(training, holdout))
    decisions = probabilities(session, judged.applications) >= threshold
    ratios = four_fifths_ratios(judged, decisions, settings.fairness_minimum)
    worst = min(ratios.values(), default=None)
    influence = measure_influence(session, holdout, settings.seed)

    everything = sample(join(training, holdout), SELECTION_ROWS, settings.seed)
    if len(everything) < len(training) + len(holdout):
        log.info("the recipe is cross-validated on a sample of %d rows", len(everything))
    fits = {"model": fit_recipe(workspace.read_recipe())} | rivals
    cv = {
        name: cross_validate(one, everything, settings.cv_repeats, settings.seed, settings.jobs).mean
        for name, one in fits.items()
    }

    evidence = gather_evidence(holdout, predicted["model"], everything, fits["model"], settings.seed, settings.jobs)
    facts = {
        "holdout": {name: asdict(one) for name, one in scores.items()},
        "cv": {name: asdict(one) for name, one in cv.items()},
        "cv_rows": len(everything),
        "evidence": asdict(evidence),
        "four_fifths": ratios,
        "four_fifths_rows": len(judged),
        "fairness_minimum": settings.fairness_minimum,
        "judged": settings.schema.judged,
        "worst_four_fifths": worst,
        "groups": groups,
        "influence": influence,
    }
    report = workspace.root / "evaluation"
    workspace.write_json("evaluation/evaluation", facts)
    workspace.write_bytes("evaluation/fairness.csv", _as_csv(groups))
    decision = settings.schema.decision
    write_plots(report, holdout.labels, predicted, influence, threshold, (decision.negative, decision.positive))
    context.tracking.log_directory(report, "evaluation")
    _log_runs(context, facts)
    rival = "rule" if "rule" in scores else "majority"
    log.info(
        "holdout log loss %.4f (%s %.4f), AUC %.4f (%.4f); worst four-fifths ratio %s",
        scores["model"].log_loss,
        rival,
        scores[rival].log_loss,
        scores["model"].auc,
        scores[rival].auc,
        "not measured" if worst is None else f"{worst:.2f}",
    )


def _log_runs(context: Context, facts: dict) -> None:
    """Logs the scores of the model to the parent run, and those of model and baselines to nested runs."""
    for name, holdout in facts["holdout"].items():
        metrics = {f"holdout_{key}": value for key, value in holdout.items()}
        metrics |= {f"cv_{key}": value for key, value in facts["cv"][name].items()}
        if name == "model":
            metrics |= {f"four_fifths_{column}": ratio for column, ratio in facts["four_fifths"].items()}
            metrics |= {f"chance_p_{against}": test["p_value"] for against, test in _tests(facts["evidence"])}
            context.tracking.log(params={"fairness_minimum": facts["fairness_minimum"]}, metrics=metrics)
        context.tracking.log_child(f"evaluate {name}", metrics=metrics, tags={"step": "evaluate"})


def _tests(evidence: dict) -> list[tuple[str, dict]]:
    return [(name, evidence[name]) for name in ("majority", "rule") if evidence[name] is not None]


def _as_csv(rows: list[dict[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
