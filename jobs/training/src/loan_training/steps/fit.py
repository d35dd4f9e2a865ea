from __future__ import annotations

import logging
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from loan_training.artifact.digest import MODEL_FILE, SERVING_FILE, digest
from loan_training.artifact.serving_json import build_serving
from loan_training.data.sampling import sample
from loan_training.errors import ModelRefused
from loan_training.model.families import FAMILIES
from loan_training.model.monotonicity import TOLERANCE, check_monotonicity
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session, probabilities
from loan_training.model.recipe import Recipe
from loan_training.model.recipe import fit as fit_model
from loan_training.scoring.contract_model import ContractModel
from loan_training.scoring.graph_file import open_bytes
from loan_training.scoring.serving_contract import parse_contract
from loan_training.selection.cross_validation import SELECTION_ROWS, cross_validate, fit_recipe, predict_repeat
from loan_training.selection.threshold import stated_threshold, threshold_for_rate

if TYPE_CHECKING:
    import onnxruntime

    from loan_training.data.dataset import Dataset
    from loan_training.model.monotonicity import Monotonicity
    from loan_training.model.recipe import Model
    from loan_training.settings import Settings
    from loan_training.steps import Context

# Largest difference between the probabilities of the graph and of the fitted model.
PARITY = 1e-5
# The same nodes compute both, so they differ in their last bits at most.
MATRIX_PARITY = 1e-6
# Calibration cross-validates inside each fold, so that more repeats would cost more than they tell.
MAXIMUM_CALIBRATION_REPEATS = 2
# Least gain in log loss. Calibration fits two more numbers, and a smaller gain is noise.
CALIBRATION_GAIN = 0.0005

log = logging.getLogger("fit")


def fit(context: Context) -> None:
    """Decides on calibration, fits and exports. Refuses a graph that is not the fitted model, or is not monotone."""
    workspace, settings = context.workspace, context.settings
    training, holdout = workspace.read_dataset("training"), workspace.read_dataset("holdout")
    recipe = _with_calibration(workspace.read_recipe(), sample(training, SELECTION_ROWS, settings.seed), settings)
    workspace.write_recipe(recipe)

    started = time.monotonic()
    model = fit_model(recipe, training)
    budget = f" of {len(training)}, the budget of {recipe.family}" if model.rows < len(training) else ""
    log.info("fitted on %d rows%s, in %.1f s", model.rows, budget, time.monotonic() - started)
    graph = export(model)
    session = open_session(graph)
    parity = max(_parity(session, model, training), _parity(session, model, holdout))
    if not parity < PARITY:
        raise ModelRefused(
            f"the graph is not the fitted model: probabilities differ by {parity:.2e}, less than {PARITY} is allowed"
        )
    threshold = _threshold(recipe, training, settings)
    monotonicity = check_monotonicity(session, training)
    _refuse_misbehaviour(monotonicity, threshold)

    files = {MODEL_FILE: graph, SERVING_FILE: build_serving(session, training, settings.seed, threshold)}
    _refuse_other_matrix(files, probabilities(session, holdout.applications), holdout)
    for name, content in files.items():
        workspace.write_bytes(f"model/{name}", content)
    facts = {
        "rows": model.rows,
        "threshold": threshold,
        "parity": parity,
        "monotonicity": asdict(monotonicity),
        "digest": digest(files),
    }
    workspace.write_json("fit", facts)
    context.tracking.log(
        params={f"model_{name}": value for name, value in recipe.parameters.items()}
        | {"calibrated": recipe.calibrated, "digest": facts["digest"], "fit_rows": model.rows, "threshold": threshold},
        metrics={"onnx_parity": parity, "monotone_grid_points": monotonicity.points},
    )
    log.info("parity %.1e, monotone over %d points, %s", parity, monotonicity.points, facts["digest"])


def _with_calibration(recipe: Recipe, training: Dataset, settings: Settings) -> Recipe:
    """The recipe, calibrated if that lowers the cross-validated log loss or if its family needs it."""
    calibrated, raw = replace(recipe, calibrated=True), replace(recipe, calibrated=False)
    if FAMILIES[recipe.family].needs_calibration:
        return calibrated
    repeats = min(MAXIMUM_CALIBRATION_REPEATS, settings.cv_repeats)
    losses = [
        cross_validate(fit_recipe(one), training, repeats, recipe.seed, settings.jobs).mean.log_loss
        for one in (calibrated, raw)
    ]
    helps = losses[0] < losses[1] - CALIBRATION_GAIN
    log.info("log loss %.4f calibrated, %.4f uncalibrated: %s", *losses, "calibrated" if helps else "not calibrated")
    return calibrated if helps else raw


def _threshold(recipe: Recipe, training: Dataset, settings: Settings) -> float:
    rule = training.schema.decision.threshold
    stated = stated_threshold(rule)
    if stated is not None:
        return stated
    rows = sample(training, SELECTION_ROWS, settings.seed)
    predicted, _ = predict_repeat(fit_recipe(recipe), rows, 0, settings.seed, settings.jobs)
    threshold = threshold_for_rate(rule.approval_rate, predicted)
    log.info(
        "threshold %g decides %.1f %% of the training rows positively", threshold, 100 * (predicted >= threshold).mean()
    )
    return threshold


def _parity(session: onnxruntime.InferenceSession, model: Model, dataset: Dataset) -> float:
    served = probabilities(session, dataset.applications)
    return float(np.abs(served - model.probabilities(dataset.applications)).max())


def _refuse_other_matrix(files: dict[str, bytes], whole: np.ndarray, dataset: Dataset) -> None:
    """Compares the whole graph, which MLflow runs, with the part behind the matrix, which the service runs."""
    contract = parse_contract(files[SERVING_FILE])
    served = ContractModel(open_bytes(files[MODEL_FILE], contract, MODEL_FILE).session, contract)
    served.check_golden()
    difference = float(np.abs(served.probabilities(dataset.applications) - whole).max())
    if not difference < MATRIX_PARITY:
        raise ModelRefused(
            f"the graph behind the matrix is not the whole graph: probabilities differ by {difference:.2e}, "
            f"less than {MATRIX_PARITY} is allowed"
        )


def _refuse_misbehaviour(monotonicity: Monotonicity, threshold: float) -> None:
    if not monotonicity.holds:
        raise ModelRefused(
            f"the graph is not monotone: a better {monotonicity.worst_column} lowers the probability by "
            f"{monotonicity.worst_fall:.2e}, {TOLERANCE} is allowed"
        )
    if monotonicity.worst_case and monotonicity.worst_case_probability >= threshold:
        raise ModelRefused(
            f"the graph decides positively on {monotonicity.worst_case}: probability "
            f"{monotonicity.worst_case_probability:.3f}, less than {threshold} is required"
        )
