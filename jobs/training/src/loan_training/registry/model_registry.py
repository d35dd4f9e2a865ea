"""MLflow's model registry: logs an artifact, registers a version, moves aliases, reads a version back."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import mlflow
import numpy as np
import onnx
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, RESOURCE_DOES_NOT_EXIST, ErrorCode
from mlflow.types import Schema, TensorSpec

from loan_training.artifact.digest import MODEL_FILE, SERVING_FILE, digest
from loan_training.errors import ModelRefused
from loan_training.model.onnx_session import OUTPUT, STRING, open_session

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient

CHAMPION = "champion"
CHALLENGER = "challenger"
DIGEST_TAG = "digest"
# Digest of the files of the model card, computed as that of the model.
CARD_TAG = "card_digest"
# Packages that loading the model in Python needs beside MLflow.
REQUIREMENTS = ("numpy", "onnx", "onnxruntime", "pandas")


@dataclass(frozen=True)
class Registration:
    model: str
    version: str
    digest: str


class ArtifactUnreadable(Exception):
    """Files of a registered version are missing, or are not those that its digest names."""


class Registry:
    def __init__(self, client: MlflowClient, model: str) -> None:
        self._client = client
        self._model = model

    def log_model(self, run_id: str, files: dict[str, bytes], example: pd.DataFrame, tracking_uri: str) -> str:
        """Logs an MLflow `onnx` model with these files. Returns the id of the logged model."""
        mlflow.set_tracking_uri(tracking_uri)
        with mlflow.start_run(run_id=run_id):
            logged = mlflow.onnx.log_model(
                onnx.load_from_string(files[MODEL_FILE]),
                name="model",
                signature=signature(files[MODEL_FILE]),
                input_example=example,
                # Without this list MLflow starts a process to find the packages.
                pip_requirements=[f"{name}=={metadata.version(name)}" for name in REQUIREMENTS],
                onnx_execution_providers=["CPUExecutionProvider"],
                save_as_external_data=False,
            )
        with tempfile.TemporaryDirectory() as directory:
            for name, content in files.items():
                path = Path(directory) / name
                path.write_bytes(content)
                self._client.log_model_artifact(logged.model_id, str(path))
        return logged.model_id

    def register(self, model_id: str, run_id: str, tags: dict[str, str]) -> Registration:
        """Makes a version of the logged model, with its tags from the start, and moves `challenger` to the version."""
        try:
            self._client.create_registered_model(self._model)
        except MlflowException as error:
            if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                raise
        version = self._client.create_model_version(
            self._model, f"models:/{model_id}", run_id=run_id, tags=tags, model_id=model_id
        ).version
        self._client.set_registered_model_alias(self._model, CHALLENGER, version)
        return Registration(self._model, str(version), tags[DIGEST_TAG])

    def registered_by(self, run_id: str) -> Registration | None:
        """The version that an earlier try of this run registered, or None."""
        for version in self._client.search_model_versions(f"name = '{self._model}' and run_id = '{run_id}'"):
            return Registration(self._model, str(version.version), version.tags.get(DIGEST_TAG, ""))
        return None

    def champion(self) -> Registration | None:
        try:
            aliases = self._client.get_registered_model(self._model).aliases
        except MlflowException as error:
            if error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                return None
            raise
        if CHAMPION not in aliases:
            return None
        version = self._client.get_model_version(self._model, aliases[CHAMPION])
        return Registration(self._model, str(version.version), version.tags.get(DIGEST_TAG, ""))

    def download(self, registration: Registration) -> dict[str, bytes]:
        """The files of a version, checked against its digest.

        Raises ArtifactUnreadable if another try would fail too. An outage is raised unchanged, to be tried again.
        """
        shown = f"{registration.model} version {registration.version}"
        tracking_uri = self._client.tracking_uri
        try:
            source = self._client.get_model_version_download_uri(registration.model, registration.version)
        except MlflowException as error:
            if error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                raise ArtifactUnreadable(f"{shown}: {error}") from error
            raise
        # A download fails alike for a missing file and an outage, so the files are listed first.
        listed = mlflow.artifacts.list_artifacts(source, tracking_uri=tracking_uri)
        there = {PurePosixPath(file.path).name for file in listed}
        files = {}
        with tempfile.TemporaryDirectory() as directory:
            for name in (MODEL_FILE, SERVING_FILE):
                if name not in there:
                    raise ArtifactUnreadable(f"{shown}: {name} is not there")
                path = mlflow.artifacts.download_artifacts(
                    f"{source}/{name}", dst_path=directory, tracking_uri=tracking_uri
                )
                files[name] = Path(path).read_bytes()
        if digest(files) != registration.digest:
            raise ArtifactUnreadable(f"{shown}: its files have digest {digest(files)}, its tag {registration.digest!r}")
        return files

    def verify(self, registration: Registration) -> None:
        """Checks that the registry gives back the files that were tested."""
        try:
            self.download(registration)
        except ArtifactUnreadable as error:
            raise ModelRefused(f"the registered version cannot be read back: {error}") from error

    def log_card(self, registration: Registration, files: dict[str, bytes]) -> None:
        """Logs the files of the model card beside the model, and tags the version with their digest."""
        version = self._client.get_model_version(registration.model, registration.version)
        model_id = version.source.removeprefix("models:/")
        with tempfile.TemporaryDirectory() as directory:
            for name, content in files.items():
                path = Path(directory) / name
                path.write_bytes(content)
                self._client.log_model_artifact(model_id, str(path))
        self._client.set_model_version_tag(registration.model, registration.version, CARD_TAG, digest(files))

    def explain(self, registration: Registration, code: str, reason: str) -> None:
        self._client.set_model_version_tag(registration.model, registration.version, "promotion", code)
        self._client.set_model_version_tag(registration.model, registration.version, "promotion_reason", reason)

    def state(self, registration: Registration, tag: str, statement: str) -> None:
        """Stores a signed statement about the version."""
        self._client.set_model_version_tag(registration.model, registration.version, tag, statement)

    def promote(self, registration: Registration) -> None:
        self._client.set_registered_model_alias(registration.model, CHAMPION, registration.version)


def signature(graph: bytes) -> ModelSignature:
    """The inputs and the output of the graph, as tensors [N, 1]."""
    inputs = [
        TensorSpec(np.dtype("str" if one.type == STRING else "float32"), (-1, 1), one.name)
        for one in open_session(graph).get_inputs()
    ]
    return ModelSignature(Schema(inputs), Schema([TensorSpec(np.dtype("float32"), (-1, 1), OUTPUT)]))
