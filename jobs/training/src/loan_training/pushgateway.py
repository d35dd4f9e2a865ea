"""Metrics of a finished run, for a Pushgateway: a job is gone before it could be scraped."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge, pushadd_to_gateway

if TYPE_CHECKING:
    from loan_training.summary import Summary

JOB = "loan-training"
TIMEOUT_SECONDS = 5

log = logging.getLogger(__name__)


def success_metrics(summary: Summary, duration_seconds: float, now_seconds: float) -> CollectorRegistry:
    registry = CollectorRegistry()
    _gauge(registry, "training_duration_seconds", "How long the last run took.", duration_seconds)
    _gauge(registry, "training_rows", "Rows of the data set of the last successful run.", summary.rows)
    _gauge(
        registry,
        "training_last_success_timestamp_seconds",
        "When the last run succeeded, Unix time.",
        now_seconds,
    )
    _gauge(registry, "training_failed", "1 where the last run failed.", 0)
    scores = Gauge("training_score", "Scores on the holdout.", ["metric"], registry=registry)
    for name, value in summary.metrics.items():
        scores.labels(name).set(value)
    promoted = Gauge("training_promoted", "1 where the last version became champion.", ["reason"], registry=registry)
    promoted.labels(summary.code).set(int(summary.promoted))
    return registry


def failure_metrics(reason: str, duration_seconds: float, now_seconds: float) -> CollectorRegistry:
    registry = CollectorRegistry()
    _gauge(registry, "training_duration_seconds", "How long the last run took.", duration_seconds)
    _gauge(registry, "training_failed", "1 where the last run failed.", 1)
    failed = Gauge(
        "training_last_failure_timestamp_seconds",
        "When a run last failed for this reason, Unix time.",
        ["reason"],
        registry=registry,
    )
    failed.labels(reason).set(now_seconds)
    return registry


def push(url: str, registry: CollectorRegistry) -> None:
    """Adds to what earlier runs pushed, so that a failure does not wipe the last success.

    A gateway that is down is a warning: the model is registered all the same.
    """
    try:
        pushadd_to_gateway(url, job=JOB, registry=registry, timeout=TIMEOUT_SECONDS)
    except OSError as error:
        log.warning("metrics were not pushed to %s: %s", url, error)


def _gauge(registry: CollectorRegistry, name: str, documentation: str, value: float) -> None:
    Gauge(name, documentation, registry=registry).set(value)
