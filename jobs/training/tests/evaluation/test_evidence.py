"""What the gate decides about models of honest and of shuffled labels, without a champion."""

import numpy as np
import pytest

from loan import LOAN
from loan_training.data.dataset import Dataset, join, parse, split
from loan_training.data.source import read_source
from loan_training.evaluation.evidence import gather_evidence
from loan_training.evaluation.scores import score
from loan_training.model.recipe import Recipe, fit
from loan_training.registry.gate import Baseline, Contender, decide
from loan_training.selection.baselines import fit_majority, fit_rule
from loan_training.selection.cross_validation import fit_recipe

RECIPE = Recipe.default("logistic_regression", 7)


def shuffled(dataset, seed):
    return Dataset(dataset.applications, np.random.default_rng(seed).permutation(dataset.labels), LOAN)


def gate(dataset):
    training, holdout = split(dataset)
    served = fit(RECIPE, training).probabilities(holdout.applications)
    baselines = (score(holdout.labels, one(training)(holdout.applications), 0.5) for one in (fit_majority, fit_rule))
    evidence = gather_evidence(holdout, served, join(training, holdout), fit_recipe(RECIPE), 7, 1)
    contender = Contender("1", "sha256:new", score(holdout.labels, served, 0.5), {})
    return decide("if-not-worse", contender, None, Baseline(*baselines), evidence, 100), evidence


def test_none_of_30_models_of_shuffled_labels_becomes_champion(dataset):
    codes = [gate(shuffled(dataset, seed))[0].code for seed in range(30)]
    assert "first" not in codes
    assert "chance" in codes


@pytest.mark.parametrize("seed", range(7, 13))
def test_an_honest_model_becomes_champion(seed):
    decision, evidence = gate(parse(read_source(f"synthetic:614:{seed}", 1 << 20, LOAN), "synthetic", LOAN))
    assert decision.code == "first"
    assert evidence.model_log_loss < evidence.rule_log_loss


def test_copies_of_rows_are_no_more_evidence(dataset):
    once = gate(shuffled(dataset, 3))[1]
    repeated = shuffled(dataset, 3).take(np.tile(np.arange(len(dataset)), 10))
    tenfold = gate(repeated)[1]
    assert (tenfold.majority.rows, tenfold.rule.rows) == (once.majority.rows, once.rule.rows)
    assert gate(repeated)[0].code != "first"
