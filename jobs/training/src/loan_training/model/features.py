"""The features, written once, as ONNX operators: training runs the same graph that servers run.

Only sums, quotients and comparisons feed the trees, which round alike everywhere. A logarithm, whose last bit
may differ between machines or batch sizes, could put a row on the other side of a threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from loan_training.data.columns import CATEGORIES, COLUMNS, Category
from loan_training.model.onnx_session import feeds, open_session

if TYPE_CHECKING:
    import onnxruntime
    import pandas as pd

OPSETS = (helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 2))
IR_VERSION = 8

# Each derived quantity with the way in which an approval may follow it: 1 up, -1 down, 0 freely.
QUANTITIES: dict[str, int] = {"CoapplicantIncome": 1, "LoanAmount": -1, "LoanToIncome": -1}
# Below these a logarithm would only tell noise apart.
LOGARITHM_FLOORS = (1.0, 1.0, 1e-4)

# The term and self-employment are accepted and not scored: over repeated cross-validation they add noise alone,
# and real applications bring terms that no training file has.
SCORED_WORDS = tuple(word for word in CATEGORIES if word.name in ("Education", "Property_Area"))
# No credit history is neither 0 nor 1: missing is a level of its own, between the two.
INDICATORS: dict[str, int] = {
    **{f"{word.name}={value}": 0 for word in SCORED_WORDS for value in word.values},
    "Credit_History=0": -1,
    "Credit_History=1": 1,
}
AFFORDABILITY = "affordability"
FEATURES = (*QUANTITIES, *INDICATORS)
TENDENCIES = (*QUANTITIES.values(), *INDICATORS.values())

_MONEY = ("ApplicantIncome", "CoapplicantIncome", "LoanAmount")


@dataclass(frozen=True)
class Features:
    """The fitted map from raw columns to `FEATURES`, float32 [N, len(FEATURES)]."""

    # What stands in for a missing value of each of _MONEY.
    fills: tuple[float, ...]
    # The largest loan to income that was seen.
    reach: float
    # For the families that are not trees, which need even scales.
    logarithms: bool

    @classmethod
    def fit(cls, applications: pd.DataFrame, logarithms: bool) -> Features:
        fills = {name: float(applications[name].median()) for name in _MONEY}
        # An application that says nothing of a second income has none.
        fills["CoapplicantIncome"] = 0.0
        filled = applications[list(_MONEY)].fillna(fills)
        income = filled["ApplicantIncome"] + filled["CoapplicantIncome"]
        reach = float((filled["LoanAmount"] / income.clip(lower=1)).max())
        return cls(tuple(fills[name] for name in _MONEY), reach, logarithms)

    def transform(self, applications: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """(features, affordability).

        Affordability is 1 as far as the training data reaches. Beyond, where no data says how a probability goes
        on, it falls as the loan outgrows the income: without it a tree's last leaf would go on for ever, and a
        large loan on no income could be approved.
        """
        features, affordability = self._session.run(["features", AFFORDABILITY], feeds(applications))
        return features, affordability.reshape(-1)

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return open_session(self.graph().SerializeToString())

    def graph(self) -> onnx.ModelProto:
        """Inputs: the raw columns, each [N, 1]. Outputs: `features` and `affordability`, [N, 1]."""
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


def _input(name: str, is_words: bool) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.STRING if is_words else TensorProto.FLOAT, ["N", 1])


def _vocabulary() -> dict[str, int]:
    """One code for every word of every column, so that one encoder serves them all."""
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
        # Missing or unknown: none of the indicators.
        default_float=-1.0,
    )


def _codes() -> tuple[list[int], list[float]]:
    """For each of INDICATORS: the column of codes to look at, and the code that makes it 1."""
    vocabulary = _vocabulary()
    pairs = [
        (position, float(vocabulary[value])) for position, word in enumerate(SCORED_WORDS) for value in word.values
    ]
    pairs += [(len(SCORED_WORDS), 0.0), (len(SCORED_WORDS), 1.0)]
    return [position for position, _ in pairs], [code for _, code in pairs]
