"""The features as ONNX operators. Training runs the graph that servers run, so there is no second implementation.

Trees see only sums, quotients and comparisons, because those round alike on every machine. The last bit of a logarithm
may differ between machines or batch sizes, and could put a row on the other side of a split.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from loan_training.data.columns import CATEGORIES, COLUMNS, Category
from loan_training.model.onnx_session import open_session, run_in_chunks

if TYPE_CHECKING:
    import onnxruntime
    import pandas as pd

    from loan_training.schema.schema import Schema

OPSETS = (helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 2))
IR_VERSION = 8

# Each derived quantity with its monotone constraint: 1 if approval may only rise with it, -1 fall, 0 neither.
QUANTITIES: dict[str, int] = {"CoapplicantIncome": 1, "LoanAmount": -1, "LoanToIncome": -1}
# Lower bounds of QUANTITIES before the logarithm. Differences below them are noise.
LOGARITHM_FLOORS = (1.0, 1.0, 1e-4)

# The term and self-employment are accepted and not scored, because they add only noise in repeated cross-validation.
# Real applications also have terms that no training file has.
SCORED_WORDS = tuple(word for word in CATEGORIES if word.name in ("Education", "Property_Area"))
# A missing credit history is neither 0 nor 1, but a level of its own between the two.
INDICATORS: dict[str, int] = {
    **{f"{word.name}={value}": 0 for word in SCORED_WORDS for value in word.values},
    "Credit_History=0": -1,
    "Credit_History=1": 1,
}
AFFORDABILITY = "affordability"
FEATURES = (*QUANTITIES, *INDICATORS)
MONOTONE_CONSTRAINTS = (*QUANTITIES.values(), *INDICATORS.values())

_MONEY = ("ApplicantIncome", "CoapplicantIncome", "LoanAmount")


@dataclass(frozen=True)
class Features:
    """The fitted map from raw columns to `FEATURES`, as float32 [N, len(FEATURES)]."""

    # Values that replace a missing value of each column in _MONEY.
    fills: tuple[float, ...]
    # Largest ratio of loan to income in the training data.
    reach: float
    # True for families other than trees, which need even scales.
    logarithms: bool

    @classmethod
    def fit(cls, schema: Schema, applications: pd.DataFrame, logarithms: bool) -> Features:
        fills = {name: _median(applications[name]) for name in _MONEY}
        # An application without a second income is read as one of 0.
        fills["CoapplicantIncome"] = 0.0
        filled = applications[list(_MONEY)].fillna(fills)
        income = filled["ApplicantIncome"] + filled["CoapplicantIncome"]
        reach = float((filled["LoanAmount"] / income.clip(lower=1)).max())
        return cls(tuple(fills[name] for name in _MONEY), reach, logarithms)

    def transform(self, applications: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """(features, affordability).

        Affordability is 1 up to the largest ratio of loan to income in the training data. Above, it falls in
        proportion. Without it the last leaf of a tree would hold for any ratio, and approve a large loan on no income.
        """
        features, affordability = run_in_chunks(self._session, ["features", AFFORDABILITY], applications)
        return features, affordability.reshape(-1)

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return open_session(self.graph().SerializeToString())

    def graph(self) -> onnx.ModelProto:
        """Inputs: each raw column, [N, 1]. Outputs: `features`, [N, len(FEATURES)], and `affordability`, [N, 1]."""
        words = [word.name for word in SCORED_WORDS]
        source, code = _codes()
        nodes = [
            helper.make_node("Concat", words, ["words"], axis=1),
            _label_encoder("words", "word_codes"),
            helper.make_node("Concat", ["word_codes", "Credit_History"], ["codes"], axis=1),
            helper.make_node("Gather", ["codes", "indicator_source"], ["repeated_codes"], axis=1),
            helper.make_node("Equal", ["repeated_codes", "indicator_code"], ["is_value"]),
            helper.make_node("Cast", ["is_value"], ["indicators"], to=TensorProto.FLOAT),
            helper.make_node("Concat", list(_MONEY), ["money"], axis=1),
            helper.make_node("IsNaN", ["money"], ["money_missing"]),
            helper.make_node("Where", ["money_missing", "fills", "money"], ["money_filled"]),
            helper.make_node("Split", ["money_filled"], ["applicant", "coapplicant", "loan"], axis=1),
            helper.make_node("Add", ["applicant", "coapplicant"], ["total"]),
            helper.make_node("Max", ["total", "one"], ["divisor"]),
            helper.make_node("Div", ["loan", "divisor"], ["loan_to_income"]),
            helper.make_node("Div", ["reach", "loan_to_income"], ["room"]),
            helper.make_node("Min", ["room", "one"], [AFFORDABILITY]),
            helper.make_node("Concat", ["coapplicant", "loan", "loan_to_income"], ["quantities"], axis=1),
        ]
        constants = {
            "indicator_source": np.array(source, dtype=np.int64),
            "indicator_code": np.array([code], dtype=np.float32),
            "fills": np.array([self.fills], dtype=np.float32),
            "reach": np.array([[self.reach]], dtype=np.float32),
            "one": np.array([[1]], dtype=np.float32),
        }
        quantities = "quantities"
        if self.logarithms:
            quantities = "log_quantities"
            constants["floors"] = np.array([LOGARITHM_FLOORS], dtype=np.float32)
            nodes += [
                helper.make_node("Max", ["quantities", "floors"], ["floored"]),
                helper.make_node("Log", ["floored"], [quantities]),
            ]
        nodes.append(helper.make_node("Concat", [quantities, "indicators"], ["features"], axis=1))
        graph = helper.make_graph(
            nodes,
            "features",
            [_input(column.name, isinstance(column, Category)) for column in COLUMNS],
            [
                helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", len(FEATURES)]),
                helper.make_tensor_value_info(AFFORDABILITY, TensorProto.FLOAT, ["N", 1]),
            ],
            [numpy_helper.from_array(value, name) for name, value in constants.items()],
        )
        return helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION)


def _median(values: pd.Series) -> float:
    """The median, or 1 without values: a fold or a sample may miss the few values that the data set has."""
    present = values.dropna()
    return float(present.median()) if len(present) else 1.0


def _input(name: str, is_words: bool) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.STRING if is_words else TensorProto.FLOAT, ["N", 1])


def _vocabulary() -> dict[str, int]:
    """A code for each word of all columns, so that one encoder serves every column."""
    words = dict.fromkeys(value for word in SCORED_WORDS for value in word.values)
    return {word: code for code, word in enumerate(words)}


def _label_encoder(source: str, target: str) -> onnx.NodeProto:
    vocabulary = _vocabulary()
    return helper.make_node(
        "LabelEncoder",
        [source],
        [target],
        domain="ai.onnx.ml",
        keys_strings=list(vocabulary),
        values_floats=[float(code) for code in vocabulary.values()],
        # A missing or unknown word sets none of the indicators.
        default_float=-1.0,
    )


def _codes() -> tuple[list[int], list[float]]:
    """For each of INDICATORS, the column of codes to compare and the code that makes the indicator 1."""
    vocabulary = _vocabulary()
    pairs = [
        (position, float(vocabulary[value])) for position, word in enumerate(SCORED_WORDS) for value in word.values
    ]
    pairs += [(len(SCORED_WORDS), 0.0), (len(SCORED_WORDS), 1.0)]
    return [position for position, _ in pairs], [code for _, code in pairs]
