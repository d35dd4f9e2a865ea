"""The part of the graph that scores features: what a converter wrote, without the work that no server needs.

Converters write classifiers: a label, and a probability for each class. A regressor gives one number, faster, and
calibration works on log odds without the way over a probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    import onnx
    from sklearn.base import ClassifierMixin

    from loan_training.model.families import Family

SCORE = "score"
PROBABILITIES = "probabilities"

Attributes = dict[str, Any]


@dataclass(frozen=True)
class Scorer:
    # From `features`, [N, width], to `score`, [N, 1].
    graph: onnx.ModelProto
    # True: the score is log odds, or a distance that is read as log odds. False: the score is a probability.
    is_log_odds: bool


def score_graph(family: Family, classifier: ClassifierMixin, width: int) -> Scorer:
    graph = family.to_onnx(classifier, width)
    nodes = graph.graph.node
    place = next((at for at, node in enumerate(nodes) if node.op_type in _REGRESSORS), None)
    if place is None:
        # A family without such a node gives a distance and its negative.
        first = numpy_helper.from_array(np.array([0], np.int64), "first")
        graph.graph.initializer.append(first)
        nodes.append(helper.make_node("Gather", [PROBABILITIES, first.name], [SCORE], axis=1))
        return Scorer(graph, is_log_odds=True)
    replaced = nodes[place]
    attributes = {one.name: helper.get_attribute_value(one) for one in replaced.attribute}
    operator, regressor = _REGRESSORS[replaced.op_type]
    # The nodes behind the classifier shape its label and its probabilities.
    del nodes[place:]
    nodes.append(helper.make_node(operator, [replaced.input[0]], [SCORE], domain="ai.onnx.ml", **regressor(attributes)))
    return Scorer(graph, is_log_odds=attributes["post_transform"] == b"LOGISTIC")


def _tree_regressor(classifier: Attributes) -> Attributes:
    """A leaf of a tree for two classes has one weight, for the positive class. For a forest the weight is a share."""
    if len(set(classifier["class_ids"])) != 1:
        raise ValueError("the converter wrote trees with a weight for each class, but one weight a leaf is expected")
    nodes = {name: value for name, value in classifier.items() if name.startswith("nodes_")}
    # Statistics, which no runtime reads.
    nodes.pop("nodes_hitrates", None)
    base = {"base_values": classifier["base_values"]} if "base_values" in classifier else {}
    return {
        **nodes,
        **base,
        "n_targets": 1,
        "target_ids": [0] * len(classifier["class_ids"]),
        "target_nodeids": classifier["class_nodeids"],
        "target_treeids": classifier["class_treeids"],
        "target_weights": classifier["class_weights"],
    }


def _linear_regressor(classifier: Attributes) -> Attributes:
    """The second of two rows of coefficients is that of the positive class."""
    coefficients, (_, intercept) = classifier["coefficients"], classifier["intercepts"]
    return {"targets": 1, "coefficients": coefficients[len(coefficients) // 2 :], "intercepts": [intercept]}


_REGRESSORS = {
    "TreeEnsembleClassifier": ("TreeEnsembleRegressor", _tree_regressor),
    "LinearClassifier": ("LinearRegressor", _linear_regressor),
}
