"""Private keys that sign."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from loan_training.errors import SigningKeyRefused

if TYPE_CHECKING:
    from pathlib import Path

HASHES = {"secp256r1": hashes.SHA256, "secp384r1": hashes.SHA384}


def read_signing_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Raises SigningKeyRefused, whose message never shows the content of the file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SigningKeyRefused(f"the signing key {path} cannot be read: {error.strerror}") from error
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except TypeError as error:
        raise SigningKeyRefused(
            f"the signing key {path} needs a passphrase; give a key without a passphrase"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningKeyRefused(
            f"{path} holds no private key in PEM; openssl ecparam -name prime256v1 -genkey -noout makes a key"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in HASHES:
        raise SigningKeyRefused(f"the signing key {path} has another algorithm than ECDSA with P-256 or P-384")
    return key


def sign(key: ec.EllipticCurvePrivateKey, content: bytes) -> bytes:
    return key.sign(content, ec.ECDSA(HASHES[key.curve.name]()))


def key_id(key: ec.EllipticCurvePrivateKey) -> str:
    """Hex SHA-256 of the public key in DER, as the services compute it."""
    return hashlib.sha256(
        key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()
