"""A process that helps with the search of a run that another process does."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from loan_training.data.dataset import parse, split
from loan_training.data.sampling import sample
from loan_training.data.shown_source import shown_source
from loan_training.data.source import read_source
from loan_training.errors import TrainingError, Unreachable
from loan_training.model.recipe import Recipe
from loan_training.selection.cross_validation import SELECTION_ROWS
from loan_training.selection.hyperparameter_search import help_search, task_of
from loan_training.selection.study import OUTAGES, Storage, unreachable, wait_for_study

if TYPE_CHECKING:
    from loan_training.settings import Settings

log = logging.getLogger("search")


def work(settings: Settings, worker: int, wait_seconds: float) -> str:
    """Waits for the study of the run and runs trials until it is done. Returns what was done, as a sentence.

    The worker never fails the run: if it cannot help, it says why and ends. Raises Unreachable if the database or the
    source of the data does not answer, because another try may help.
    """
    if settings.optuna_storage is None or settings.search_run is None:
        raise TrainingError("a search worker needs --optuna-storage and --search-run")
    if settings.trials == 0:
        return "there is nothing to search, because --trials is 0"
    storage = Storage(settings.optuna_storage, settings.optuna_storage_password_file, settings.wait_seconds)
    name = study_name(settings.model_name, settings.search_run)
    try:
        shown = shown_source(settings.data)
        content = read_source(settings.data, settings.reading.maximum_bytes, settings.schema)
        training, _ = split(parse(content, shown, settings.schema, reading=settings.reading))
    except Unreachable:
        raise
    except TrainingError as error:
        # The process with index 0 meets the same refusal, and reports it with its exit code.
        return f"the data is refused: {error}"
    rows = sample(training, SELECTION_ROWS, settings.seed)
    log.info("waiting at most %.0f s for the study %s, which the process with index 0 makes", wait_seconds, name)
    opened = storage.open()
    try:
        task = wait_for_study(opened, name, wait_seconds)
    except OUTAGES as error:
        raise unreachable(error) from error
    finally:
        opened.remove_session()
    if task is None:
        return f"the study {name} did not come within {wait_seconds:.0f} s"
    if task_of(Recipe(**task["recipe"]), rows, task["trials"]) != task:
        return f"the study {name} is about other rows: the file at {shown} has changed"
    log.info("helping with %d trials of %s", task["trials"], task["recipe"]["family"])
    return f"ran {help_search(task, rows, settings.jobs, storage, name, worker)} trials of the study {name}"


def study_name(model: str, run: str) -> str:
    """The name that all processes of one run derive alike."""
    return f"{model}/{run}"
