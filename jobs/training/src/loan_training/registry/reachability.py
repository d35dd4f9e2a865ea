"""Checks that MLflow answers before minutes are spent on a model that could not be kept.

The check does not import MLflow's client, so that a wrong address is reported within a second.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from loan_training.errors import RegistryUnreachable
from loan_training.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_SECONDS = 4
# The health of MLflow says nothing about its database, so one experiment is asked for too.
EXPERIMENT = "api/2.0/mlflow/experiments/search?max_results=1"


def require_reachable(
    tracking_uri: str,
    wait_seconds: float = 0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Asks an MLflow server and its database at least twice, 4 s each, and again for `wait_seconds`.

    A local store needs no server.
    """
    if urlsplit(tracking_uri).scheme not in ("http", "https"):
        return
    why = wait_for(f"MLflow at {tracking_uri}", wait_seconds, lambda: _why_not(tracking_uri), clock, sleep)
    if why is not None:
        raise RegistryUnreachable(
            f"MLflow at {tracking_uri} cannot be reached: {why}. Start the server, or set MLFLOW_TRACKING_URI."
        )


def _why_not(tracking_uri: str) -> str | None:
    """Why the server cannot keep a model now. None if it can."""
    root = tracking_uri.rstrip("/")
    try:
        health = httpx.get(f"{root}/health", timeout=TIMEOUT_SECONDS)
        if not health.is_success:
            return f"it answered {health.status_code}"
        experiment = httpx.get(f"{root}/{EXPERIMENT}", timeout=TIMEOUT_SECONDS)
    except httpx.TransportError as error:
        return str(error) or type(error).__name__
    # Another refusal is for the run to explain, with the credentials and the retries of MLflow's client.
    return f"its database does not answer ({experiment.status_code})" if experiment.is_server_error else None
