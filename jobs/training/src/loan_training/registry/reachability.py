"""Checks that MLflow answers before minutes are spent on a model that could not be kept.

The check does not import MLflow's client, so that a wrong address is reported within a second.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from loan_training.errors import RegistryUnreachable

TIMEOUT_SECONDS = 4


def require_reachable(tracking_uri: str) -> None:
    """Asks an MLflow server for its health, at most twice, 4 s each. A local store needs no server."""
    if urlsplit(tracking_uri).scheme not in ("http", "https"):
        return
    health = f"{tracking_uri.rstrip('/')}/health"
    why = ""
    for _ in range(2):
        try:
            answer = httpx.get(health, timeout=TIMEOUT_SECONDS)
        except httpx.TransportError as error:
            why = str(error) or type(error).__name__
            continue
        if answer.is_success:
            return
        why = f"it answered {answer.status_code}"
    raise RegistryUnreachable(
        f"MLflow at {tracking_uri} cannot be reached: {why}. Start the server, or set MLFLOW_TRACKING_URI."
    )
