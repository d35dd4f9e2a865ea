"""Compiles the features of a schema to ONNX operators, from raw columns over the matrix to features.

A call costs time for each node, so the nodes behind the matrix work on many columns at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper

from loan_training.model.graph_builder import GraphBuilder
from loan_training.model.matrix import AFFORDABILITY, FEATURES, encode_columns, reserved_names
from loan_training.schema.column import Category, Number

if TYPE_CHECKING:
    from loan_training.model.feature_plan import FeaturePlan, Indicator
    from loan_training.schema.rules import Derived

# Kind of comparison to its operator.
COMPARISONS = {"equal": "Equal", "at_least": "GreaterOrEqual", "at_most": "LessOrEqual"}


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
        self._graph = GraphBuilder(reserved_names(plan.schema))
        self._matrix = encode_columns(plan.schema, self._graph)
        # Column or derived number to the tensor that holds its values, [N, 1].
        self._tensors: dict[str, str] = {}

    def compile(self) -> onnx.ModelProto:
        plan, parts = self._plan, []
        if plan.quantities:
            self._numbers()
            for one in plan.derived:
                self._derive(one)
            parts += self._quantities()
        parts += self._indicators()
        self._graph.node_to("Concat", parts, [FEATURES], axis=1)
        outputs = [helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["N", len(plan.names)])]
        if self._reach is not None:
            self._affordability(self._reach)
            outputs.append(helper.make_tensor_value_info(AFFORDABILITY, TensorProto.FLOAT, ["N", 1]))
        return self._graph.model("features", [_input(column) for column in plan.schema.columns], outputs)

    def _indicators(self) -> list[str]:
        """The parts of the features that are indicators, in the order of the plan."""
        by_comparison = {
            compare: [one for one in self._plan.indicators if one.compare == compare] for compare in COMPARISONS
        }
        return [self._compare(compare, chosen) for compare, chosen in by_comparison.items() if chosen]

    def _compare(self, compare: str, indicators: list[Indicator]) -> str:
        """Compares the value of each indicator's column with the indicator's value. NaN gives 0 in every comparison."""
        columns = [self._plan.schema.column(one.column) for one in indicators]
        found = self._gather([column.name for column in columns], f"{compare}_columns")
        # Without a declared number a missing level stays NaN.
        declared = [
            column.missing if isinstance(column, Number) and column.missing != "median" else np.nan
            for column in columns
        ]
        if not np.isnan(declared).all():
            found = self._filled(found, declared, f"{compare}_missing")
        values = [
            column.values.index(one.value) if isinstance(column, Category) else one.value
            for column, one in zip(columns, indicators, strict=True)
        ]
        value = self._graph.constant(f"{compare}_values", np.array([values], np.float32))
        compared = self._graph.node(COMPARISONS[compare], [found, value], f"is_{compare}")
        return self._graph.node("Cast", [compared], f"{compare}_indicators", to=TensorProto.FLOAT)

    def _gather(self, names: list[str], name: str) -> str:
        """Columns of the matrix."""
        places = np.array([self._plan.schema.names.index(one) for one in names], np.int64)
        return self._graph.node("Gather", [self._matrix, self._graph.constant(f"{name}_places", places)], name, axis=1)

    def _filled(self, source: str, fills: list[float], name: str) -> str:
        missing = self._graph.node("IsNaN", [source], name)
        fill = self._graph.constant("fills", np.array([fills], np.float32))
        return self._graph.node("Where", [missing, fill, source], f"{name}_filled")

    def _numbers(self) -> None:
        """Fills the missing numbers and splits them into a tensor for each column."""
        numbers = self._plan.numbers
        gathered = self._gather([column.name for column in numbers], "numbers")
        filled = self._filled(gathered, list(self._fills), "number_missing")
        names = [self._graph.free(column.symbol or column.name) for column in numbers]
        self._graph.node_to("Split", [filled], names, axis=1)
        self._tensors |= {column.name: name for column, name in zip(numbers, names, strict=True)}

    def _derive(self, one: Derived) -> None:
        graph = self._graph
        sources = [self._tensors[source] for source in one.sources]
        match one.operator:
            case "sum":
                made = graph.node("Add" if len(sources) == 2 else "Sum", sources, one.name)
            case "difference":
                made = graph.node("Sub", sources, one.name)
            case "ratio":
                divisor = graph.node("Max", [sources[1], graph.scalar(one.least_divisor)], "divisor")
                made = graph.node("Div", [sources[0], divisor], one.name)
            case "log":
                floored = graph.node("Max", [sources[0], graph.scalar(one.floor)], "least")
                made = graph.node("Log", [floored], one.name)
            case "log1p":
                floored = graph.node("Max", [sources[0], graph.scalar(0.0)], "least")
                made = graph.node("Log", [graph.node("Add", [floored, graph.scalar(1.0)], "plus_one")], one.name)
        self._tensors[one.name] = made

    def _affordability(self, reach: float) -> None:
        bounded = self._tensors[self._plan.schema.bounded or ""]
        limit = self._graph.constant("reach", np.array([[reach]], np.float32))
        room = self._graph.node("Div", [limit, bounded], "room")
        self._graph.node_to("Min", [room, self._graph.scalar(1.0)], [AFFORDABILITY])

    def _quantities(self) -> list[str]:
        """The parts of the features that are quantities."""
        quantities, graph = self._plan.quantities, self._graph
        tensors = [self._tensors[one.of] for one in quantities]
        scaled = [one.logarithm for one in quantities]
        if not self._logarithms or not any(scaled):
            return tensors
        joined = graph.node("Concat", tensors, "quantities", axis=1)
        floors = graph.constant("floors", np.array([[one.floor for one in quantities]], np.float32))
        logarithms = graph.node("Log", [graph.node("Max", [joined, floors], "floored")], "log_quantities")
        if all(scaled):
            return [logarithms]
        mask = graph.constant("is_scaled", np.array([scaled], np.bool_))
        return [graph.node("Where", [mask, logarithms, joined], "scaled_quantities")]


def _input(column: Category | Number) -> onnx.ValueInfoProto:
    kind = TensorProto.STRING if isinstance(column, Category) else TensorProto.FLOAT
    return helper.make_tensor_value_info(column.name, kind, ["N", 1])
