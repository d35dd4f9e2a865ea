"""Calls of kserve's client."""

import asyncio

import httpx
from scene import (
    ARRAYS,
    check,
    loan_columns,
    probabilities_are,
    run_checks,
    same,
    without_its_server,
)
from tritonclient.utils import np_to_triton_dtype

without_its_server("kserve")

from kserve.inference_client import InferenceRESTClient, RESTConfig
from kserve.protocol.infer_type import InferInput, InferRequest, RequestedOutput


def inputs_of(arrays, **how):
    """`how` may say binary_data=False. The client's default is binary."""
    inputs = []
    for name, array in arrays:
        tensor = InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
        tensor.set_data_from_numpy(array, **how)
        inputs.append(tensor)
    return inputs


def call(scene, function, service="loan"):
    """Calls `function` with a client, and with the URL and the model of the service."""

    async def run():
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        try:
            return await function(client, scene[service]["url"], scene[service]["model"])
        finally:
            await client.close()

    return asyncio.run(run())


def infer(scene, inputs, service="loan", **more):
    def send(client, url, model):
        return client.infer(url, InferRequest(model, inputs, **more), model_name=model)

    return call(scene, send, service)


@check
def health(scene):
    assert call(scene, lambda client, url, _: client.is_server_live(url))
    assert call(scene, lambda client, url, _: client.is_server_ready(url))
    assert call(scene, lambda client, url, model: client.is_model_ready(url, model))
    assert not call(scene, lambda client, url, _: client.is_model_ready(url, "other"))


@check
def default_infer(scene):
    response = infer(scene, inputs_of(loan_columns(scene)))
    probabilities_are(response.outputs[0].as_numpy(), scene)


@check
def json_infer(scene):
    response = infer(scene, inputs_of(loan_columns(scene), binary_data=False))
    probabilities_are(response.outputs[0].as_numpy(), scene)


@check
def binary_outputs(scene):
    outputs = [RequestedOutput("probability", {"binary_data": True})]
    for more in ({"parameters": {"binary_data_output": True}}, {"request_outputs": outputs}):
        response = infer(scene, inputs_of(loan_columns(scene)), request_id="r1", **more)
        assert response.id == "r1"
        probabilities_are(response.outputs[0].as_numpy(), scene)


@check
def every_datatype(scene):
    for more in ({}, {"parameters": {"binary_data_output": True}}):
        response = infer(scene, inputs_of(ARRAYS.items()), "types", **more)
        given = {output.name: output for output in response.outputs}
        for name in ARRAYS:
            same(given[f"{name}_out"].as_numpy(), name)


@check
def errors(scene):
    try:
        infer(scene, inputs_of(list(loan_columns(scene))[1:]))
    except httpx.HTTPStatusError as error:
        # The client shows the error only if the Content-Type is exactly application/json.
        assert str(error).startswith("input Gender is missing, '400 Bad Request'"), error
    else:
        raise AssertionError("the request must be refused")


run_checks()
