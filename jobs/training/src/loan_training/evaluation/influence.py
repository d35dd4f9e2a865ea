"""Permutation importance: the rise of the log loss when the values of a raw column are shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import log_loss

from loan_training.data.sampling import sample
from loan_training.model.onnx_session import probabilities

if TYPE_CHECKING:
    import onnxruntime

    from loan_training.data.dataset import Dataset

SHUFFLES = 10
# Most rows that are shuffled. Each of them is scored once for each column and shuffle.
INFLUENCE_ROWS = 20_000


def measure_influence(session: onnxruntime.InferenceSession, dataset: Dataset, seed: int) -> dict[str, float]:
    dataset = sample(dataset, INFLUENCE_ROWS, seed)
    rng = np.random.default_rng(seed)
    whole = log_loss(dataset.labels, probabilities(session, dataset.applications), labels=[0, 1])
    orders = [rng.permutation(len(dataset)) for _ in range(SHUFFLES)]
    return {
        name: float(
            np.mean(
                [
                    log_loss(
                        dataset.labels,
                        probabilities(
                            session,
                            dataset.applications.assign(**{name: dataset.applications[name].to_numpy()[order]}),
                        ),
                        labels=[0, 1],
                    )
                    - whole
                    for order in orders
                ]
            )
        )
        for name in dataset.schema.names
    }
