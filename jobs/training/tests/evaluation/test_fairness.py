import numpy as np
import pandas as pd
import pytest

from loan import LOAN
from loan_training.data.dataset import Dataset
from loan_training.evaluation.fairness import four_fifths_ratios, measure_groups


def applications(labels=None, **columns):
    rows = len(next(iter(columns.values())))
    frame = pd.DataFrame({name: columns.get(name, [""] * rows) for name in LOAN.watched})
    return Dataset(frame, np.ones(rows) if labels is None else labels, LOAN)


def test_rates_by_group():
    labels = np.array([1] * 10 + [0] * 10 + [1] * 20)
    rows = applications(labels, Gender=["Male"] * 20 + ["Female"] * 20, Married=["Yes"] * 40)
    decisions = np.array([True] * 15 + [False] * 5 + [True] * 12 + [False] * 8)
    found = {group.value: group for group in measure_groups(rows, decisions)}
    assert set(found) == {"Male", "Female", "Yes"}
    assert (found["Male"].rows, found["Male"].approval_rate) == (20, 0.75)
    assert (found["Male"].true_positive_rate, found["Male"].false_positive_rate) == (1.0, 0.5)
    assert found["Female"].false_positive_rate is None


def test_the_four_fifths_ratio_is_the_lowest_rate_over_the_highest():
    rows = applications(Gender=["Male"] * 20 + ["Female"] * 20, Married=["Yes"] * 40)
    decisions = np.array([True] * 15 + [False] * 5 + [True] * 12 + [False] * 8)
    assert four_fifths_ratios(rows, decisions, 20) == {"Gender": pytest.approx(0.6 / 0.75)}


@pytest.mark.parametrize(("smaller", "minimum", "measured"), [(99, 100, False), (100, 100, True), (3, 3, True)])
def test_a_group_below_the_minimum_is_not_judged(smaller, minimum, measured):
    rows = applications(Gender=["Male"] * 200 + ["Female"] * smaller)
    decisions = np.array([True] * 200 + [False] * smaller)
    assert four_fifths_ratios(rows, decisions, minimum) == ({"Gender": 0.0} if measured else {})


def test_dependents_are_reported_and_not_judged():
    rows = applications(Dependents=["0"] * 20 + ["1"] * 20)
    decisions = np.array([True] * 20 + [False] * 20)
    found = measure_groups(rows, decisions)
    assert [(group.column, group.value) for group in found] == [("Dependents", "0"), ("Dependents", "1")]
    assert four_fifths_ratios(rows, decisions, 20) == {}
