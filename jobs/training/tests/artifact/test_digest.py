from loan_training.artifact.digest import digest


def test_the_digest_is_over_sorted_paths_and_contents():
    # By hand: printf 'model.onnx %s\nserving.json %s\n' "$(printf a | sha256sum)" … | sha256sum
    expected = "sha256:74a32893daffb860702be0503220e3b8b98a5630cb95395335ef350408821c1c"
    found = digest({"serving.json": b"b", "model.onnx": b"a"})
    assert found == digest({"model.onnx": b"a", "serving.json": b"b"})
    assert found != digest({"model.onnx": b"b", "serving.json": b"a"})
    assert found == expected
