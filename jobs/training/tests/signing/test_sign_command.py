"""The commands that sign, against a real MLflow server."""

import base64
import hashlib
import json
from pathlib import Path

import mlflow
import pytest
from click.testing import CliRunner
from mlflow import MlflowClient

from loan_training.cli import cli
from scoring_models import graph
from signing_keys import new_key

SCHEMA = """name: granting
label: {column: granted, positive: ["1"], negative: ["0"]}
decision: {name: granted, positive: "yes", negative: "no", threshold: 0.4}
columns:
  - {name: area, type: category, values: [town, village]}
  - {name: income, type: number, minimum: 0, maximum: 100, required: true}
"""


@pytest.fixture
def register(mlflow_url, tmp_path):
    """Registers a model under a name of its own. Returns what it answered."""
    (tmp_path / "model.onnx").write_bytes(graph().SerializeToString())
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    where = ("--schema", str(tmp_path / "schema.yaml"), "--tracking-uri", mlflow_url)

    def run(name, *arguments):
        model = ("--model", str(tmp_path / "model.onnx"), "--log", "--model-name", name)
        answer = CliRunner().invoke(cli, ("contract", *model, *where, *map(str, arguments)))
        assert answer.exit_code == 0, answer.output

    return run


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key.pem"
    path.write_bytes(new_key())
    return path


def signature_of(uri, mlflow_url, directory):
    mlflow.set_tracking_uri(mlflow_url)
    root = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(directory)))
    return (root / "model.sig").read_bytes() if (root / "model.sig").exists() else None


def sign(mlflow_url, uri, key, *arguments):
    command = ("sign", "--model-uri", uri, "--tracking-uri", mlflow_url, "--model-signing-key", str(key), *arguments)
    return CliRunner().invoke(cli, command)


def test_a_foreign_model_is_signed_when_it_is_registered_and_keeps_its_digest(register, mlflow_url, key, tmp_path):
    register("signed-twin")
    register("signed-twin", "--model-signing-key", key)
    client = MlflowClient(mlflow_url)
    digests = {client.get_model_version("signed-twin", number).tags["digest"] for number in ("1", "2")}
    assert len(digests) == 1
    assert signature_of("models:/signed-twin/1", mlflow_url, tmp_path / "1") is None
    assert signature_of("models:/signed-twin/2", mlflow_url, tmp_path / "2") is not None


def test_a_version_that_exists_is_signed_once_and_again_only_on_demand(register, mlflow_url, key, tmp_path):
    register("signed-later")
    digest = MlflowClient(mlflow_url).get_model_version("signed-later", "1").tags["digest"]
    answer = sign(mlflow_url, "models:/signed-later@challenger", key)
    assert answer.exit_code == 0, answer.output
    assert f"signed signed-later version 1, {digest}, with the key " in answer.output
    first = signature_of("models:/signed-later/1", mlflow_url, tmp_path / "first")
    assert first is not None

    again = sign(mlflow_url, "models:/signed-later/1", key)
    assert again.exit_code == 1
    assert "models:/signed-later/1 has a model.sig already; --replace writes another" in again.output
    assert sign(mlflow_url, "models:/signed-later/1", key, "--replace").exit_code == 0
    assert signature_of("models:/signed-later/1", mlflow_url, tmp_path / "second") not in (None, first)


def test_the_signature_covers_mlmodel_as_it_lies_in_the_registry(register, mlflow_url, key, tmp_path):
    register("signed-whole", "--model-signing-key", key)
    register("signed-whole")
    assert sign(mlflow_url, "models:/signed-whole/2", key).exit_code == 0
    for version in ("1", "2"):
        directory = tmp_path / version
        bundle = json.loads(signature_of(f"models:/signed-whole/{version}", mlflow_url, directory))
        payload = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
        signed = {one["name"]: one["digest"] for one in payload["predicate"]["resources"]}
        (mlmodel,) = directory.rglob("MLmodel")
        assert signed.keys() == {"MLmodel", "model.onnx", "serving.json"}
        assert signed["MLmodel"] == hashlib.sha256(mlmodel.read_bytes()).hexdigest()


def test_files_that_are_not_those_of_the_digest_are_not_signed(register, mlflow_url, key, tmp_path):
    register("changed")
    MlflowClient(mlflow_url).set_model_version_tag("changed", "1", "digest", f"sha256:{'0' * 64}")
    answer = sign(mlflow_url, "models:/changed/1", key)
    assert answer.exit_code == 1
    assert "its files have digest sha256:" in answer.output
    assert signature_of("models:/changed/1", mlflow_url, tmp_path / "changed") is None
