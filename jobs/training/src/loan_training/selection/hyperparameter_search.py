"""Optuna's search for the hyper-parameters of the chosen family."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import optuna

from loan_training.model.families import FAMILIES, Parameters
from loan_training.model.recipe import Recipe
from loan_training.selection.cross_validation import fit_recipe, validate_repeat
from loan_training.selection.study import OUTAGES, TASK, WORKER, Storage, finished, pruner, sampler, unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from loan_training.data.dataset import Dataset

# Repeats of the cross-validation in a trial. A trial may be pruned after each but the last.
REPEATS = 2
PROGRESS_SECONDS = 15

log = logging.getLogger("search")


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
    # Number of processes that finished a trial.
    workers: int


def search(recipe: Recipe, dataset: Dataset, trials: int, jobs: int) -> Search:
    """The best of `trials`. The first trial is the recipe itself, so the search never ends with a worse recipe.

    Trials run one after the other, so that the seed decides them.
    """
    _quiet()
    study = optuna.create_study(sampler=sampler(recipe.seed), pruner=pruner())
    study.enqueue_trial(recipe.parameters)
    _optimize(study, recipe, dataset, trials, jobs, worker=0)
    return _result(study, recipe)


def search_shared(recipe: Recipe, dataset: Dataset, trials: int, jobs: int, storage: Storage, name: str) -> Search:
    """As search(), in a study that other processes may join until `trials` are finished.

    It never waits for another process. A study of the same name is continued if it is about the same recipe and rows,
    as after a restart, and is made anew otherwise. The result depends on the speed of the processes.
    """
    _quiet()
    task = task_of(recipe, dataset, trials)
    opened = storage.open()
    try:
        study = _fresh_or_same(opened, name, task, recipe)
        _optimize(study, recipe, dataset, trials, jobs, worker=0)
        return _result(study, recipe)
    except OUTAGES as error:
        raise unreachable(error) from error
    finally:
        opened.remove_session()


def help_search(task: dict, dataset: Dataset, jobs: int, storage: Storage, name: str, worker: int) -> int:
    """Runs trials of the study `name` until all of its trials are finished. Returns how many it ran."""
    _quiet()
    recipe = Recipe(**task["recipe"])
    opened = storage.open()
    try:
        study = optuna.load_study(
            study_name=name, storage=opened, sampler=sampler(recipe.seed + worker), pruner=pruner()
        )
        _optimize(study, recipe, dataset, task["trials"], jobs, worker)
        return sum(trial.user_attrs.get(WORKER) == worker for trial in study.get_trials(deepcopy=False))
    except OUTAGES as error:
        raise unreachable(error) from error
    finally:
        opened.remove_session()


def task_of(recipe: Recipe, dataset: Dataset, trials: int) -> dict:
    """What a study searches, so that a process can tell whether it has the same rows."""
    return {"recipe": asdict(recipe), "rows": dataset.fingerprint(), "trials": trials}


def _fresh_or_same(storage: optuna.storages.RDBStorage, name: str, task: dict, recipe: Recipe) -> optuna.Study:
    def create() -> optuna.Study:
        return optuna.create_study(
            study_name=name,
            storage=storage,
            load_if_exists=True,
            sampler=sampler(recipe.seed),
            pruner=pruner(),
        )

    study = create()
    found = study.user_attrs.get(TASK)
    if found is not None and found != task:
        optuna.delete_study(study_name=name, storage=storage)
        study = create()
    if found != task:
        study.enqueue_trial(recipe.parameters, skip_if_exists=True)
        study.set_user_attr(TASK, task)
    return study


def _optimize(study: optuna.Study, recipe: Recipe, dataset: Dataset, trials: int, jobs: int, worker: int) -> None:
    """Runs trials until `trials` are finished, by this process or another."""
    family = FAMILIES[recipe.family]

    def objective(trial: optuna.Trial) -> float:
        trial.set_user_attr(WORKER, worker)
        attempt = replace(recipe, parameters={**recipe.parameters, **family.suggest(trial)})
        losses: list[float] = []
        for repeat in range(REPEATS):
            scores = validate_repeat(fit_recipe(attempt), dataset, repeat, recipe.seed, jobs)
            losses += [one.log_loss for one in scores]
            trial.report(float(np.mean(losses)), repeat)
            if repeat + 1 < REPEATS and trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(losses))

    progress = Progress(trials)
    while (done := finished(study)) < trials:
        progress.show(done)
        study.optimize(objective, n_trials=1)


class Progress:
    """Logs how many trials are finished, at most every PROGRESS_SECONDS."""

    def __init__(self, trials: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._trials = trials
        self._clock = clock
        self._started = self._shown = clock()

    def show(self, done: int) -> None:
        now = self._clock()
        if now - self._shown < PROGRESS_SECONDS:
            return
        self._shown = now
        log.info("%d of %d trials in %.0f s", done, self._trials, now - self._started)


def _result(study: optuna.Study, recipe: Recipe) -> Search:
    trials = [one for one in study.trials if one.state.is_finished()]
    return Search(
        best=replace(recipe, parameters={**recipe.parameters, **study.best_params}),
        log_loss=study.best_value,
        trials=[Trial(one.number, one.params, _loss(one)) for one in trials],
        workers=len({one.user_attrs[WORKER] for one in trials if WORKER in one.user_attrs}),
    )


def _loss(trial: optuna.trial.FrozenTrial) -> float | None:
    """None if the trial was pruned. Optuna would give the last value that the trial reported."""
    return trial.value if trial.state is optuna.trial.TrialState.COMPLETE else None


def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
