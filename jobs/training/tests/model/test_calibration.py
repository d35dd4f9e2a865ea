import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import log_loss

from loan_training.model.calibration import Platt, fit_platt


def test_calibrates_overconfident_probabilities():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.1, 0.9, 4000)
    labels = (rng.random(4000) < truth).astype(int)
    overconfident = expit(3 * logit(truth) + 1)
    platt = fit_platt(overconfident, labels)
    assert platt.slope == pytest.approx(1 / 3, rel=0.1)
    assert platt.intercept == pytest.approx(-1 / 3, abs=0.1)
    assert log_loss(labels, platt.apply(overconfident)) < log_loss(labels, overconfident)


def test_never_reverses_the_order_of_scores():
    rng = np.random.default_rng(0)
    probabilities = rng.uniform(0.1, 0.9, 500)
    platt = fit_platt(probabilities, (probabilities < 0.5).astype(int))
    assert platt.slope == 0


def test_certain_probabilities_stay_finite():
    assert np.isfinite(Platt(1.0, 0.0).apply(np.array([0.0, 1.0]))).all()
