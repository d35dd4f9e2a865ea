"""The threshold above which a probability becomes a positive decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from loan_training.schema.rules import Threshold

# Until a model is fitted, a rule by approval rate has no threshold. Families are compared by this one meanwhile.
EVEN = 0.5
DECIMALS = 6
# The JSON Schema of serving.json excludes 0 and 1.
LEAST = 10.0**-DECIMALS


def stated_threshold(rule: Threshold) -> float | None:
    """The threshold that the rule states by itself. None: the rule needs probabilities."""
    if rule.cost_ratio is not None:
        # A wrong positive decision costs cost_ratio times as much as a wrong negative one.
        return round(rule.cost_ratio / (1 + rule.cost_ratio), DECIMALS)
    return rule.value


def comparison_threshold(rule: Threshold) -> float:
    """The threshold at which recipes are compared."""
    stated = stated_threshold(rule)
    return EVEN if stated is None else stated


def threshold_for_rate(approval_rate: float, probabilities: np.ndarray) -> float:
    """The threshold at which this share of the rows is decided positively, as nearly as equal probabilities allow."""
    return round(float(np.clip(np.quantile(probabilities, 1 - approval_rate), LEAST, 1 - LEAST)), DECIMALS)
