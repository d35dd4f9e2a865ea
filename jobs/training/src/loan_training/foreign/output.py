"""Finds the output of a graph that holds the probability, and the class of each of its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loan_training.errors import ModelRefused
from loan_training.scoring.signature_faults import described, output_width

if TYPE_CHECKING:
    from loan_training.scoring.graph_file import OpenedGraph

FLOATS = ("tensor(float)", "tensor(double)")
TWO = 2


@dataclass(frozen=True)
class GraphOutput:
    name: str
    # None for an output with one column.
    classes: list[str] | None


def find_output(graph: OpenedGraph, name: str | None, classes: list[str] | None) -> GraphOutput:
    """Raises ModelRefused if the user must say the output or its classes."""
    outputs = graph.session.get_outputs()
    likely = [one for one in outputs if one.type in FLOATS and (name is None or one.name == name)]
    shown = ", ".join(described(one) for one in outputs)
    if name is not None and not likely:
        raise ModelRefused(f"--output-name {name}: the graph has no such output of float32 or float64; it has {shown}")
    if len(likely) != 1:
        raise ModelRefused(f"the graph has the outputs {shown}: name the probability with --output-name")
    (output,) = likely
    width = output_width(output)
    known = classes or graph.zip_maps.get(output.name) or None
    if width is not None and width > TWO:
        raise ModelRefused(f"output {described(output)} has {width} classes; a contract has two")
    if width == TWO and known is None:
        raise ModelRefused(
            f"output {described(output)} has a column for each class: name them in order with --output-classes, "
            "such as --output-classes no,yes"
        )
    return GraphOutput(output.name, None if width == 1 and classes is None else known)
