"""Scores of a set of probabilities against the labels."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import numpy as np
from sklearn.metrics import accuracy_score, brier_score_loss, f1_score, log_loss, roc_auc_score

CALIBRATION_BINS = 10


@dataclass(frozen=True)
class Scores:
    accuracy: float
    f1: float
    auc: float
    log_loss: float
    brier: float
    # Expected calibration error over 10 bins of equal width.
    ece: float

    def as_metrics(self, prefix: str = "") -> dict[str, float]:
        return {f"{prefix}{name}": value for name, value in asdict(self).items()}


# Scores of which a higher value is better. Of the others a lower value is better.
MORE_IS_BETTER = frozenset({"accuracy", "f1", "auc"})


def score(labels: np.ndarray, probabilities: np.ndarray, threshold: float) -> Scores:
    decisions = probabilities >= threshold
    return Scores(
        accuracy=float(accuracy_score(labels, decisions)),
        f1=float(f1_score(labels, decisions, zero_division=0.0)),
        auc=float(roc_auc_score(labels, probabilities)),
        log_loss=float(log_loss(labels, probabilities, labels=[0, 1])),
        brier=float(brier_score_loss(labels, probabilities)),
        ece=calibration_error(labels, probabilities),
    )


def calibration_error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    bins = np.minimum((probabilities * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [
        abs(labels[bins == number].mean() - probabilities[bins == number].mean()) * (bins == number).mean()
        for number in np.unique(bins)
    ]
    return float(np.sum(gaps))


def mean(scores: list[Scores]) -> Scores:
    return Scores(*(float(np.mean([getattr(one, f.name) for one in scores])) for f in fields(Scores)))


def deviation(scores: list[Scores]) -> Scores:
    return Scores(*(float(np.std([getattr(one, f.name) for one in scores])) for f in fields(Scores)))
