"""Writes the models that the benchmarks serve: boosted trees of depth 3 over synthetic applications.

`bench_model.py <directory> <name>` writes one MLflow model to `<directory>/<name>`:
`model` has 100 trees, the onnx flavor and a serving.json, like the models that training logs.
`model-version-1` is the same model with a contract of version 1, as training logged it before.
`model-2000-trees` is like `model`, with 2,000 trees.
`sklearn-model` has 100 trees and the sklearn flavor. MLflow's own servers usually serve such a pipeline.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import onnx
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from loan_training.artifact.serving_json import build_serving
from loan_training.data.dataset import Dataset, parse
from loan_training.data.source import read_source
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session
from loan_training.model.recipe import Recipe, fit
from loan_training.registry.model_registry import signature
from loan_training.schema.column import Category
from loan_training.schema.document import load_schema
from version_1_graph import export_version_1

if TYPE_CHECKING:
    from collections.abc import Callable

    from loan_training.model.recipe import Model

SEED = 7
LOAN = load_schema("loan-eligibility")
TREES = {"n_estimators": 100, "max_depth": 3, "learning_rate": 0.1}
MANY_TREES = TREES | {"n_estimators": 2000}


def main(directory: Path, name: str) -> None:
    dataset = parse(read_source(f"synthetic:2000:{SEED}", 2**24, LOAN), "synthetic", LOAN)
    save = {
        "model": lambda path: save_onnx(path, dataset),
        "model-version-1": lambda path: save_version_1(path, dataset),
        "model-2000-trees": lambda path: save_onnx(path, dataset, MANY_TREES),
        "sklearn-model": lambda path: save_sklearn(path, dataset),
    }
    write(directory / name, save[name])


def write(target: Path, save: Callable[[Path], None]) -> None:
    """Saves to a temporary directory first, so that an interruption leaves no partial model."""
    partial = target.with_suffix(".partial")
    for stale in (partial, target):
        shutil.rmtree(stale, ignore_errors=True)
    save(partial)
    partial.rename(target)


def save_onnx(path: Path, dataset: Dataset, trees: dict = TREES) -> None:
    graph = export(fitted(dataset, trees))
    write_files(path, graph, build_serving(open_session(graph), dataset, SEED, 0.5))


def save_version_1(path: Path, dataset: Dataset) -> None:
    model = fitted(dataset, TREES)
    document = json.loads(build_serving(open_session(export(model)), dataset, SEED, 0.5))
    document.pop("encoding", None)
    write_files(path, export_version_1(model), json.dumps(document | {"schemaVersion": 1}).encode())


def fitted(dataset: Dataset, trees: dict) -> Model:
    return fit(Recipe("gradient_boosting", trees, calibrated=False, seed=SEED), dataset)


def write_files(path: Path, graph: bytes, serving: bytes) -> None:
    # The signature names tensors. With columns, MLflow's servers give the graph the shape [N], but it takes [N, 1].
    mlflow.onnx.save_model(
        onnx.load_model_from_string(graph),
        str(path),
        signature=signature(graph),
        save_as_external_data=False,
        # Without this list MLflow asks pip for the installed packages, which takes longer than the fit.
        pip_requirements=["onnxruntime"],
    )
    (path / "serving.json").write_bytes(serving)


def save_sklearn(path: Path, dataset: Dataset) -> None:
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), [column.name for column in LOAN.categories]),
        (SimpleImputer(), [column.name for column in LOAN.numbers]),
    )
    pipeline = make_pipeline(encoder, GradientBoostingClassifier(**TREES, random_state=SEED))
    pipeline.fit(dataset.applications, dataset.labels)
    columns = [ColSpec("string" if isinstance(column, Category) else "double", column.name) for column in LOAN.columns]
    mlflow.sklearn.save_model(
        pipeline,
        str(path),
        signature=ModelSignature(Schema(columns), Schema([ColSpec("double")])),
        pyfunc_predict_fn="predict_proba",
        serialization_format="cloudpickle",
        pip_requirements=["scikit-learn"],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
