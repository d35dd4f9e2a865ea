import numpy as np
import pytest

from loan_training.model.recipe import Recipe, fit
from loan_training.selection.baselines import fit_majority, fit_rule
from loan_training.selection.cross_validation import FOLDS, cross_validate, fit_recipe


def test_a_fit_sees_no_row_of_its_held_out_fold(training):
    calls = []

    def spy(fitted_on):
        def predict(held):
            calls.append((fitted_on, held))
            return np.full(len(held), 0.5)

        return predict

    cross_validate(spy, training, repeats=2, seed=1, jobs=1)
    assert len(calls) == 2 * FOLDS
    marked = training.applications.assign(row=np.arange(len(training)))
    for fitted_on, held in calls:
        assert len(fitted_on) + len(held) == len(training)
        both = set(map(str, fitted_on.applications.to_numpy())) & set(map(str, held.to_numpy()))
        # Equal applications may be on both sides, but not the same row.
        assert len(both) <= marked.duplicated(subset=list(training.applications.columns)).sum()


def test_imputation_is_fitted_inside_the_folds(training):
    """A fill that was fitted on all rows would be the same in every fold."""
    fills = set()

    def spy(fitted_on):
        model = fit(Recipe.default("xgboost", 1), fitted_on)
        fills.add(model.features.fills)
        assert model.features.fills[0] == fitted_on.applications["ApplicantIncome"].median()
        return model.probabilities

    cross_validate(spy, training, repeats=1, seed=1, jobs=1)
    assert len(fills) == FOLDS


def test_scores_do_not_depend_on_the_number_of_jobs(training):
    recipe = fit_recipe(Recipe.default("xgboost", 1))
    assert cross_validate(recipe, training, 1, 1, jobs=1) == cross_validate(recipe, training, 1, 1, jobs=3)


def test_repeats_differ_and_the_seed_decides_them(training):
    one = cross_validate(fit_rule, training, 2, seed=1, jobs=1)
    assert one.folds[:FOLDS] != one.folds[FOLDS:]
    assert one == cross_validate(fit_rule, training, 2, seed=1, jobs=1)
    assert one != cross_validate(fit_rule, training, 2, seed=2, jobs=1)


def test_a_model_ranks_better_than_the_baselines(training):
    model = cross_validate(fit_recipe(Recipe.default("xgboost", 1)), training, 1, 1, 1).mean
    rule = cross_validate(fit_rule, training, 1, 1, 1).mean
    majority = cross_validate(fit_majority, training, 1, 1, 1).mean
    assert majority.auc == pytest.approx(0.5)
    assert majority.log_loss > rule.log_loss > model.log_loss
    assert model.auc > rule.auc
