import base64
import hashlib
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from loan_training.errors import ModelRefused, SigningKeyRefused
from loan_training.signing.envelope import pre_authentication_encoding
from loan_training.signing.key import key_id, read_signing_key
from loan_training.signing.model_bundle import model_bundle

FILES = {"MLmodel": b"flavors", "serving.json": b"{}", "model.onnx": b"graph", "weights/a.data": b"weights"}


def pem(key, encryption=None):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption or serialization.NoEncryption()
    )


def statement_of(bundle):
    return json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))


@pytest.mark.parametrize(("curve", "algorithm"), [(ec.SECP256R1(), hashes.SHA256()), (ec.SECP384R1(), hashes.SHA384())])
def test_the_bundle_lists_every_file_and_is_signed_with_the_hash_of_its_curve(curve, algorithm):
    key = ec.generate_private_key(curve)
    bundle = json.loads(model_bundle("granting", FILES, key))
    statement = statement_of(bundle)
    found = {one["name"]: one["digest"] for one in statement["predicate"]["resources"]}
    assert found == {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    assert statement["subject"][0]["name"] == "granting"
    envelope = bundle["dsseEnvelope"]
    signed = pre_authentication_encoding(envelope["payloadType"], base64.b64decode(envelope["payload"]))
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    key.public_key().verify(signature, signed, ec.ECDSA(algorithm))
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature, signed + b" ", ec.ECDSA(algorithm))


def test_the_encoding_that_is_signed_is_that_of_the_specification():
    # The example of https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
    assert pre_authentication_encoding("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_file_with_the_name_of_the_signature_is_refused():
    with pytest.raises(ModelRefused, match=r"the graph names the weights model\.sig"):
        model_bundle("granting", FILES | {"model.sig": b""}, ec.generate_private_key(ec.SECP256R1()))


def test_files_without_mlmodel_are_not_signed():
    rest = {name: content for name, content in FILES.items() if name != "MLmodel"}
    with pytest.raises(ModelRefused, match="there is no MLmodel to sign"):
        model_bundle("granting", rest, ec.generate_private_key(ec.SECP256R1()))


def test_reads_keys_as_openssl_writes_them(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "key.pem"
    for form in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
        path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
        assert key_id(read_signing_key(path)) == key_id(key)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a key, but secret", "holds no private key in PEM"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "another algorithm than ECDSA with P-256 or P-384"),
        (pem(ec.generate_private_key(ec.SECP521R1())), "another algorithm than ECDSA with P-256 or P-384"),
        (
            pem(ec.generate_private_key(ec.SECP256R1()), serialization.BestAvailableEncryption(b"word")),
            "needs a passphrase",
        ),
        (
            ec.generate_private_key(ec.SECP256R1())
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
            "holds no private key in PEM",
        ),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_another_key_is_refused_without_showing_it(tmp_path, content, message):
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SigningKeyRefused, match=message) as refused:
        read_signing_key(path)
    assert str(path) in str(refused.value)
    assert "secret" not in str(refused.value)
