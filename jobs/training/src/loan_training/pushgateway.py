"""Metrics of a finished run, for a Pushgateway, because a job ends before Prometheus can scrape it."""

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
    metrics = CollectorRegistry()
    _gauge(metrics, "training_duration_seconds", "Duration of the last run.", duration_seconds)
    _gauge(metrics, "training_rows", "Rows of data in the last successful run.", summary.rows)
    _gauge(
        metrics,
        "training_last_success_timestamp_seconds",
        "When a run last succeeded, Unix time.",
        now_seconds,
    )
    _gauge(metrics, "training_failed", "1 if the last run failed, else 0.", 0)
    scores = Gauge("training_score", "Scores of the last model on the holdout.", ["metric"], registry=metrics)
    for name, value in summary.metrics.items():
        scores.labels(name).set(value)
    promoted = Gauge(
        "training_promoted",
        "1 if the last version became champion, else 0. The reason says why.",
        ["reason"],
        registry=metrics,
    )
    promoted.labels(summary.code).set(int(summary.promoted))
    return metrics


def failure_metrics(reason: str, duration_seconds: float, now_seconds: float) -> CollectorRegistry:
    metrics = CollectorRegistry()
    _gauge(metrics, "training_duration_seconds", "Duration of the last run.", duration_seconds)
    _gauge(metrics, "training_failed", "1 if the last run failed, else 0.", 1)
    failed = Gauge(
        "training_last_failure_timestamp_seconds",
        "When a run last failed for this reason, Unix time.",
        ["reason"],
        registry=metrics,
    )
    failed.labels(reason).set(now_seconds)
    return metrics


def push(url: str, metrics: CollectorRegistry) -> None:
    """Adds to the metrics of earlier runs, so that a failure does not delete those of the last success.

    If the gateway is down, the run logs a warning and does not fail, because the model is already registered.
    """
    try:
        pushadd_to_gateway(url, job=JOB, registry=metrics, timeout=TIMEOUT_SECONDS)
    except OSError as error:
        log.warning("metrics were not pushed to %s, check --pushgateway-url: %s", url, error)


def _gauge(metrics: CollectorRegistry, name: str, documentation: str, value: float) -> None:
    Gauge(name, documentation, registry=metrics).set(value)
