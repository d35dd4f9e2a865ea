"""The bars that the pipeline must reach on the public data, if LOAN_DATA_CSV names the file."""

import numpy as np
import pytest

from loan import LOAN
from loan_training.data.dataset import parse, split
from loan_training.model.monotonicity import check_monotonicity
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session, probabilities
from loan_training.model.recipe import Recipe, fit
from loan_training.selection.baselines import fit_rule
from loan_training.selection.cross_validation import cross_validate, fit_recipe

RECIPE = Recipe.default("xgboost", seed=7)


@pytest.fixture(scope="module")
def real(real_csv):
    return parse(real_csv.read_bytes(), real_csv.name, LOAN)


def test_the_default_recipe_reaches_its_bars_beside_the_rule(real):
    model = cross_validate(fit_recipe(RECIPE), real, repeats=4, seed=7, jobs=2).mean
    rule = cross_validate(fit_rule, real, repeats=4, seed=7, jobs=2).mean
    print(f"model {model}\nrule  {rule}")
    assert model.auc >= 0.77
    assert model.log_loss <= 0.47
    assert model.accuracy >= 0.815
    assert model.log_loss < rule.log_loss


def test_every_row_has_a_probability_equal_to_the_fitted_models(real):
    model = fit(RECIPE, split(real)[0])
    session = open_session(export(model))
    served = probabilities(session, real.applications)
    assert len(served) == 614
    np.testing.assert_allclose(served, model.probabilities(real.applications), atol=1e-5, rtol=0)
    found = check_monotonicity(session, split(real)[0])
    assert found.holds
    assert found.worst_case_probability < 0.5
