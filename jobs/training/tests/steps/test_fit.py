import pytest

from loan_training.artifact.digest import MODEL_FILE, SERVING_FILE
from loan_training.artifact.serving_json import build_serving
from loan_training.errors import ModelRefused
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import probabilities
from loan_training.steps.fit import _refuse_other_matrix


def test_refuses_a_graph_whose_part_behind_the_matrix_gives_other_probabilities(model, session, training):
    files = {MODEL_FILE: export(model), SERVING_FILE: build_serving(session, training, 7, 0.5)}
    whole = probabilities(session, training.applications)
    _refuse_other_matrix(files, whole, training)
    whole[3] += 2e-6
    with pytest.raises(ModelRefused, match=r"the graph behind the matrix is not the whole graph: .* 2\.00e-06"):
        _refuse_other_matrix(files, whole, training)
