"""The signature of a model's files, as OpenSSF Model Signing 1.0 writes and reads it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization

from loan_training.errors import ModelRefused
from loan_training.signing.envelope import envelope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric import ec

# Name of the bundle beside the model. The digest covers no file of that name.
SIGNATURE_FILE = "model.sig"
# MLflow's file. It names the graph, and without a contract the columns, so it is signed too.
MLMODEL_FILE = "MLmodel"

_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_PAYLOAD_TYPE = "application/vnd.in-toto+json"


def model_bundle(model: str, files: Mapping[str, bytes], key: ec.EllipticCurvePrivateKey) -> bytes:
    """The bundle over these files, by their paths. MLmodel must be among them, or no server takes the signature.

    The name of the model is only for people: the signature says which files, and not under which name they serve.
    """
    if SIGNATURE_FILE in files:
        raise ModelRefused(f"the graph names the weights {SIGNATURE_FILE}, which is the name of the signature")
    if MLMODEL_FILE not in files:
        raise ModelRefused(f"there is no {MLMODEL_FILE} to sign; log the model with MLflow's onnx flavor")
    resources = [
        {"name": name, "algorithm": "sha256", "digest": hashlib.sha256(files[name]).hexdigest()}
        # The order of paths part by part, in which the reference implementation hashes them.
        for name in sorted(files, key=lambda name: name.split("/"))
    ]
    root = hashlib.sha256(b"".join(bytes.fromhex(one["digest"]) for one in resources)).hexdigest()
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": model, "digest": {"sha256": root}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {
            "serialization": {
                "method": "files",
                "hash_type": "sha256",
                "allow_symlinks": False,
                "ignore_paths": [SIGNATURE_FILE],
            },
            "resources": resources,
        },
    }
    bundle = {
        "mediaType": _MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": _hint(key)}, "tlogEntries": []},
        "dsseEnvelope": envelope(_PAYLOAD_TYPE, json.dumps(statement).encode(), key),
    }
    return json.dumps(bundle).encode()


def _hint(key: ec.EllipticCurvePrivateKey) -> str:
    """Hex SHA-256 of the public key in PEM. The reference implementation refuses another hint."""
    return hashlib.sha256(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()
