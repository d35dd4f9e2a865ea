"""Requests and answers in the types of mlserver."""

import httpx
from scene import check, loan_columns, probabilities_are, run_checks, without_its_server
from tritonclient.utils import np_to_triton_dtype

without_its_server("mlserver")

from mlserver import types as mlserver


def inputs_of(arrays):
    return [
        mlserver.RequestInput(
            name=name,
            shape=list(array.shape),
            datatype=np_to_triton_dtype(array.dtype),
            parameters=mlserver.Parameters(content_type="np"),
            data=array.ravel().tolist(),
        )
        for name, array in arrays
    ]


def post(scene, path, request):
    """Sends what the types write. An absent member is null there."""
    headers = {"content-type": "application/json"}
    return httpx.post(
        scene["loan"]["url"] + path, content=request.model_dump_json(), headers=headers
    )


def infer(scene, **members):
    path = f"/v2/models/{scene['loan']['model']}/infer"
    return post(scene, path, mlserver.InferenceRequest(**members))


def read(scene, path, kind):
    return kind.model_validate_json(httpx.get(scene["loan"]["url"] + path).content)


@check
def default_infer(scene):
    for more in ({}, {"id": "r1", "outputs": []}):
        answer = infer(scene, inputs=inputs_of(loan_columns(scene)), **more)
        assert answer.status_code == 200, answer.text
        response = mlserver.InferenceResponse.model_validate_json(answer.content)
        assert response.id == more.get("id")
        probabilities_are(response.outputs[0].data.root, scene)


@check
def metadata(scene):
    server = read(scene, "/v2", mlserver.MetadataServerResponse)
    assert "binary_tensor_data" in server.extensions
    model = read(scene, f"/v2/models/{scene['loan']['model']}", mlserver.MetadataModelResponse)
    assert [tensor.name for tensor in model.inputs] == scene["fields"]


@check
def repository(scene):
    for ready in (None, True, False):
        request = mlserver.RepositoryIndexRequest(ready=ready)
        answer = post(scene, "/v2/repository/index", request)
        (item,) = mlserver.RepositoryIndexResponse.model_validate_json(answer.content).root
        found = (item.name, item.version, mlserver.State(item.state))
        assert found == (scene["loan"]["model"], scene["version"], mlserver.State.READY)


@check
def errors(scene):
    answer = infer(scene, inputs=inputs_of(loan_columns(scene))[1:])
    assert answer.status_code == 400
    error = mlserver.InferenceErrorResponse.model_validate_json(answer.content)
    assert error.error == "input Gender is missing"


run_checks()
