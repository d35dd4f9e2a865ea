"""Loads a model from MLflow or from a directory, and checks that its files are those of its digest."""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loan_training.artifact.digest import MODEL_FILE, SERVING_FILE, digest
from loan_training.artifact.external_weights import external_files
from loan_training.errors import ModelRefused, Unreachable
from loan_training.scoring.contract_model import ContractModel
from loan_training.scoring.graph_file import open_graph
from loan_training.scoring.serving_contract import parse_contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow.entities.model_registry import ModelVersion

DIGEST_TAG = "digest"
_BY_ALIAS = re.compile(r"models:/([^/@]+)@([^/@]+)")
_BY_VERSION = re.compile(r"models:/([^/@]+)/([0-9]+)")


@dataclass(frozen=True)
class LoadedModel:
    model: ContractModel
    name: str
    # Empty for a directory.
    version: str
    digest: str


@contextmanager
def load_model(uri: str, tracking_uri: str) -> Iterator[LoadedModel]:
    """The model of `models:/<name>@<alias>`, `models:/<name>/<version>` or a directory, while the block runs."""
    if not uri.startswith("models:"):
        yield load_directory(Path(uri), Path(uri).resolve().name)
        return
    with tempfile.TemporaryDirectory(prefix="loan-model-") as directory:
        yield _load_registered(uri, tracking_uri, directory)


def load_directory(directory: Path, name: str, version: str = "", expected_digest: str = "") -> LoadedModel:
    """Raises ModelRefused if a file is missing, differs from the digest, or does not fit the others."""
    files = artifact_files(directory)
    _check_digest(name, version, files, expected_digest)
    contract = parse_contract(files[SERVING_FILE])
    model = ContractModel(open_graph(directory / MODEL_FILE, contract).session, contract)
    model.check_golden()
    return LoadedModel(model, name, version, digest(files))


def _check_digest(name: str, version: str, files: dict[str, bytes], expected: str) -> None:
    found = digest(files)
    if expected and found != expected:
        raise ModelRefused(f"{name} version {version}: its files have digest {found}, its tag says {expected}")


def artifact_files(directory: Path) -> dict[str, bytes]:
    """The files that the digest covers."""
    for name in (MODEL_FILE, SERVING_FILE):
        if not (directory / name).is_file():
            raise ModelRefused(
                f"{directory}: {name} is not there; a model to score with has {MODEL_FILE} and {SERVING_FILE}. "
                "loan-training contract writes serving.json"
            )
    return graph_files(directory / MODEL_FILE) | {SERVING_FILE: (directory / SERVING_FILE).read_bytes()}


def graph_files(graph: Path) -> dict[str, bytes]:
    """The graph, under the name that a server reads, with its weights."""
    directory = graph.parent
    files = {MODEL_FILE: graph.read_bytes()}
    data = [path.relative_to(directory).as_posix() for path in directory.rglob("*.data") if path.is_file()]
    for location in sorted({*external_files(files[MODEL_FILE]), *data}):
        if not (directory / location).is_file():
            raise ModelRefused(f"{directory}: the graph names the weights {location}, which are not there")
        files[location] = (directory / location).read_bytes()
    return files


@dataclass(frozen=True)
class DownloadedVersion:
    name: str
    version: str
    # Where MLflow keeps the files.
    source: str
    directory: Path
    # The files that the digest covers.
    files: dict[str, bytes]
    digest: str


def downloaded(uri: str, tracking_uri: str, directory: str) -> DownloadedVersion:
    """The files of a registered version. Raises ModelRefused if they are not those of its digest."""
    found, source, root = _download(uri, tracking_uri, directory)
    if not (root / MODEL_FILE).is_file():
        raise ModelRefused(f"{uri}: {MODEL_FILE} is not there")
    serving = root / SERVING_FILE
    files = graph_files(root / MODEL_FILE) | ({SERVING_FILE: serving.read_bytes()} if serving.is_file() else {})
    _check_digest(found.name, str(found.version), files, found.tags.get(DIGEST_TAG, ""))
    return DownloadedVersion(found.name, str(found.version), source, root, files, digest(files))


def _load_registered(uri: str, tracking_uri: str, directory: str) -> LoadedModel:
    found, _, root = _download(uri, tracking_uri, directory)
    return load_directory(root, found.name, str(found.version), found.tags.get(DIGEST_TAG, ""))


def _download(uri: str, tracking_uri: str, directory: str) -> tuple[ModelVersion, str, Path]:
    import mlflow
    from mlflow.exceptions import MlflowException

    from loan_training.registry.reachability import require_reachable

    alias, version = _BY_ALIAS.fullmatch(uri), _BY_VERSION.fullmatch(uri)
    if alias is None and version is None:
        raise ModelRefused(f"{uri}: --model-uri takes models:/<name>@<alias>, models:/<name>/<version> or a directory")
    require_reachable(tracking_uri)
    client = mlflow.MlflowClient(tracking_uri)
    try:
        found = (
            client.get_model_version_by_alias(*alias.groups()) if alias else client.get_model_version(*version.groups())
        )
        source = client.get_model_version_download_uri(found.name, found.version)
        mlflow.artifacts.download_artifacts(source, dst_path=directory, tracking_uri=tracking_uri)
    except MlflowException as error:
        if error.get_http_status_code() >= 500:
            raise Unreachable(f"{uri}: MLflow at {tracking_uri} failed: {error}") from error
        raise ModelRefused(f"{uri}: MLflow at {tracking_uri} answered: {error}") from error
    return found, source, _root_of(Path(directory))


def _root_of(directory: Path) -> Path:
    """MLflow may put the artifact into a directory of its own below the destination."""
    inside = sorted(directory.rglob(MODEL_FILE), key=lambda path: len(path.parts))
    return inside[0].parent if inside else directory
