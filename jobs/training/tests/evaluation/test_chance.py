import time

import numpy as np
import pytest

from loan_training.evaluation.chance import ALPHA, PERMUTED_ROWS, permutation_test

SIZES = [120, PERMUTED_ROWS + 500]


def rows_of(seed, size, effect):
    draw = np.random.default_rng(seed)
    latent = draw.normal(size=size)
    probabilities = 1 / (1 + np.exp(-latent))
    labels = (draw.random(size) < 1 / (1 + np.exp(-effect * latent))).astype(int)
    return labels, probabilities


@pytest.mark.parametrize("size", SIZES)
def test_chance_passes_as_often_as_alpha_says(size):
    passed = [permutation_test(*rows_of(seed, size, 0), seed).excluded for seed in range(300)]
    assert np.mean(passed) <= ALPHA + 3 * np.sqrt(ALPHA / 300)


@pytest.mark.parametrize("size", SIZES)
def test_an_honest_model_excludes_chance(size):
    assert all(permutation_test(*rows_of(seed, size, 1.5), seed).excluded for seed in range(20))


@pytest.mark.parametrize("size", SIZES)
def test_strata_take_away_what_they_tell_themselves(size):
    """A model that only repeats a rule beats the majority, and orders rows by chance within the sides of the rule."""
    within = []
    for seed in range(100):
        draw = np.random.default_rng(seed)
        side = draw.random(size) < 0.8
        labels = (draw.random(size) < np.where(side, 0.8, 0.1)).astype(int)
        probabilities = np.where(side, 0.7, 0.2) + draw.random(size) * 0.1
        assert permutation_test(labels, probabilities, seed).excluded
        within.append(permutation_test(labels, probabilities, seed, side).excluded)
    assert np.mean(within) <= 0.04


@pytest.mark.parametrize("size", SIZES)
def test_a_constant_proves_nothing(size):
    labels, _ = rows_of(1, size, 1)
    assert permutation_test(labels, np.full(size, 0.7), 1).p_value == 1


def test_both_ways_of_computing_agree():
    labels, probabilities = rows_of(5, PERMUTED_ROWS, 0.05)
    permuted = permutation_test(labels, probabilities, 1).p_value
    normal = permutation_test(np.r_[labels, 1, 0], np.r_[probabilities, 0.5, 0.5], 1).p_value
    assert permuted == pytest.approx(normal, abs=0.03)


def test_the_seed_decides_and_the_test_takes_less_than_a_second():
    labels, probabilities = rows_of(2, PERMUTED_ROWS, 0.1)
    started = time.monotonic()
    assert permutation_test(labels, probabilities, 3) == permutation_test(labels, probabilities, 3)
    assert time.monotonic() - started < 4
    labels, probabilities = rows_of(2, 500_000, 0.1)
    started = time.monotonic()
    permutation_test(labels, probabilities, 3)
    assert time.monotonic() - started < 2
