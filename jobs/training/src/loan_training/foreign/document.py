"""Writes serving.json for a foreign graph, and checks both as a server does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loan_training.artifact.distributions import DECIMALS, PROBABILITY_EDGES, categories, deciles, histogram
from loan_training.data.plain_value import plain
from loan_training.errors import ModelRefused
from loan_training.foreign.made_rows import barest, draw, pools
from loan_training.scoring.contract_model import TOLERANCE, ContractModel
from loan_training.scoring.serving_contract import check_contract

if TYPE_CHECKING:
    from collections.abc import Sequence

    import onnxruntime

    from loan_training.foreign.fields import FieldValues
    from loan_training.foreign.output import GraphOutput
    from loan_training.schema.schema import Schema

GOLDEN_ROWS = 20
BACKGROUND_ROWS = 50
# Rows of the reference distributions.
REFERENCE_ROWS = 100_000
PLACEHOLDER = {"edges": [0.5], "shares": [0.5, 0.5], "missing": 0}


@dataclass(frozen=True)
class Decision:
    name: str
    positive: str
    negative: str
    threshold: float


def build_document(
    session: onnxruntime.InferenceSession,
    output: GraphOutput,
    decision: Decision,
    fields: Sequence[FieldValues],
    schema: Schema | None,
    groups: Sequence[str],
    seed: int,
    encoding: dict[str, str] | None = None,
) -> dict[str, Any]:
    """serving.json, of version 2 with an encoding, which names the matrix that the graph takes.

    Raises ModelRefused if a server would refuse the graph, or if the graph fails on a valid row.
    """
    pooled = pools(fields, schema, seed)
    names = [one.field["name"] for one in fields]
    made = draw(pooled, GOLDEN_ROWS - 1, seed)
    golden = [*made, barest(fields, made[0])]
    document: dict[str, Any] = {
        "schemaVersion": 1 if encoding is None else 2,
        **({} if encoding is None else {"encoding": encoding}),
        "output": output.name,
        **({} if output.classes is None else {"outputClasses": output.classes}),
        "decision": {
            "name": decision.name,
            "positiveClass": decision.positive,
            "negativeClass": decision.negative,
            "threshold": decision.threshold,
        },
        "fields": [one.field for one in fields],
        **({"groups": list(groups)} if groups else {}),
        "reference": {"rows": 1, "fields": {}, "probability": PLACEHOLDER},
        "background": [_row(names, row) for row in draw(pooled, BACKGROUND_ROWS, seed + 1)],
        "golden": [{"input": _row(names, golden[0]), "probability": 0.5}],
    }
    # The graph is asked by a contract with placeholders, which are then replaced by what it gave.
    model = ContractModel(session, check_contract(document))
    found = _probabilities(model, golden, names)
    document["golden"] = [
        {"input": _row(names, row), "probability": round(float(score), DECIMALS)}
        for row, score in zip(golden, found, strict=True)
    ]
    document["reference"] = _reference(model, fields, pooled)
    ContractModel(session, check_contract(document)).check_golden()
    return document


def write_document(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode()


def _probabilities(model: ContractModel, rows: Sequence[Sequence[Any]], names: Sequence[str]) -> np.ndarray:
    # One row more, because the shapes for a single row do not show what belongs to a row.
    scores = model.scores_apart(model.columns([*rows, rows[0]]))[: len(rows)]
    for row, score in zip(rows, scores, strict=True):
        if -TOLERANCE <= score <= 1 + TOLERANCE:
            continue
        shown = json.dumps(_row(names, row), ensure_ascii=False)
        gaps = [name for name, value in _row(names, row).items() if value is None]
        if np.isnan(score) and gaps:
            raise ModelRefused(
                f"the graph gives no probability for {shown}: {', '.join(gaps)} may be missing, as {_missing(model)}; "
                "let the graph handle a missing value, or make the fields required in the schema"
            )
        raise ModelRefused(
            f"the graph gives {score} for {shown}; rule: a probability from 0 to 1; "
            "let the graph end in the probability, for example with a Sigmoid"
        )
    return np.clip(scores, 0, 1)


def _missing(model: ContractModel) -> str:
    encoding = model.contract.encoding
    if encoding is None:
        return '"" or NaN'
    return "NaN" if encoding["missingCategory"] == "nan" else "NaN or the code behind the last"


def _reference(model: ContractModel, fields: Sequence[FieldValues], pooled: Sequence[np.ndarray]) -> dict[str, Any]:
    columns = [values[:REFERENCE_ROWS] for values in pooled]
    rows = [list(row) for row in zip(*(values.tolist() for values in columns), strict=True)]
    scores = model.scores_apart(model.columns(rows))
    return {
        "rows": len(rows),
        "fields": {
            one.field["name"]: _distribution(one.field, pd.Series(values))
            for one, values in zip(fields, columns, strict=True)
        },
        "probability": histogram(pd.Series(scores), PROBABILITY_EDGES),
    }


def _distribution(field: dict[str, Any], values: pd.Series) -> dict[str, Any]:
    if field["type"] == "string":
        return categories(field["values"], values)
    return histogram(values, deciles(values, field.get("minimum", 0.0)))


def _row(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in zip(names, row, strict=True)}
