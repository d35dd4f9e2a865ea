"""The evidence that a model is better than the majority and than the rule by more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import log_loss

from loan_training.data.duplicates import first_rows, groups_of, without_copies
from loan_training.evaluation.chance import Chance, permutation_test
from loan_training.selection.baselines import fit_rule
from loan_training.selection.cross_validation import predict_repeat

if TYPE_CHECKING:
    from loan_training.data.dataset import Dataset
    from loan_training.selection.cross_validation import Fit


@dataclass(frozen=True)
class Evidence:
    # Test of the shipped graph on the holdout.
    majority: Chance
    # Test of the recipe out of fold: does it order rows within each side of the rule? None if there is no rule.
    rule: Chance | None
    # Out-of-fold log losses on the rows of `rule`. None if there is no rule.
    model_log_loss: float | None
    rule_log_loss: float | None


def gather_evidence(
    holdout: Dataset, served: np.ndarray, everything: Dataset, fitted: Fit, seed: int, jobs: int
) -> Evidence:
    """`served` are the probabilities of the graph on the holdout. Copies of an application count once.

    A holdout of a hundred rows cannot tell a good model from a good rule. So the rule is tested on all rows, each
    predicted by a fit that has not seen it.
    """
    different = first_rows(groups_of(holdout.applications))
    majority = permutation_test(holdout.labels[different], served[different], seed)
    rows = without_copies(everything)
    if rows.schema.baseline_rule is None:
        return Evidence(majority, None, None, None)
    model, folds = predict_repeat(fitted, rows, 0, seed, jobs)
    rule, _ = predict_repeat(fit_rule, rows, 0, seed, jobs)
    # Each fold has fits of its own, so that its probabilities are compared with each other only.
    sides = np.unique(np.column_stack([folds, rule]), axis=0, return_inverse=True)[1].ravel()
    return Evidence(
        majority,
        permutation_test(rows.labels, model, seed, sides),
        float(log_loss(rows.labels, model, labels=[0, 1])),
        float(log_loss(rows.labels, rule, labels=[0, 1])),
    )


def read_evidence(facts: dict[str, Any]) -> Evidence:
    """The evidence that asdict() wrote."""
    tests = {name: None if facts[name] is None else Chance(**facts[name]) for name in ("majority", "rule")}
    return Evidence(**facts | tests)
