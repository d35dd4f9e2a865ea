"""A run from end to end: checks MLflow, runs steps, reports what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from loan_training.errors import TrainingError
from loan_training.orchestration import run_steps
from loan_training.pushgateway import failure_metrics, push, success_metrics
from loan_training.steps import Context, all_steps
from loan_training.summary import Summary
from loan_training.tracking import Tracking, require_reachable
from loan_training.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loan_training.settings import Settings
    from loan_training.steps import Step


def run_all(settings: Settings, pushgateway_url: str | None) -> tuple[Summary, Workspace]:
    """All steps as one new run. Metrics are pushed whether it ends well or not."""
    started = time.monotonic()
    try:
        require_reachable(settings.tracking_uri)
        context = _start(settings)
        _run(all_steps(), context)
        context.tracking.finish()
        summary = _summarise(context)
    except BaseException as error:
        if pushgateway_url:
            reason = error.reason if isinstance(error, TrainingError) else "failed"
            push(pushgateway_url, failure_metrics(reason, time.monotonic() - started, time.time()))
        raise
    if pushgateway_url:
        push(pushgateway_url, success_metrics(summary, time.monotonic() - started, time.time()))
    return summary, context.workspace


def run_one(name: str, settings: Settings) -> None:
    """One step in the run that its work directory belongs to. The first step starts a run, the last ends it."""
    require_reachable(settings.tracking_uri)
    steps = all_steps()
    step = next(one for one in steps if one.name == name)
    context = _start(settings) if step is steps[0] else _resume(settings)
    _run([step], context)
    if step is steps[-1]:
        context.tracking.finish()


def _start(settings: Settings) -> Context:
    workspace = Workspace(settings.work_dir)
    tracking = Tracking.start(settings.tracking_uri, settings.experiment, f"train {settings.data.split('?', 1)[0]}")
    workspace.write_json("run", {"run_id": tracking.run_id})
    return Context(settings, workspace, tracking)


def _resume(settings: Settings) -> Context:
    workspace = Workspace(settings.work_dir)
    return Context(settings, workspace, Tracking.resume(settings.tracking_uri, workspace.read_json("run")["run_id"]))


def _run(steps: Sequence[Step], context: Context) -> None:
    try:
        run_steps(steps, context)
    except BaseException as error:
        context.tracking.log(tags={"error": str(error)[:5_000] or type(error).__name__})
        context.tracking.finish(failed=True)
        raise


def _summarise(context: Context) -> Summary:
    read = context.workspace.read_json
    return Summary.assemble(
        context.tracking.run_id,
        read("dataset"),
        read("recipe"),
        read("fit"),
        read("evaluation/evaluation"),
        read("registration"),
        read("promotion"),
    )
