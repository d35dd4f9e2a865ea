"""Graphs of contract version 1 and 2 give the same probabilities for any schema, family and row."""

import numpy as np
import onnx
import pandas as pd
import pytest

from loan_training.data.dataset import Dataset
from loan_training.model.families import FAMILIES
from loan_training.model.matrix import matrix_name
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import OUTPUT, open_session, probabilities
from loan_training.model.recipe import Recipe, fit
from loan_training.schema.column import Category
from loan_training.scoring.cut_graph import cut_graph
from made_up_schemas import ODD_NAMES, category, made_schema, number, random_rows
from property_cases import property_cases
from version_1_graph import export_version_1

# The graphs compute in float32. One step below 1 is 6e-8.
TOLERANCE = 1.5e-7
# Version 1 calibrated a probability, which has lost the last bits of the log odds.
CALIBRATED_TOLERANCE = 3e-7
ROWS = 400
SCHEMAS = -(-property_cases(ROWS) // ROWS)


def random_schema(random):
    """Each kind of column, with and without direction and declared missing value, and derived numbers."""
    names = random.permutation([*(name for name in ODD_NAMES if name != "features"), "b", "c"]).tolist()
    numbers = [number(names.pop()), number(names.pop(), 1, 500, missing=7), number(names.pop(), -50, 50)]
    numbers.append(number(names.pop(), better=str(random.choice(["higher", "lower"]))))
    graded = [
        number(
            names.pop(),
            0,
            5,
            levels=sorted(random.choice(6, size, replace=False).tolist()),
            **({"better": str(random.choice(["higher", "lower"]))} if random.random() < 0.7 else {}),
        )
        for size in (1, 2, 4)
    ]
    declared = {**number(names.pop(), 0, 3, levels=[0, 1, 3]), "missing": 3}
    words = [category(names.pop(), [f"w{at}" for at in range(size)]) for size in (1, 3, 5)]
    columns = [*numbers, *graded, declared, *words, category("watched", use="protected")]
    random.shuffle(columns)
    derived = [
        {"name": "matrix", "sum": [numbers[1]["name"], numbers[2]["name"]]},
        {"name": "share", "ratio": [numbers[0]["name"], "matrix"]},
    ]
    scored = [one["name"] for one in columns if one["name"] != "watched"]
    features = [{"of": one} for one in [*scored, "share"]]
    features[-1] |= {"scale": "log", "floor": 0.01}
    return made_schema(
        columns,
        derived,
        features,
        **({"bounded": "share"} if random.random() < 0.5 else {}),
    )


def telling_dataset(schema, random, rows=120):
    """Labels that depend on every scored column, so that a fit reads each of them."""
    made = random_rows(schema, random, rows)
    score = np.zeros(rows)
    for column in schema.columns:
        codes = pd.factorize(made[column.name])[0] if isinstance(column, Category) else made[column.name]
        present = pd.Series(codes).fillna(-1.0)
        score += random.choice([-1, 1]) * (present.rank() / rows) * (column.name in schema.scored)
    return Dataset(made, (score > np.median(score)).astype(np.int64), schema)


def edge_rows(schema, random, rows):
    """Made-up rows, some with a word that the schema does not know, and one without any value."""
    made = random_rows(schema, random, rows, missing=0.25)
    for one in schema.categories:
        made.loc[random.random(rows) < 0.05, one.name] = "unknown"
    empty = {column.name: "" if isinstance(column, Category) else np.nan for column in schema.columns}
    return pd.concat([made, pd.DataFrame([empty])], ignore_index=True)


def matrix_of(schema, rows):
    """The matrix that a server writes: places of words, numbers, NaN for what is missing or unknown."""
    return np.column_stack(
        [
            [float(one.values.index(word)) if word in one.values else np.nan for word in rows[one.name]]
            if isinstance(one, Category)
            else rows[one.name]
            for one in schema.columns
        ]
    ).astype(np.float32)


@pytest.mark.parametrize("seed", range(SCHEMAS))
@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_both_versions_give_the_same_probability(family, calibrated, seed):
    random = np.random.default_rng(seed)
    schema = random_schema(random)
    dataset = telling_dataset(schema, random)
    model = fit(Recipe(family, FAMILIES[family].defaults, calibrated, seed), dataset)
    graph = export(model)
    rows = edge_rows(schema, random, ROWS)
    new, old = (probabilities(open_session(one), rows) for one in (graph, export_version_1(model)))
    assert np.ptp(old) > 0.2
    np.testing.assert_allclose(new, old, rtol=0, atol=CALIBRATED_TOLERANCE if calibrated else TOLERANCE)

    cut = onnx.load_from_string(graph)
    assert cut_graph(cut, matrix_name(schema), OUTPUT, len(schema.columns))
    session = open_session(cut.SerializeToString())
    assert [one.name for one in session.get_inputs()] == [matrix_name(schema)]
    # The same nodes compute the same bits, whoever encoded the row.
    np.testing.assert_array_equal(session.run([OUTPUT], {matrix_name(schema): matrix_of(schema, rows)})[0][:, 0], new)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_graph_behind_the_matrix_reads_no_words(family, training):
    cut = onnx.load_from_string(export(fit(Recipe.default(family, 1), training)))
    cut_graph(cut, "matrix", OUTPUT, len(training.schema.columns))
    operators = {node.op_type for node in cut.graph.node}
    assert not operators & {"LabelEncoder", "TreeEnsembleClassifier", "LinearClassifier"}
    assert not any(one.type.tensor_type.elem_type == onnx.TensorProto.STRING for one in cut.graph.input)
