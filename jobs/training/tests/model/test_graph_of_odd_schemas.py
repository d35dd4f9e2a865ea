"""Schemas whose names, levels and missing values need care are compiled and exported."""

import hashlib

import numpy as np
import onnx
import pytest

from loan import LOAN
from loan_training.errors import SchemaRefused
from loan_training.model.feature_plan import FeaturePlan
from loan_training.model.features import Features
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session, probabilities
from loan_training.model.recipe import Recipe, fit
from made_up_schemas import category, made_schema, number, random_dataset, random_rows


@pytest.mark.parametrize(
    ("logarithms", "digest"),
    [
        (False, "d96b37b36ca6d743d4e30f05f007dc3757a3ebb79e2ed8828cefc2838180ed94"),
        (True, "e5789747e644be3c099b18d77343e2be77696d16add6ac6c57829764d7910d4b"),
    ],
)
def test_the_graph_of_the_loan_schema_keeps_its_bytes(logarithms, digest):
    graph = Features(FeaturePlan(LOAN), (3812.5, 0.0, 128.0), 0.3125, logarithms).graph()
    assert hashlib.sha256(graph.SerializeToString()).hexdigest() == digest


@pytest.mark.parametrize("name", ["features", "affordability", "probability", "quantities", "one", "reach", "room"])
@pytest.mark.parametrize("kind", ["derived", "symbol"])
def test_a_derived_number_or_a_symbol_may_have_a_name_of_the_graph(name, kind):
    columns = [number("age"), number("debt", **({"symbol": name} if kind == "symbol" else {}))]
    derived = [{"name": name if kind == "derived" else "burden", "ratio": ["debt", "age"]}]
    features = [{"of": "debt"}, {"of": derived[0]["name"]}]
    schema = made_schema(columns, derived, features, bounded=derived[0]["name"])
    dataset = random_dataset(schema, np.random.default_rng(1))
    model = fit(Recipe.default("xgboost", 1), dataset)
    served = probabilities(open_session(export(model)), dataset.applications)
    np.testing.assert_allclose(served, model.probabilities(dataset.applications), atol=1e-5)


def test_the_exported_graph_has_the_name_of_the_schema():
    dataset = random_dataset(made_schema([number("age")]), np.random.default_rng(1))
    graph = onnx.load_from_string(export(fit(Recipe.default("xgboost", 1), dataset))).graph
    assert graph.name == "made-up"


@pytest.mark.parametrize("better", [None, "higher", "lower"])
@pytest.mark.parametrize("levels", [[2], [0, 2], [1, 2, 3]])
def test_a_missing_level_is_read_as_the_number_that_the_schema_declares(levels, better):
    direction = {} if better is None else {"better": better}
    columns = [number("grade", 0, 3, levels=levels, missing=2, **direction), number("other", 0, 1, levels=[0, 1])]
    schema = made_schema([*columns, category("area")])
    rows = random_rows(schema, np.random.default_rng(1), 2, missing=0)
    rows = rows.assign(grade=[2.0, np.nan], other=np.nan, area="a")
    features = Features.fit(schema, rows, logarithms=False)
    declared, missing = (dict(zip(features.plan.names, row, strict=True)) for row in features.transform(rows)[0])
    assert declared == missing
    assert (declared["other=0"], declared["other=1"]) == (0, 0)


def test_a_missing_number_that_is_read_as_a_negative_one_counts_as_negative():
    columns = [number("debt", better="lower", missing=-1), number("pay", better="higher")]
    with pytest.raises(SchemaRefused, match="may be negative"):
        made_schema(columns, [{"name": "burden", "ratio": ["debt", "pay"]}], [{"of": "burden"}])


@pytest.mark.parametrize("bound", [1e31, -1e31, 1e300])
def test_a_bound_that_the_graphs_numbers_cannot_hold_is_refused(bound):
    with pytest.raises(SchemaRefused, match=r"column age: .* that a graph can add and divide"):
        made_schema([number("age", min(bound, 0), max(bound, 0))])
