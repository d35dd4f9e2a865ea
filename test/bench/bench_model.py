"""Writes the model that every benchmark serves: 100 boosted trees over synthetic applications, logged as training logs.

`bench_model.py <directory>` makes `<directory>/model`, an MLflow model of the onnx flavor with its serving.json.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import mlflow
import numpy as np
import onnx
from loan_training.columns import COLUMNS, Number
from loan_training.dataset import parse
from loan_training.export import export
from loan_training.inference import OUTPUT, open_session
from loan_training.model import Recipe, fit
from loan_training.serving import build_serving
from loan_training.source import read_source
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

SEED = 7
TREES = {"n_estimators": 100, "max_depth": 3, "learning_rate": 0.1}


def main(directory: Path) -> None:
    partial = directory / "model.partial"
    shutil.rmtree(partial, ignore_errors=True)
    dataset = parse(read_source(f"synthetic:2000:{SEED}", 2**24), "synthetic")
    model = fit(Recipe("gradient_boosting", TREES, calibrated=False, seed=SEED), dataset)
    graph = export(model)
    # Tensors: as columns, MLflow's servers would hand the graph [N] where it takes [N, 1].
    inputs = [
        TensorSpec(np.dtype("float32" if isinstance(column, Number) else "str"), (-1, 1), column.name)
        for column in COLUMNS
    ]
    outputs = [TensorSpec(np.dtype("float32"), (-1, 1), OUTPUT)]
    mlflow.onnx.save_model(
        onnx.load_model_from_string(graph),
        str(partial),
        signature=ModelSignature(Schema(inputs), Schema(outputs)),
        save_as_external_data=False,
        # Given by hand: asking pip what is installed takes longer than the fit.
        pip_requirements=["onnxruntime"],
    )
    serving = build_serving(open_session(graph), dataset.applications, SEED)
    (partial / "serving.json").write_bytes(serving)
    partial.rename(directory / "model")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
