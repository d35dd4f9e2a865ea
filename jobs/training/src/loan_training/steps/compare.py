from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from loan_training.data.sampling import sample
from loan_training.errors import ModelRefused
from loan_training.model.families import FAMILIES
from loan_training.model.monotonicity import check_monotonicity
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session
from loan_training.model.recipe import Recipe, fit
from loan_training.selection.baselines import baselines
from loan_training.selection.cross_validation import SELECTION_ROWS, cross_validate, fit_recipe
from loan_training.selection.family_choice import Candidate, choose

if TYPE_CHECKING:
    from loan_training.data.dataset import Dataset
    from loan_training.selection.cross_validation import Fit, Validation
    from loan_training.steps import Context

log = logging.getLogger("compare")


def compare(context: Context) -> None:
    """Cross-validates the families and the baselines, and chooses a family."""
    settings = context.settings
    everything = context.workspace.read_dataset("training")
    training = sample(everything, SELECTION_ROWS, settings.seed)
    if len(training) < len(everything):
        log.info("families are compared on a sample of %d of %d rows", len(training), len(everything))
    for name, fitted in baselines(settings.schema).items():
        _report(context, name, _validate(context, fitted, training), {})

    candidates = []
    for name in FAMILIES:
        started = time.monotonic()
        recipe = Recipe.default(name, settings.seed)
        validation = _validate(context, fit_recipe(recipe), training)
        model = fit(recipe, training)
        graph = check_monotonicity(open_session(export(model)), training, coarse=True)
        candidates.append(Candidate(name, validation.mean.log_loss, validation.mean.auc, graph.holds))
        note = "" if graph.holds else f"  not monotone in {graph.worst_column}"
        if model.rows < len(training):
            note += f"  fitted on {model.rows} rows, its budget"
        _report(context, name, validation, recipe.parameters, graph.worst_fall, note, time.monotonic() - started)

    chosen = choose(candidates)
    if chosen is None:
        raise ModelRefused("no family is monotone on this data, so none may be shipped: check the labels of the data")
    facts = {"chosen": chosen.family, "rows": len(training), "candidates": [asdict(one) for one in candidates]}
    context.workspace.write_json("comparison", facts)
    context.workspace.write_recipe(Recipe.default(chosen.family, settings.seed))
    context.tracking.log(params={"family": chosen.family, "selection_rows": len(training)})
    log.info("%s is chosen", chosen.family)


def _validate(context: Context, fitted: Fit, training: Dataset) -> Validation:
    settings = context.settings
    return cross_validate(fitted, training, settings.cv_repeats, settings.seed, settings.jobs)


def _report(
    context: Context,
    name: str,
    validation: Validation,
    params: dict,
    worst_fall: float | None = None,
    note: str = "",
    seconds: float | None = None,
) -> None:
    mean = validation.mean
    metrics = mean.as_metrics("cv_") | validation.deviation.as_metrics("cv_sd_")
    if worst_fall is not None:
        metrics["worst_fall"] = worst_fall
    context.tracking.log_child(f"compare {name}", params=params, metrics=metrics, tags={"step": "compare"})
    if seconds is not None:
        note += f"  {seconds:.1f} s"
    log.info("%-20s log loss %.4f  AUC %.4f  accuracy %.4f%s", name, mean.log_loss, mean.auc, mean.accuracy, note)
