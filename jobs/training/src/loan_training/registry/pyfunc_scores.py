"""Scores a file with a model as MLflow loads it. Tests of other runtimes compare their scores with these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlflow

if TYPE_CHECKING:
    from loan_training.data.dataset import Dataset


def score_with_pyfunc(model_uri: str, dataset: Dataset, tracking_uri: str) -> list[float]:
    """P(approved) of each row, in the rows' order."""
    mlflow.set_tracking_uri(tracking_uri)
    model = mlflow.pyfunc.load_model(model_uri)
    predicted = model.predict(dataset.applications)
    # The signature is of tensors, so MLflow turns the frame into tensors and returns tensors.
    return [float(value) for value in predicted["probability"].reshape(-1)]
