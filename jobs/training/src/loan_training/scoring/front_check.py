"""Checks that the front of a graph makes the matrix, as services/inference/model/check-front.ts does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loan_training.errors import ModelRefused
from loan_training.scoring.encoding import MatrixEncoding, TextEncoding, graph_value
from loan_training.scoring.field_rules import accepted_range
from loan_training.scoring.graph_inputs import graph_inputs
from loan_training.scoring.json_values import quoted, shown_number
from loan_training.scoring.signature_faults import column_faults, tensor_faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    import onnxruntime

    from loan_training.scoring.serving_contract import ServingContract

RUN_ROWS = 1_024


def check_front(session: onnxruntime.InferenceSession, contract: ServingContract, encoding: dict[str, str]) -> None:
    """Raises ModelRefused if the front does not make the matrix of its columns as `encoding` says.

    Other servers run the whole graph, so they would decide differently.
    """
    inputs = {one.name: one for one in session.get_inputs()}
    faults = column_faults(contract, inputs) + tensor_faults(contract, session.get_outputs()[0])
    if faults:
        raise ModelRefused("; ".join(faults))
    text, matrix = TextEncoding(graph_inputs(contract.names, list(inputs))), MatrixEncoding(contract, encoding)
    samples = _samples(contract)
    for start in range(0, max(len(values) for values in samples), RUN_ROWS):
        # After its last value a field repeats it.
        chosen = [values[start : start + RUN_ROWS] or values[-1:] for values in samples]
        rows = max(len(values) for values in chosen)
        given = [
            [graph_value(field, value) for value in [*values, *values[-1:] * (rows - len(values))]]
            for field, values in zip(contract.fields, chosen, strict=True)
        ]
        columns, codes = (
            {field["name"]: one.column(field, values) for field, values in zip(contract.fields, given, strict=True)}
            for one in (text, matrix)
        )
        _check_run(session, contract, encoding["input"], text.feeds(columns), matrix.feeds(codes)[encoding["input"]])


def _samples(contract: ServingContract) -> list[list[Any]]:
    """Values of each field: those of the golden rows, then each that the field may have."""
    golden = [sample["input"] for sample in contract.document["golden"]]
    return [[*(row.get(field["name"]) for row in golden), *_values(field)] for field in contract.fields]


def _values(field: dict[str, Any]) -> Sequence[Any]:
    present = field["values"] if field["type"] == "string" else field.get("levels", accepted_range(field))
    return present if field["required"] else [None, *present]


def _check_run(
    session: onnxruntime.InferenceSession,
    contract: ServingContract,
    tensor: str,
    feeds: dict[str, np.ndarray],
    expected: np.ndarray,
) -> None:
    try:
        found = np.asarray(session.run([tensor], feeds)[0])
    except Exception as error:
        # onnxruntime has a class of errors for each status, without a common parent.
        raise ModelRefused(f"the part of the graph that makes {tensor} fails: {error}") from error
    if found.shape != expected.shape:
        rows, width = expected.shape
        raise ModelRefused(f"tensor {tensor} has the shape {list(found.shape)} for {rows} rows of {width} fields")
    differing = np.argwhere(~((found == expected) | (np.isnan(found) & np.isnan(expected))))
    if not len(differing):
        return
    row, place = differing[0]
    given = list(feeds.values())[place][row, 0]
    is_missing = given == "" if isinstance(given, str) else np.isnan(given)
    shown = "null" if is_missing else quoted(given if isinstance(given, str) else float(given))
    raise ModelRefused(
        f"tensor {tensor} holds {_shown(found[row, place])} for {contract.names[place]} {shown}, "
        f"but encoding says {_shown(expected[row, place])}: "
        "let the graph make the matrix as encoding says, or correct encoding"
    )


def _shown(number: np.float32) -> str:
    return "NaN" if np.isnan(number) else shown_number(float(number))
