"""Signs a version that the registry has already."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loan_training.errors import ModelRefused
from loan_training.scoring.model_source import downloaded
from loan_training.signing.model_bundle import MLMODEL_FILE, SIGNATURE_FILE, model_bundle

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class SignedVersion:
    model: str
    version: str
    digest: str


def sign_version(uri: str, tracking_uri: str, key: ec.EllipticCurvePrivateKey, replace: bool) -> SignedVersion:
    """Puts the bundle beside the files of the version. The files must be those of its digest.

    The digest does not cover MLmodel, so MLmodel is signed as it is found.
    """
    with tempfile.TemporaryDirectory(prefix="loan-sign-") as directory:
        found = downloaded(uri, tracking_uri, directory)
        if (found.directory / SIGNATURE_FILE).is_file() and not replace:
            raise ModelRefused(f"{uri} has a {SIGNATURE_FILE} already; --replace writes another")
        bundle = Path(directory) / "signed" / SIGNATURE_FILE
        bundle.parent.mkdir()
        bundle.write_bytes(model_bundle(found.name, found.files | _mlmodel(found.directory), key))
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        get_artifact_repository(found.source, tracking_uri=tracking_uri).log_artifact(str(bundle))
    return SignedVersion(found.name, found.version, found.digest)


def _mlmodel(directory: Path) -> dict[str, bytes]:
    path = directory / MLMODEL_FILE
    return {MLMODEL_FILE: path.read_bytes()} if path.is_file() else {}
