from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from loan_training.data.sampling import sample
from loan_training.selection.cross_validation import SELECTION_ROWS
from loan_training.selection.hyperparameter_search import Search, search_shared
from loan_training.selection.hyperparameter_search import search as search_alone
from loan_training.selection.search_worker import study_name
from loan_training.selection.study import Storage

if TYPE_CHECKING:
    from loan_training.data.dataset import Dataset
    from loan_training.model.recipe import Recipe
    from loan_training.settings import Settings
    from loan_training.steps import Context

log = logging.getLogger("search")


def search(context: Context) -> None:
    """Searches the chosen family's hyper-parameters."""
    settings = context.settings
    training = sample(context.workspace.read_dataset("training"), SELECTION_ROWS, settings.seed)
    recipe = context.workspace.read_recipe()
    if settings.trials == 0:
        log.info("no trials: %s keeps its defaults", recipe.family)
        return
    found = _search(settings, recipe, training)
    context.workspace.write_recipe(found.best)
    parent = context.tracking.log_child(
        f"search {recipe.family}",
        params=found.best.parameters,
        metrics={"cv_log_loss": found.log_loss, "trials": len(found.trials), "search_workers": found.workers},
        tags={"step": "search"},
    )
    for trial in found.trials:
        context.tracking.log_child(
            f"trial {trial.number}",
            params=trial.parameters,
            metrics={} if trial.log_loss is None else {"cv_log_loss": trial.log_loss},
            tags={"step": "search", "pruned": str(trial.log_loss is None).lower()},
            parent=parent,
        )
    log.info(
        "%d trials by %d %s, best log loss %.4f with %s",
        len(found.trials),
        found.workers,
        "process" if found.workers == 1 else "processes",
        found.log_loss,
        found.best.parameters,
    )


def _search(settings: Settings, recipe: Recipe, training: Dataset) -> Search:
    if settings.optuna_storage is None:
        return search_alone(recipe, training, settings.trials, settings.jobs)
    storage = Storage(settings.optuna_storage, settings.optuna_storage_password_file, settings.wait_seconds)
    name = f"{recipe.family}-{training.fingerprint()[:12]}-{settings.seed}"
    if settings.search_run is not None:
        name = settings.search_run
    return search_shared(
        recipe, training, settings.trials, settings.jobs, storage, study_name(settings.model_name, name)
    )
