"""Runs the steps, as Prefect tasks if there is a Prefect server, and otherwise directly.

Without a server Prefect would start one for the run, which takes longer than a short run. Order and retries of the
steps are the same in both cases.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import httpx
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import ENDPOINT_NOT_FOUND, ErrorCode

from loan_training.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prefect import Task
    from prefect.client.schemas import TaskRun
    from prefect.states import State

    from loan_training.steps import Context, Step

RETRIES = 2
RETRY_DELAY_SECONDS = 2

log = logging.getLogger(__name__)


def run_steps(steps: Sequence[Step], context: Context, in_prefect: bool = False) -> None:
    if in_prefect:
        _run_in_prefect(steps, context)
        return
    for step in steps:
        _run_with_retries(step, context)


def is_transient(error: BaseException) -> bool:
    """True if another try may help, because the network or a server failed and not the data or the model."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, Unreachable):
        return True
    if isinstance(error, MlflowException):
        status = error.get_http_status_code()
        return status >= 500 or status == 429 or error.error_code == ErrorCode.Name(ENDPOINT_NOT_FOUND)
    return isinstance(error, (OSError, httpx.HTTPError, BotoCoreError, ClientError))


def _run_with_retries(step: Step, context: Context) -> None:
    for attempt in range(RETRIES + 1):
        try:
            step.run(context)
        except Exception as error:
            if attempt == RETRIES or not is_transient(error):
                raise
            log.warning("step %s failed and is tried again in %d s: %s", step.name, RETRY_DELAY_SECONDS, error)
            time.sleep(RETRY_DELAY_SECONDS)
        else:
            return


def _run_in_prefect(steps: Sequence[Step], context: Context) -> None:
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE

    def retry(_task: Task, _run: TaskRun, state: State) -> bool:
        try:
            state.result()
        except Exception as error:
            return is_transient(error)
        return False

    tasks = [
        task(
            step.run,
            name=step.name,
            retries=RETRIES,
            retry_delay_seconds=RETRY_DELAY_SECONDS,
            retry_condition_fn=retry,
            cache_policy=NO_CACHE,
        )
        for step in steps
    ]

    @flow(name="loan-training", validate_parameters=False)
    def training() -> None:
        for one in tasks:
            one(context)

    training()
