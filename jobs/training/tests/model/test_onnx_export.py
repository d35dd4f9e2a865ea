import subprocess
import sys

import numpy as np
import onnx
import pytest

from loan import LOAN, NAMES
from loan_training.model.families import FAMILIES
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session, probabilities
from loan_training.model.recipe import Recipe, fit


@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("family", list(FAMILIES))
def test_the_graph_gives_the_fitted_models_probabilities(family, calibrated, dataset, training):
    if FAMILIES[family].needs_calibration and not calibrated:
        pytest.skip("its score is no probability without calibration")
    recipe = Recipe(family, dict(FAMILIES[family].defaults), calibrated, seed=1)
    model = fit(recipe, training)
    served = probabilities(open_session(export(model)), dataset.applications)
    np.testing.assert_allclose(served, model.probabilities(dataset.applications), atol=1e-5, rtol=0)
    assert ((served >= 0) & (served <= 1)).all()


def test_takes_each_raw_column_and_gives_one_probability(model):
    graph = onnx.load_from_string(export(model)).graph
    assert [value.name for value in graph.input] == list(NAMES)
    words = {category.name for category in LOAN.categories}
    for value in graph.input:
        tensor = value.type.tensor_type
        expected = onnx.TensorProto.STRING if value.name in words else onnx.TensorProto.FLOAT
        assert tensor.elem_type == expected
        assert [dimension.dim_value for dimension in tensor.shape.dim] == [0, 1]
    assert [value.name for value in graph.output] == ["probability"]


def test_one_row_is_scored_as_in_a_batch(session, dataset):
    batch = probabilities(session, dataset.applications)
    alone = [probabilities(session, dataset.applications.iloc[[row]])[0] for row in range(len(dataset))]
    np.testing.assert_array_equal(batch, alone)


def test_a_fit_is_byte_identical_in_another_process(model):
    script = (
        "import hashlib\n"
        "from loan_training.data.dataset import parse, split\n"
        "from loan_training.model.onnx_export import export\n"
        "from loan_training.model.recipe import Recipe, fit\n"
        "from loan_training.data.source import read_source\n"
        "from loan_training.schema.document import load_schema\n"
        "loan = load_schema('loan-eligibility')\n"
        "training, _ = split(parse(read_source('synthetic:614:7', 1 << 20, loan), 'synthetic', loan))\n"
        "print(hashlib.sha256(export(fit(Recipe.default('xgboost', 7), training))).hexdigest())\n"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    import hashlib

    assert other.stdout.strip() == hashlib.sha256(export(model)).hexdigest()


def test_the_graph_holds_no_time_or_tool_version(model):
    written = onnx.load_from_string(export(model))
    assert (written.producer_name, written.producer_version, written.doc_string) == ("loan-training", "", "")
    assert not written.metadata_props
    assert not any(node.doc_string for node in written.graph.node)
