"""The features as graphs of contract version 1 compute them. Such graphs go on being served beside those of version 2.

The tests compare the graphs of both versions, and the benchmarks serve both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from loan_training.model.graph_builder import IR_VERSION, OPSETS
from loan_training.model.matrix import AFFORDABILITY, FEATURES
from loan_training.model.onnx_session import OUTPUT
from loan_training.schema.column import Category

if TYPE_CHECKING:
    from loan_training.model.feature_plan import FeaturePlan, Indicator
    from loan_training.schema.column import Number
    from loan_training.schema.rules import Derived


def compile_features(
    plan: FeaturePlan, fills: tuple[float, ...], reach: float | None, logarithms: bool
) -> onnx.ModelProto:
    """Inputs: each raw column, [N, 1]. Outputs: `features`, [N, K], and `affordability` if the schema bounds a feature.

    `fills` replace a missing value of each of plan.numbers. `reach` is the bounded feature's largest training value.
    """
    return _Compiler(plan, fills, reach, logarithms).compile()


class _Compiler:
    def __init__(self, plan: FeaturePlan, fills: tuple[float, ...], reach: float | None, logarithms: bool) -> None:
        self._plan, self._fills, self._reach, self._logarithms = plan, fills, reach, logarithms
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, np.ndarray] = {}
        self._taken = {*plan.schema.names, FEATURES, AFFORDABILITY, OUTPUT}
        # Column or derived number to the tensor that holds its values.
        self._tensors: dict[str, str] = {}

    def compile(self) -> onnx.ModelProto:
        parts = self._indicators()
        if self._plan.quantities:
            self._numbers()
            for one in self._plan.derived:
                self._derive(one)
            if self._reach is not None:
                self._affordability(self._reach)
            parts.insert(0, self._quantities())
        self._nodes.append(helper.make_node("Concat", parts, [FEATURES], axis=1))
        schema = self._plan.schema
        outputs = [helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["N", len(self._plan.names)])]
        if self._reach is not None:
            outputs.append(helper.make_tensor_value_info(AFFORDABILITY, TensorProto.FLOAT, ["N", 1]))
        graph = helper.make_graph(
            self._nodes,
            "features",
            [_input(column.name, isinstance(column, Category)) for column in schema.columns],
            outputs,
            [numpy_helper.from_array(value, name) for name, value in self._constants.items()],
        )
        return helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION)

    def _indicators(self) -> list[str]:
        """The parts of the matrix that hold indicators."""
        plan = self._plan
        if not plan.indicators:
            return []
        columns = []
        if plan.words:
            words = self._node("Concat", [word.name for word in plan.words], "words", axis=1)
            columns.append(self._word_codes(words))
        columns += [self._level_code(column) for column in plan.codes]
        codes = self._node("Concat", columns, "codes", axis=1)
        equal = [one for one in plan.indicators if one.compare == "equal"]
        parts = [self._compare(codes, equal, "Equal", "indicator", "repeated_codes", "is_value", "indicators")]
        for compare, operator in (("at_least", "GreaterOrEqual"), ("at_most", "LessOrEqual")):
            chosen = [one for one in plan.indicators if one.compare == compare]
            if chosen:
                names = (f"{compare}_codes", f"is_{compare}", f"{compare}_indicators")
                parts.append(self._compare(codes, chosen, operator, compare, *names))
        return parts

    def _word_codes(self, words: str) -> str:
        vocabulary = self._vocabulary()
        return self._node(
            "LabelEncoder",
            [words],
            "word_codes",
            domain="ai.onnx.ml",
            keys_strings=list(vocabulary),
            values_floats=[float(code) for code in vocabulary.values()],
            # A missing or unknown word sets none of the indicators.
            default_float=-1.0,
        )

    def _level_code(self, column: Number) -> str:
        """A missing level is NaN, which sets none of the indicators, unless the schema reads it as a number."""
        if column.missing == "median":
            return column.name
        missing = self._node("IsNaN", [column.name], "level_missing")
        return self._node("Where", [missing, self._scalar(column.missing), column.name], "level_filled")

    def _vocabulary(self) -> dict[str, int]:
        """A code for each word of all columns, so that one encoder serves every column."""
        words = dict.fromkeys(value for word in self._plan.words for value in word.values)
        return {word: code for code, word in enumerate(words)}

    def _compare(self, codes: str, indicators: list[Indicator], operator: str, prefix: str, *names: str) -> str:
        """Compares the code of each indicator's column with the indicator's value."""
        vocabulary = self._vocabulary()
        places = {column.name: place for place, column in enumerate((*self._plan.words, *self._plan.codes))}
        source = self._constant(f"{prefix}_source", np.array([places[one.column] for one in indicators], np.int64))
        values = [float(vocabulary[one.value] if isinstance(one.value, str) else one.value) for one in indicators]
        code = self._constant(f"{prefix}_code", np.array([values], np.float32))
        repeated, is_value, result = names
        gathered = self._node("Gather", [codes, source], repeated, axis=1)
        compared = self._node(operator, [gathered, code], is_value)
        return self._node("Cast", [compared], result, to=TensorProto.FLOAT)

    def _numbers(self) -> None:
        """Fills the missing numbers and splits them into a tensor for each column."""
        numbers = self._plan.numbers
        fills = self._constant("fills", np.array([self._fills], np.float32))
        money = self._node("Concat", [column.name for column in numbers], "money", axis=1)
        missing = self._node("IsNaN", [money], "money_missing")
        filled = self._node("Where", [missing, fills, money], "money_filled")
        names = [self._free(column.symbol or column.name) for column in numbers]
        self._nodes.append(helper.make_node("Split", [filled], names, axis=1))
        self._tensors |= {column.name: name for column, name in zip(numbers, names, strict=True)}

    def _derive(self, one: Derived) -> None:
        sources = [self._tensors[source] for source in one.sources]
        match one.operator:
            case "sum":
                made = self._node("Add" if len(sources) == 2 else "Sum", sources, one.name)
            case "difference":
                made = self._node("Sub", sources, one.name)
            case "ratio":
                divisor = self._node("Max", [sources[1], self._scalar(one.least_divisor)], "divisor")
                made = self._node("Div", [sources[0], divisor], one.name)
            case "log":
                floored = self._node("Max", [sources[0], self._scalar(one.floor)], "least")
                made = self._node("Log", [floored], one.name)
            case "log1p":
                floored = self._node("Max", [sources[0], self._scalar(0.0)], "least")
                made = self._node("Log", [self._node("Add", [floored, self._scalar(1.0)], "plus_one")], one.name)
        self._tensors[one.name] = made

    def _affordability(self, reach: float) -> None:
        bounded = self._tensors[self._plan.schema.bounded or ""]
        limit = self._constant("reach", np.array([[reach]], np.float32))
        # The constant 1 stands behind the reach, as a divisor may have made it earlier.
        one = self._scalar(1.0)
        self._constants[one] = self._constants.pop(one)
        room = self._node("Div", [limit, bounded], "room")
        self._nodes.append(helper.make_node("Min", [room, one], [AFFORDABILITY]))

    def _quantities(self) -> str:
        quantities = self._plan.quantities
        joined = self._node("Concat", [self._tensors[one.of] for one in quantities], "quantities", axis=1)
        scaled = [one.logarithm for one in quantities]
        if not self._logarithms or not any(scaled):
            return joined
        floors = self._constant("floors", np.array([[one.floor for one in quantities]], np.float32))
        logarithms = self._node("Log", [self._node("Max", [joined, floors], "floored")], "log_quantities")
        if all(scaled):
            return logarithms
        mask = self._constant("is_scaled", np.array([scaled], np.bool_))
        return self._node("Where", [mask, logarithms, joined], "scaled_quantities")

    def _node(self, operator: str, inputs: list[str], name: str, **attributes: object) -> str:
        output = self._free(name)
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def _constant(self, name: str, value: np.ndarray) -> str:
        name = self._free(name)
        self._constants[name] = value
        return name

    def _scalar(self, number: float) -> str:
        value = np.array([[number]], np.float32)
        for name, known in self._constants.items():
            if known.dtype == value.dtype and known.shape == value.shape and known == value:
                return name
        return self._constant("one" if number == 1 else "number", value)

    def _free(self, name: str) -> str:
        """The name, or the name with a number if a column or another tensor has it."""
        free, number = name, 1
        while free in self._taken:
            number += 1
            free = f"{name}/{number}"
        self._taken.add(free)
        return free


def _input(name: str, is_words: bool) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.STRING if is_words else TensorProto.FLOAT, ["N", 1])
