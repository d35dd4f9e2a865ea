"""Platt scaling: a line in log odds, which ONNX operators compute exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

# Probabilities are clipped to [CLIP, 1 - CLIP] in training and in the graph, so that their log odds are finite.
CLIP = 1e-6


@dataclass(frozen=True)
class Platt:
    """p' = sigmoid(slope * logit(p) + intercept). The slope is never negative, so that the order of scores stays."""

    slope: float
    intercept: float

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        return expit(self.slope * logit(clipped(probabilities)) + self.intercept)


def clipped(probabilities: np.ndarray) -> np.ndarray:
    return np.clip(probabilities, CLIP, 1 - CLIP)


def fit_platt(probabilities: np.ndarray, labels: np.ndarray) -> Platt:
    """The line with the smallest log loss on out-of-fold predictions, against Platt's smoothed targets."""
    positives = labels.sum()
    negatives = len(labels) - positives
    targets = np.where(labels == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    margins = logit(clipped(probabilities))

    def loss(line: np.ndarray) -> tuple[float, np.ndarray]:
        scores = line[0] * margins + line[1]
        errors = expit(scores) - targets
        value = np.logaddexp(0, scores).mean() - (targets * scores).mean()
        return float(value), np.array([(errors * margins).mean(), errors.mean()])

    best = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0, None), (None, None)])
    return Platt(float(np.float32(best.x[0])), float(np.float32(best.x[1])))
