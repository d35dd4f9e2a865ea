from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from loan_training.data.sampling import sample
from loan_training.selection import hyperparameter_search
from loan_training.selection.cross_validation import SELECTION_ROWS

if TYPE_CHECKING:
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
    study = f"{settings.model_name}-{recipe.family}-{training.fingerprint()[:12]}-{settings.seed}"
    found = hyperparameter_search.search(
        recipe, training, settings.trials, settings.jobs, settings.optuna_storage, study
    )
    context.workspace.write_recipe(found.best)
    parent = context.tracking.log_child(
        f"search {recipe.family}",
        params=found.best.parameters,
        metrics={"cv_log_loss": found.log_loss, "trials": len(found.trials)},
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
    log.info("%d trials, best log loss %.4f with %s", len(found.trials), found.log_loss, found.best.parameters)
