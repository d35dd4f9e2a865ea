"""Optuna's search for the hyper-parameters of the chosen family."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import optuna

from loan_training.model.families import FAMILIES, Parameters
from loan_training.selection.cross_validation import fit_recipe, validate_repeat

if TYPE_CHECKING:
    from loan_training.data.dataset import Dataset
    from loan_training.model.recipe import Recipe

# Repeats of the cross-validation in a trial. A trial may be pruned after each but the last.
REPEATS = 2
UNPRUNED_TRIALS = 5


@dataclass(frozen=True)
class Trial:
    number: int
    parameters: Parameters
    # None if the trial was pruned. Its loss would be of fewer repeats than that of the others.
    log_loss: float | None


@dataclass(frozen=True)
class Search:
    best: Recipe
    log_loss: float
    trials: list[Trial]


def search(
    recipe: Recipe,
    dataset: Dataset,
    trials: int,
    jobs: int,
    storage: str | None = None,
    study_name: str | None = None,
) -> Search:
    """The best of `trials`. The first trial is the recipe itself, so the search never ends with a worse recipe.

    Trials run one after the other, so that the seed decides them. With a storage URL several workers may share a
    study. The result then depends on their speed.
    """
    family = FAMILIES[recipe.family]
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=study_name,
        storage=storage,
        load_if_exists=storage is not None,
        sampler=optuna.samplers.TPESampler(seed=recipe.seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED_TRIALS, n_warmup_steps=0),
    )
    study.enqueue_trial(recipe.parameters, skip_if_exists=True)

    def objective(trial: optuna.Trial) -> float:
        attempt = replace(recipe, parameters={**recipe.parameters, **family.suggest(trial)})
        losses: list[float] = []
        for repeat in range(REPEATS):
            scores = validate_repeat(fit_recipe(attempt), dataset, repeat, recipe.seed, jobs)
            losses += [one.log_loss for one in scores]
            trial.report(float(np.mean(losses)), repeat)
            if repeat + 1 < REPEATS and trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(losses))

    study.optimize(objective, n_trials=trials)
    return Search(
        best=replace(recipe, parameters={**recipe.parameters, **study.best_params}),
        log_loss=study.best_value,
        trials=[Trial(one.number, one.params, _loss(one)) for one in study.trials],
    )


def _loss(trial: optuna.trial.FrozenTrial) -> float | None:
    """None if the trial was pruned. Optuna would give the last value that the trial reported."""
    return trial.value if trial.state is optuna.trial.TrialState.COMPLETE else None
