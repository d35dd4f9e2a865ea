"""serving.json, which tells a server how to validate, decide and check the graph."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pandas as pd

from loan_training.artifact.contract_field import contract_field
from loan_training.artifact.distributions import DECIMALS, PROBABILITY_EDGES, categories, deciles, histogram
from loan_training.artifact.reasons_json import build_reasons
from loan_training.data.plain_value import plain
from loan_training.data.synthetic import generate
from loan_training.model.matrix import matrix_name
from loan_training.model.onnx_session import OUTPUT, probabilities
from loan_training.schema.column import Category, Column

if TYPE_CHECKING:
    import onnxruntime

    from loan_training.data.dataset import Dataset
    from loan_training.schema.schema import Schema

GOLDEN_ROWS = 20
# Number of golden rows that have a missing value.
GOLDEN_ROWS_WITH_GAPS = 8
BACKGROUND_ROWS = 50
BACKGROUND_DRAWS = 4 * BACKGROUND_ROWS


@cache
def serving_schema() -> dict[str, Any]:
    """The JSON Schema of serving.json, which training and servers share."""
    return json.loads(resources.files(__package__).joinpath("serving.schema.json").read_text("utf-8"))


def build_serving(session: onnxruntime.InferenceSession, dataset: Dataset, seed: int, threshold: float) -> bytes:
    """serving.json for a graph that was fitted on `dataset`. It holds no row of an applicant."""
    schema, training = dataset.schema, dataset.applications
    golden = golden_rows(schema, seed)
    document = {
        "schemaVersion": 2,
        "encoding": {"input": matrix_name(schema), "missingCategory": "nan"},
        "output": OUTPUT,
        "decision": {
            "name": schema.decision.name,
            "positiveClass": schema.decision.positive,
            "negativeClass": schema.decision.negative,
            "threshold": threshold,
        },
        "fields": [contract_field(column) for column in schema.columns],
        "groups": list(schema.watched),
        "reference": {
            "rows": len(training),
            "fields": {column.name: _distribution(column, training[column.name]) for column in schema.columns},
            "probability": histogram(pd.Series(probabilities(session, training)), PROBABILITY_EDGES),
        },
        "background": _rows(background_rows(schema, training, seed)),
        "golden": [
            {"input": row, "probability": round(float(probability), DECIMALS)}
            for row, probability in zip(_rows(golden), probabilities(session, golden), strict=True)
        ],
    }
    if schema.reasons is not None:
        document["reasons"] = build_reasons(schema.reasons, session, dataset, threshold)
    jsonschema.validate(document, serving_schema(), cls=jsonschema.Draft202012Validator)
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode()


def golden_rows(schema: Schema, seed: int) -> pd.DataFrame:
    """Made-up applications, some with missing values, so that the self-test of a model holds nobody's data."""
    made = generate(schema, 2_000, seed)[list(schema.names)]
    gaps = (made.isna() | (made == "")).any(axis=1)
    with_gaps = made[gaps].head(GOLDEN_ROWS_WITH_GAPS - 1)
    whole = made[~gaps].head(GOLDEN_ROWS - GOLDEN_ROWS_WITH_GAPS)
    barest = made.head(1).copy()
    barest[[category.name for category in schema.categories if not category.required]] = ""
    barest[[number.name for number in schema.numbers if not number.required]] = np.nan
    return pd.concat([whole, with_gaps, barest], ignore_index=True)


def background_rows(schema: Schema, training: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Typical values of the training rows, combined anew, so that no row is that of an applicant.

    Numbers are drawn together, because they depend on each other. Words and codes are drawn on their own. If the data
    leaves no new combination, the rows are made up.
    """
    rng = np.random.default_rng(seed)
    together = [number.name for number in schema.numbers if not number.levels]
    blocks = [*([together] if together else []), *([name] for name in schema.names if name not in together)]
    drawn = pd.concat(
        [
            training[block].sample(BACKGROUND_DRAWS, replace=True, random_state=rng, ignore_index=True)
            for block in blocks
        ],
        axis=1,
    )[list(schema.names)]
    # A combination may happen to equal the row of an applicant. It is dropped.
    applicants = set(_lines(training))
    made_up = [line not in applicants for line in _lines(drawn)]
    if not any(made_up):
        return golden_rows(schema, seed)
    return drawn[made_up].head(BACKGROUND_ROWS).reset_index(drop=True)


def _lines(frame: pd.DataFrame) -> list[str]:
    # Not splitlines: a word may hold one of the other characters that end a line.
    words = {name: frame[name].str.replace("\n", "\\n") for name in frame.columns if frame[name].dtype == object}
    return frame.assign(**words).to_csv(index=False, header=False, lineterminator="\n").split("\n")[:-1]


def _distribution(column: Column, values: pd.Series) -> dict[str, Any]:
    if isinstance(column, Category):
        return categories(column.values, values)
    if column.levels:
        middles = [(low + high) / 2 for low, high in zip(column.levels, column.levels[1:], strict=False)]
        return histogram(values, middles or list(column.levels))
    return histogram(values, deciles(values, column.minimum))


def _rows(frame: pd.DataFrame) -> list[dict[str, str | float | None]]:
    return [{name: plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
