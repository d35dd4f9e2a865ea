"""Calls of tritonclient."""

import ml_dtypes
import numpy as np
import tritonclient.http as triton
from scene import ARRAYS, check, loan_columns, probabilities_are, run_checks, same
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

OUTPUT = "probability"


def inputs_of(arrays, **how):
    """`how` may say binary_data=False. The client's default is binary."""
    inputs = []
    for name, array in arrays:
        tensor = triton.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
        inputs.append(tensor.set_data_from_numpy(array, **how))
    return inputs


def client_of(scene, service="loan"):
    """A client, and the name of the model that the service has."""
    url = scene[service]["url"].removeprefix("http://")
    return triton.InferenceServerClient(url), scene[service]["model"]


def infer(scene, inputs, service="loan", **more):
    client, model = client_of(scene, service)
    return client.infer(model, inputs, **more)


def refused(call, text, status="400"):
    """The server answers with that status and text."""
    try:
        call()
    except InferenceServerException as error:
        assert error.status() == status, error
        assert error.message().startswith(text), error
    else:
        raise AssertionError(f"not refused: {text}")


@check
def health(scene):
    client, model = client_of(scene)
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready(model)
    assert client.is_model_ready(model, scene["version"])
    assert not client.is_model_ready(model, "99")
    assert not client.is_model_ready("other")


@check
def metadata(scene):
    client, model = client_of(scene)
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    described = client.get_model_metadata(model)
    assert [tensor["name"] for tensor in described["inputs"]] == scene["fields"]
    configuration = client.get_model_config(model)
    assert configuration["input"][0]["data_type"] == "TYPE_STRING"
    assert configuration["input"][0]["dims"] == [-1, 1]
    assert client.get_model_config(model, scene["version"]) == configuration


@check
def repository(scene):
    client, model = client_of(scene)
    (entry,) = client.get_model_repository_index()
    assert (entry["name"], entry["version"], entry["state"]) == (model, scene["version"], "READY")
    refused(lambda: client.load_model(model), "load is not allowed", status="403")
    refused(lambda: client.unload_model(model), "unload is not allowed", status="403")


@check
def statistics(scene):
    client, model = client_of(scene)
    before = client.get_inference_statistics(model)["model_stats"][0]["inference_count"]
    client.infer(model, inputs_of(loan_columns(scene)))
    (after,) = client.get_inference_statistics()["model_stats"]
    assert after["inference_count"] == before + 1
    assert after["version"] == scene["version"]


@check
def default_infer(scene):
    result = infer(scene, inputs_of(loan_columns(scene)))
    assert result.get_output(OUTPUT)["parameters"]["binary_data_size"] == 4 * len(scene["rows"])
    probabilities_are(result.as_numpy(OUTPUT), scene)


@check
def json_infer(scene):
    inputs = inputs_of(loan_columns(scene), binary_data=False)
    outputs = [triton.InferRequestedOutput(OUTPUT, binary_data=False)]
    result = infer(scene, inputs, model_version=scene["version"], outputs=outputs)
    assert len(result.get_output(OUTPUT)["data"]) == len(scene["rows"])
    probabilities_are(result.as_numpy(OUTPUT), scene)


@check
def mixed_infer(scene):
    columns = list(loan_columns(scene))
    inputs = [*inputs_of(columns[::2]), *inputs_of(columns[1::2], binary_data=False)]
    outputs = [triton.InferRequestedOutput(OUTPUT)]
    request_id = "i" * 10_000
    result = infer(scene, inputs, outputs=outputs, request_id=request_id, priority=1, timeout=10**6)
    assert result.get_response()["id"] == request_id
    probabilities_are(result.as_numpy(OUTPUT), scene)


@check
def compressed_infer(scene):
    for packed in ("gzip", "deflate"):
        how = {"request_compression_algorithm": packed, "response_compression_algorithm": packed}
        result = infer(scene, inputs_of(loan_columns(scene)), **how)
        probabilities_are(result.as_numpy(OUTPUT), scene)


@check
def async_infer(scene):
    client, model = client_of(scene)
    calls = [client.async_infer(model, inputs_of(loan_columns(scene))) for _ in range(3)]
    for call in calls:
        probabilities_are(call.get_result().as_numpy(OUTPUT), scene)


@check
def every_datatype(scene):
    for how in ({}, {"binary_data": False}):
        result = infer(scene, inputs_of(ARRAYS.items(), **how), "types")
        for name in ARRAYS:
            same(result.as_numpy(f"{name}_out"), name)


@check
def every_datatype_answered_in_json(scene):
    outputs = [triton.InferRequestedOutput(f"{name}_out", binary_data=False) for name in ARRAYS]
    result = infer(scene, inputs_of(ARRAYS.items()), "types", outputs=outputs)
    for name in ARRAYS:
        same(result.as_numpy(f"{name}_out"), name)


@check
def bfloat16(scene):
    brief = np.array([[1.5, -3e38, np.inf]], ml_dtypes.bfloat16)
    result = infer(scene, inputs_of({**ARRAYS, "float32": brief}.items()), "types")
    assert np.array_equal(result.as_numpy("float32_out"), brief.astype(np.float32))


@check
def errors(scene):
    columns = list(loan_columns(scene))[1:]
    refused(lambda: infer(scene, inputs_of(columns)), "input Gender is missing")
    cut = {**ARRAYS, "string": np.array([["a\0b"]], np.object_)}
    refused(lambda: infer(scene, inputs_of(cut.items()), "types"), "input string holds")


run_checks()
