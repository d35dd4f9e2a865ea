"""A run from end to end: checks that MLflow answers, runs the steps, reports the outcome."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from loan_training.data.shown_source import shown_source
from loan_training.errors import HelperFailed, TrainingError, Unreachable
from loan_training.pushgateway import failure_metrics, push, success_metrics
from loan_training.registry.reachability import require_reachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loan_training.settings import Settings
    from loan_training.steps import Context, Step
    from loan_training.summary import Summary

MAXIMUM_TAG_LENGTH = 5_000

log = logging.getLogger(__name__)


def run_all(settings: Settings, pushgateway_url: str | None) -> Summary:
    """Runs all steps as one new MLflow run. Metrics are pushed after success and after failure."""
    started = time.monotonic()
    try:
        summary = _run_all(settings)
    except BaseException as error:
        if pushgateway_url:
            reason = error.reason if isinstance(error, TrainingError) else "failed"
            push(pushgateway_url, failure_metrics(reason, time.monotonic() - started, time.time()))
        raise
    if pushgateway_url:
        push(pushgateway_url, success_metrics(summary, time.monotonic() - started, time.time()))
    return summary


def help_with_search(settings: Settings, worker: int, wait_seconds: float) -> str:
    """Runs trials for the search of a run that another process does. Returns what was done, as a sentence.

    Whatever fails here is raised as Unreachable or HelperFailed, because the exit code of another error ends the run.
    """
    from loan_training.selection.search_worker import work

    try:
        with _outages():
            return work(settings, worker, wait_seconds)
    except Unreachable:
        raise
    except Exception as error:
        log.exception("search worker %d failed", worker)
        raise HelperFailed(f"search worker {worker} failed, and the run goes on: {error}") from error


def run_one(name: str, settings: Settings) -> None:
    """Runs one step of the run that the work directory names. The first step starts the run, the last ends it."""
    require_reachable(settings.tracking_uri, settings.wait_seconds)
    from loan_training.steps import all_steps

    steps = all_steps()
    step = next(one for one in steps if one.name == name)
    with _outages():
        context = _start(settings) if step is steps[0] else _resume(settings)
        _run([step], context)
        if step is steps[-1]:
            context.tracking.finish()


def _run_all(settings: Settings) -> Summary:
    require_reachable(settings.tracking_uri, settings.wait_seconds)
    from loan_training.steps import all_steps
    from loan_training.summary import Summary

    with _outages():
        context = _start(settings)
        _run(all_steps(), context)
        context.tracking.finish()
    return Summary.assemble(context.tracking.run_id, context.workspace)


def _start(settings: Settings) -> Context:
    from loan_training.registry.tracking import Tracking
    from loan_training.steps import Context
    from loan_training.workspace import Workspace

    workspace = Workspace(settings.work_dir, settings.schema)
    shown = shown_source(settings.data)
    tracking = Tracking.start(settings.tracking_uri, settings.experiment, f"train {shown}")
    workspace.write_json("run", {"run_id": tracking.run_id})
    return Context(settings, workspace, tracking)


def _resume(settings: Settings) -> Context:
    from loan_training.registry.tracking import Tracking
    from loan_training.steps import Context
    from loan_training.workspace import Workspace

    workspace = Workspace(settings.work_dir, settings.schema)
    tracking = Tracking.resume(settings.tracking_uri, workspace.read_json("run")["run_id"])
    return Context(settings, workspace, tracking)


def _run(steps: Sequence[Step], context: Context) -> None:
    from loan_training.orchestration import run_steps

    try:
        run_steps(steps, context, in_prefect=context.settings.prefect_api_url is not None)
    except BaseException as error:
        _record_failure(context, error)
        raise


@contextmanager
def _outages() -> Iterator[None]:
    """Turns an error that another run may not meet into Unreachable, with its exit code. Other errors pass through."""
    from loan_training.orchestration import is_transient

    try:
        yield
    except Unreachable:
        raise
    except Exception as error:
        if not is_transient(error):
            raise
        raise Unreachable(f"{type(error).__name__}: {error}") from error


def _record_failure(context: Context, error: BaseException) -> None:
    """Marks the run as failed. If MLflow does not answer here either, the first error is the one to show."""
    from mlflow.exceptions import MlflowException

    try:
        context.tracking.log(tags={"error": str(error)[:MAXIMUM_TAG_LENGTH] or type(error).__name__})
        context.tracking.finish(failed=True)
    except MlflowException:
        log.warning("MLflow did not answer, so run %s is not marked as failed there", context.tracking.run_id)
