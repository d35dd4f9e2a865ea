"""Logs a foreign model with its serving.json to MLflow, registers it, and reads it back."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from loan_training.artifact.digest import MODEL_FILE, digest
from loan_training.registry.reachability import require_reachable
from loan_training.scoring.model_source import DIGEST_TAG, load_model
from loan_training.signing.logged import sign_logged

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

REQUIREMENTS = ("numpy", "onnx", "onnxruntime")


@dataclass(frozen=True)
class ForeignRegistration:
    model: str
    version: str
    digest: str


def register_files(
    files: dict[str, bytes],
    tracking_uri: str,
    model: str,
    experiment: str,
    alias: str,
    signing_key: ec.EllipticCurvePrivateKey | None = None,
) -> ForeignRegistration:
    """The files are those that the digest covers. The alias moves after the version was read back."""
    require_reachable(tracking_uri)
    import mlflow

    from loan_training.registry.tracking import Tracking

    mlflow.set_tracking_uri(tracking_uri)
    # set_experiment() would hold for the whole process, and later runs of other experiments would fail.
    tracking = Tracking.start(tracking_uri, experiment, f"contract {model}")
    client = tracking.client
    found = digest(files)
    with tempfile.TemporaryDirectory(prefix="loan-contract-") as directory, mlflow.start_run(run_id=tracking.run_id):
        root = Path(directory)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        model_id = _log(root)
        client.log_model_artifacts(model_id, directory)
    if signing_key is not None:
        sign_logged(client, model_id, model, files, signing_key)
    if not client.search_registered_models(f"name = '{model}'"):
        client.create_registered_model(model)
    version = client.create_model_version(
        model, f"models:/{model_id}", run_id=tracking.run_id, tags={DIGEST_TAG: found}, model_id=model_id
    ).version
    with load_model(f"models:/{model}/{version}", tracking_uri) as loaded:
        client.set_registered_model_alias(model, alias, version)
        return ForeignRegistration(model, str(version), loaded.digest)


def _log(root: Path) -> str:
    import mlflow
    import onnx

    return mlflow.onnx.log_model(
        onnx.load_model(root / MODEL_FILE),
        name="model",
        # Without this list MLflow starts a process to find the packages.
        pip_requirements=[f"{name}=={metadata.version(name)}" for name in REQUIREMENTS],
        save_as_external_data=False,
    ).model_id
