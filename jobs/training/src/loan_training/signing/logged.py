"""Signs a model that was just logged to MLflow, before a version of it is registered."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from loan_training.signing.model_bundle import MLMODEL_FILE, SIGNATURE_FILE, model_bundle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric import ec
    from mlflow import MlflowClient


def sign_logged(
    client: MlflowClient, model_id: str, name: str, files: Mapping[str, bytes], key: ec.EllipticCurvePrivateKey
) -> None:
    """Puts the bundle over these files and over MLmodel beside them. MLflow wrote MLmodel when it logged the model."""
    import mlflow

    with tempfile.TemporaryDirectory(prefix="loan-sign-") as directory:
        source = client.get_logged_model(model_id).artifact_location
        mlmodel = mlflow.artifacts.download_artifacts(
            f"{source}/{MLMODEL_FILE}", dst_path=directory, tracking_uri=client.tracking_uri
        )
        bundle = Path(directory) / SIGNATURE_FILE
        bundle.write_bytes(model_bundle(name, {**files, MLMODEL_FILE: Path(mlmodel).read_bytes()}, key))
        client.log_model_artifact(model_id, str(bundle))
