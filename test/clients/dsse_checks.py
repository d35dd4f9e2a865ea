"""Holds DSSE envelopes against sigstore, securesystemslib and model-signing.

Reads {envelope, in_toto_envelope, public_key, private_key, keyid, payload_type, payload} from standard input. Writes which
packages verify an envelope, and an envelope of securesystemslib over the payload. model-signing knows in-toto's type alone.
"""

import base64
import hashlib
import json
import sys
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from model_signing._signing.sign_ec_key import Verifier
from securesystemslib.dsse import Envelope as OtherEnvelope
from securesystemslib.exceptions import VerificationError as OtherError
from securesystemslib.signer import CryptoSigner, SSlibKey
from sigstore import dsse
from sigstore.errors import Error as SigstoreError
from sigstore_models.bundle import v1 as bundle_v1

FAULTS = (InvalidSignature, OtherError, SigstoreError, ValueError)


def main():
    asked = json.load(sys.stdin)
    envelope = asked["envelope"]
    public_key = serialization.load_pem_public_key(asked["public_key"].encode())
    private_key = serialization.load_pem_private_key(asked["private_key"].encode(), None)

    def by_sigstore():
        # A P-384 key is not for sigstore, which hashes by SHA-256 alone.
        return dsse._verify(public_key, dsse.Envelope._from_json(json.dumps(envelope)))

    def by_securesystemslib():
        read = OtherEnvelope.from_dict(json.loads(json.dumps(envelope)))
        read.verify([SSlibKey.from_crypto(public_key, asked["keyid"])], 1)
        return read.payload

    def by_model_signing():
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "key.pem"
            path.write_text(asked["public_key"])
            pem = public_key.public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            bundle = {
                "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "verificationMaterial": {"publicKey": {"hint": hashlib.sha256(pem).hexdigest()}, "tlogEntries": []},
                "dsseEnvelope": asked["in_toto_envelope"],
            }
            return Verifier(path)._verify_bundle(bundle_v1.Bundle.from_dict(bundle))[1]

    def verdict(verify, read):
        try:
            return verify() == base64.b64decode(read["payload"])
        except FAULTS:
            return False

    made = OtherEnvelope(asked["payload"].encode(), asked["payload_type"], {})
    made.sign(CryptoSigner(private_key, SSlibKey.from_crypto(private_key.public_key(), asked["keyid"])))
    answer = {
        "sigstore": verdict(by_sigstore, envelope),
        "securesystemslib": verdict(by_securesystemslib, envelope),
        "model_signing": verdict(by_model_signing, asked["in_toto_envelope"]),
        "envelope": made.to_dict(),
    }
    print(json.dumps(answer))


main()
