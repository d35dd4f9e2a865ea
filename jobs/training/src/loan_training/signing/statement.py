"""The signed statement that lets the alias name a version. services/shared/statements has it in TypeScript."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loan_training.signing.envelope import envelope
from loan_training.signing.key import key_id

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric import ec

STATEMENT_TYPE = "application/vnd.loan-eligibility.statement.v1+json"
STATEMENT_TAG_PREFIX = "statement."
# The operator knows from it that no person signed. The key proves it.
ACTOR = "training"
# Bytes of a reason. Readers take 1,000 characters, and MLflow takes 5,000 characters of the whole envelope.
REASON_BYTES = 1_000

# Control characters, and what else ends a line.
_LINE_ENDS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True)
class Promotion:
    model: str
    version: str
    # Digests of the files of the version, and of its model card.
    digest: str
    card: str
    alias: str
    reason: str
    at: datetime


def sign_promotion(promotion: Promotion, key: ec.EllipticCurvePrivateKey) -> tuple[str, str]:
    """The tag in which the statement is stored, and its value. The hash and the key give each its own."""
    payload = _json(
        {
            "kind": "promote",
            "model": promotion.model,
            "version": promotion.version,
            "digest": promotion.digest,
            "alias": promotion.alias,
            "card": promotion.card,
            "actor": ACTOR,
            "reason": one_line(promotion.reason),
            "at": promotion.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
    )
    key_identity = key_id(key)
    tag = f"{STATEMENT_TAG_PREFIX}{hashlib.sha256(payload).hexdigest()[:32]}.{key_identity[:16]}"
    return tag, _json(envelope(STATEMENT_TYPE, payload, key, key_identity)).decode()


def one_line(reason: str) -> str:
    """The beginning of the reason that fits, on one line."""
    line = _LINE_ENDS.sub(" ", reason).strip().encode("utf-8", "replace")
    if len(line) > REASON_BYTES:
        line = line[: REASON_BYTES - 3] + b"..."
    return line.decode("utf-8", "ignore") or "no reason"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
