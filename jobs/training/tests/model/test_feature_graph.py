"""The compiler of features, against the same features in numpy, for random schemas."""

import numpy as np
import onnx
import pandas as pd
import pytest

from loan_training.model.feature_plan import FeaturePlan
from loan_training.model.features import Features
from loan_training.schema.build import build
from loan_training.schema.checks import problems

# Names of the graph's own tensors, and names that need care.
NAMES = (
    "money",
    "one",
    "codes",
    "words",
    "fills",
    "total",
    "Größe in €",
    'say "x"',
    "a b",
    " ",
    "divisor/2",
    "quantities",
)
ROWS = 40


def random_document(rng):
    names = list(rng.permutation(NAMES))[: rng.integers(1, len(NAMES))]
    columns = [random_column(rng, name) for name in names]
    numbers = [column["name"] for column in columns if column["type"] == "number"]
    derived = []
    for place in range(rng.integers(0, 6)):
        if numbers:
            derived.append(random_derived(rng, f"d{place}", [*numbers, *(one["name"] for one in derived)]))
    document = {
        "name": "random",
        "label": {"column": "outcome", "positive": ["y"], "negative": ["n"]},
        "decision": {"name": "approved", "positive": "Yes", "negative": "No"},
        "columns": columns,
        "derived": derived,
    }
    features = [name for name in [*names, *(one["name"] for one in derived)] if rng.random() < 0.8] or names
    plain = {one["name"] for one in derived} | {
        column["name"] for column in columns if column["type"] == "number" and "levels" not in column
    }
    return document | {
        "features": [
            {"of": name} | ({"scale": "log", "floor": 0.5} if name in plain and rng.random() < 0.5 else {})
            for name in features
        ]
    }


def random_column(rng, name):
    if rng.random() < 0.4:
        return {"name": name, "type": "category", "values": [f"v{place}" for place in range(rng.integers(1, 4))]}
    column = {"name": name, "type": "number", "minimum": -50 if rng.random() < 0.5 else 0, "maximum": 100}
    if rng.random() < 0.4:
        column["levels"] = sorted(rng.choice(np.arange(0, 9), size=rng.integers(1, 5), replace=False).tolist())
        if rng.random() < 0.5:
            column["better"] = str(rng.choice(["higher", "lower"]))
    if rng.random() < 0.3:
        column["missing"] = 7
    return column


def random_derived(rng, name, numbers):
    operator = str(rng.choice(["sum", "difference", "ratio", "log", "log1p"]))
    if operator in ("log", "log1p"):
        return {"name": name, operator: str(rng.choice(numbers))}
    count = rng.integers(2, 5) if operator == "sum" else 2
    return {"name": name, operator: [str(one) for one in rng.choice(numbers, size=count)]}


def random_rows(rng, schema):
    rows = {}
    for column in schema.categories:
        rows[column.name] = pd.Series(rng.choice([*column.values, ""], size=ROWS), dtype=object)
    for column in schema.numbers:
        allowed = column.levels or np.round(np.linspace(column.minimum, column.maximum, 60), 2)
        rows[column.name] = np.where(rng.random(ROWS) < 0.2, np.nan, rng.choice(allowed, size=ROWS))
    return pd.DataFrame(rows)[list(schema.names)]


def derived_in_numpy(one, first, *rest):
    return {
        "sum": lambda: first + sum(rest),
        "difference": lambda: first - rest[0],
        "ratio": lambda: first / np.maximum(rest[0], one.least_divisor),
        "log": lambda: np.log(np.maximum(first, one.floor)),
        "log1p": lambda: np.log1p(np.maximum(first, 0)),
    }[one.operator]()


def expected(schema, rows, logarithms):
    values = {}
    for column in schema.numbers:
        present = rows[column.name].dropna()
        fill = column.missing if column.missing != "median" else present.median() if len(present) else 1.0
        values[column.name] = rows[column.name].fillna(fill).to_numpy(np.float64)
    for one in schema.derived:
        values[one.name] = derived_in_numpy(one, *(values[source] for source in one.sources))
    plan = FeaturePlan(schema)
    quantities = [
        np.log(np.maximum(values[one.of], one.floor)) if logarithms and one.logarithm else values[one.of]
        for one in plan.quantities
    ]
    compare = {"equal": np.equal, "at_least": np.greater_equal, "at_most": np.less_equal}
    declared = {column.name: column.missing for column in schema.numbers if column.missing != "median"}
    filled = rows.fillna(declared)
    indicators = [
        compare[one.compare](filled[one.column].to_numpy(), one.value).astype(float) for one in plan.indicators
    ]
    return np.column_stack([*quantities, *indicators])


@pytest.mark.parametrize("seed", range(150))
def test_a_random_schema_compiles_to_the_same_features(seed):
    rng = np.random.default_rng(seed)
    schema = build(random_document(rng))
    assert [fault for fault in problems(schema) if "direction" not in fault] == []
    rows = random_rows(rng, schema)
    for logarithms in (False, True):
        features = Features.fit(schema, rows, logarithms)
        graph = features.graph()
        onnx.checker.check_model(graph, full_check=True)
        found, affordability = features.transform(rows)
        assert found.shape == (ROWS, features.width)
        np.testing.assert_allclose(found, expected(schema, rows, logarithms), rtol=2e-4, atol=2e-4)
        np.testing.assert_array_equal(affordability, 1)


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_more_than_two_levels_with_a_direction_are_monotone_in_every_indicator(better):
    document = random_document(np.random.default_rng(1)) | {"derived": [], "features": [{"of": "grade"}]}
    levels = [1, 2, 3, 5]
    document["columns"] = [
        {"name": "grade", "type": "number", "minimum": 1, "maximum": 5, "levels": levels, "better": better}
    ]
    schema = build(document)
    plan = FeaturePlan(schema)
    values = levels if better == "higher" else levels[::-1]
    worst, missing, *rest = values[0], np.nan, *values[1:]
    found = Features.fit(schema, pd.DataFrame({"grade": levels}), False).transform(
        pd.DataFrame({"grade": [worst, missing, *rest]})
    )[0]
    assert (np.diff(found * np.array(plan.constraints), axis=0) >= 0).all()
    assert len(np.unique(found, axis=0)) == len(levels) + 1
