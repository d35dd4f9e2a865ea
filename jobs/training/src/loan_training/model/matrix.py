"""The matrix of a row's values, which is the border in the graph: servers that know the contract enter here.

A category is its place in the column's values, a number itself. A missing value of either kind is NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loan_training.model.graph_builder import free_name
from loan_training.model.onnx_session import OUTPUT
from loan_training.schema.column import Category

if TYPE_CHECKING:
    from loan_training.model.graph_builder import GraphBuilder
    from loan_training.schema.schema import Schema

FEATURES = "features"
AFFORDABILITY = "affordability"


def reserved_names(schema: Schema) -> set[str]:
    """Tensors whose names are given: the inputs, the outputs, and the matrix."""
    return {*_given_names(schema), matrix_name(schema)}


def matrix_name(schema: Schema) -> str:
    """Tensor [N, F] with a value for each column of the schema, in their order."""
    return free_name("matrix", _given_names(schema))


def encode_columns(schema: Schema, graph: GraphBuilder) -> str:
    """Adds the nodes from the columns, [N, 1] each, to the matrix. Servers that encode rows leave them out."""
    encoded = [
        graph.node(
            "LabelEncoder",
            [column.name],
            "place",
            domain="ai.onnx.ml",
            keys_strings=list(column.values),
            values_floats=[float(place) for place in range(len(column.values))],
            # A missing word, and a word that the schema does not know.
            default_float=float("nan"),
        )
        if isinstance(column, Category)
        else column.name
        for column in schema.columns
    ]
    name = matrix_name(schema)
    graph.node_to("Concat", encoded, [name], axis=1)
    return name


def _given_names(schema: Schema) -> set[str]:
    return {*schema.names, FEATURES, AFFORDABILITY, OUTPUT}
