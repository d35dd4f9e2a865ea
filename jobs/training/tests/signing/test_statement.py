"""The signed statement of a promotion."""

import base64
import json
import random
import re
from datetime import datetime, timezone

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from loan_training.signing.envelope import pre_authentication_encoding
from loan_training.signing.statement import STATEMENT_TYPE, Promotion, sign_promotion
from property_cases import property_cases
from signing_keys import new_key


def promotion(reason="no score worse", model="loan-eligibility"):
    at = datetime(2026, 11, 28, 12, 0, 0, 5, tzinfo=timezone.utc)
    return Promotion(model, "7", "sha256:" + "a" * 64, "sha256:" + "c" * 64, "champion", reason, at)


def read(value, key):
    """The statement, if the signature holds. Raises InvalidSignature if not."""
    found = json.loads(value)
    payload = base64.b64decode(found["payload"])
    key.public_key().verify(
        base64.b64decode(found["signatures"][0]["sig"]),
        pre_authentication_encoding(found["payloadType"], payload),
        ec.ECDSA(hashes.SHA384() if key.curve.name == "secp384r1" else hashes.SHA256()),
    )
    return json.loads(payload)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_a_statement_says_what_was_promoted_and_why(curve):
    key = serialization.load_pem_private_key(new_key(curve), None)
    tag, value = sign_promotion(promotion(), key)
    assert re.fullmatch(r"statement\.[0-9a-f]{32}\.[0-9a-f]{16}", tag)
    assert json.loads(value)["payloadType"] == STATEMENT_TYPE
    assert read(value, key) == {
        "kind": "promote",
        "model": "loan-eligibility",
        "version": "7",
        "digest": "sha256:" + "a" * 64,
        "alias": "champion",
        "card": "sha256:" + "c" * 64,
        "actor": "training",
        "reason": "no score worse",
        "at": "2026-11-28T12:00:00.000005Z",
    }


def test_two_statements_never_share_a_tag():
    key = serialization.load_pem_private_key(new_key(), None)
    assert sign_promotion(promotion("one"), key)[0] != sign_promotion(promotion("two"), key)[0]


def test_whatever_the_gate_says_fits_into_a_tag_on_one_line():
    key = serialization.load_pem_private_key(new_key(), None)
    chance = random.Random(7)
    alphabet = ["a", " ", '"', "\\", "\n", "\x00", "\x85", "\u2028", "\u00e4", "\u20ac", "\U0001f600", "\ud800"]
    for _ in range(property_cases(200)):
        reason = "".join(chance.choices(alphabet, k=chance.choice([0, 1, 50, 999, 1_000, 1_001, 6_000])))
        _, value = sign_promotion(promotion(reason), key)
        signed = read(value, key)["reason"]
        assert 1 <= len(signed) <= 1_000
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", signed)
        assert len(value) <= 5_000
