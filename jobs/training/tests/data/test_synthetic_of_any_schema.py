"""Made-up rows of schemas beside the bundled one: a row is what the schema allows, or the schema is refused."""

import numpy as np
import pytest

from loan_training.artifact.serving_json import background_rows, golden_rows
from loan_training.data.dataset import parse
from loan_training.data.synthetic import as_csv, generate
from loan_training.errors import SchemaRefused
from made_up_schemas import category, made_schema, number

SPREAD = {"mean": 100, "deviation": 50, "minimum": 0, "maximum": 1000}
COLUMNS = {
    "large levels": [number("a", 0, 10**8, levels=[1, 1234567, 87654321])],
    "fine levels": [number("a", 0, 1, levels=[0.1234567, 0.7654321])],
    "a narrow range": [number("a", 1e-6, 9e-6)],
    "a wide range": [number("a", -1e30, 1e30)],
    "a constant": [number("a", 5, 5), category("b", ["x"])],
    "words alone": [category("a"), category("b", required=True)],
    "numbers alone": [number("a", required=True), number("b", -5, 5)],
    "words with other ends of lines": [category("a", ["p\u2028q", "r\u0085s"]), number("b")],
}


@pytest.mark.parametrize("columns", COLUMNS.values(), ids=COLUMNS.keys())
def test_rows_are_what_the_schema_allows(columns):
    schema = made_schema(columns)
    rows = parse(as_csv(schema, generate(schema, 200, 3)).encode(), "made.csv", schema).applications
    assert len(rows) == 200
    for count in (1, 2, 200):
        for made in (background_rows(schema, rows.head(count), 3), golden_rows(schema, 3)):
            assert len(made) > 0
            for column in schema.columns:
                assert not column.required or not (made[column.name].isna() | (made[column.name] == "")).any()


def test_a_narrow_range_has_more_than_one_number():
    assert generate(made_schema([number("a", 1e-6, 9e-6)]), 200, 3)["a"].nunique() > 50


def test_a_number_follows_a_code_with_missing_values():
    columns = {"a": {"counts": {"1": 5, "2": 5, "": 4}}, "b": SPREAD | {"follows": "a", "correlation": 0.9}}
    schema = made_schema([number("a", 0, 2, levels=[0, 1, 2]), number("b")], synthetic={"columns": columns})
    made = generate(schema, 5000, 3)
    assert not made["b"].isna().any()
    assert np.corrcoef(made.dropna()["a"], made.dropna()["b"])[0, 1] > 0.5


LEVELS = number("a", 0, 10, levels=[0, 5, 10])
REFUSED = {
    "a gap in a required number": ([number("a", required=True)], {"a": SPREAD | {"missing": 0.3}}, None),
    "a gap in a required category": ([category("a", required=True)], {"a": {"counts": {"a": 3, "": 1}}}, None),
    "bounds beyond the column": ([number("a", 10, 500)], {"a": SPREAD}, None),
    "a minimum above the maximum": ([number("a")], {"a": SPREAD | {"minimum": 500, "maximum": 10}}, None),
    "zeros below the minimum": ([number("a", 10)], {"a": SPREAD | {"minimum": 10, "share": 0.5}}, None),
    "a distribution of levels": ([LEVELS], {"a": SPREAD | {"maximum": 10}}, None),
    "a count of no level": ([LEVELS], {"a": {"counts": {"7": 3}}}, None),
    "following itself": ([number("a")], {"a": SPREAD | {"follows": "a", "correlation": 0.5}}, None),
    "following a later column": (
        [number("a"), number("b")],
        {"a": SPREAD | {"follows": "b", "correlation": 0.5}, "b": SPREAD},
        None,
    ),
    "rates of a number without levels": ([number("a")], {}, {"rates": {"1": [1, 2]}}),
    "a rate of a value that is never drawn": ([LEVELS], {}, {"rates": {"5.0": [1, 2]}}),
    "a rate above 1": ([LEVELS], {}, {"rates": {"5": [3, 2]}}),
    "a rate of no rows": ([LEVELS], {}, {"rates": {"5": [0, 0]}}),
    "a number as a word": ([category("a", ["1"])], {}, {"effects": [{"of": "a", "equals": 1, "add": 1}]}),
    "above of a word": ([category("a", ["1"])], {}, {"effects": [{"of": "a", "above": 1, "add": 1}]}),
    "a word as a number": (
        [category("a", ["1"]), number("b")],
        {},
        {"effects": [{"of": "b", "equals": "x", "add": 1}]},
    ),
}


@pytest.mark.parametrize(("columns", "drawn", "label"), REFUSED.values(), ids=REFUSED.keys())
def test_a_distribution_that_the_column_does_not_allow_is_refused(columns, drawn, label):
    synthetic = {"columns": drawn}
    if label is not None:
        synthetic["label"] = {"column": "a", "rates": {"1": [1, 2]} if "effects" in label else {}} | label
    with pytest.raises(SchemaRefused, match="synthetic"):
        made_schema(columns, synthetic=synthetic)
