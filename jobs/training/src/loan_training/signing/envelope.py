"""DSSE, the Dead Simple Signing Envelope, version 1. services/shared/statements has it in TypeScript."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from loan_training.signing.key import sign

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec


def envelope(payload_type: str, payload: bytes, key: ec.EllipticCurvePrivateKey, keyid: str = "") -> dict[str, Any]:
    signature = sign(key, pre_authentication_encoding(payload_type, payload))
    return {
        "payloadType": payload_type,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": keyid, "sig": base64.b64encode(signature).decode()}],
    }


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """What is signed: type and payload, each behind its length in bytes."""
    name = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)
