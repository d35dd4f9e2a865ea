import numpy as np
import pandas as pd
import pytest

from loan_training.evaluation.fairness import measure_fairness


def test_rates_by_group_and_the_four_fifths_ratio():
    applications = pd.DataFrame(
        {
            "Gender": ["Male"] * 20 + ["Female"] * 20,
            "Married": ["Yes"] * 40,
            "Dependents": [""] * 40,
            "Property_Area": ["Urban"] * 38 + [""] * 2,
        }
    )
    labels = np.array([1] * 10 + [0] * 10 + [1] * 20)
    decisions = np.array([True] * 15 + [False] * 5 + [True] * 12 + [False] * 8)
    found = measure_fairness(applications, labels, decisions)
    male = next(group for group in found.groups if group.value == "Male")
    assert (male.rows, male.approval_rate) == (20, 0.75)
    assert (male.true_positive_rate, male.false_positive_rate) == (1.0, 0.5)
    female = next(group for group in found.groups if group.value == "Female")
    assert female.false_positive_rate is None
    assert found.four_fifths == {"Gender": pytest.approx(0.6 / 0.75)}
    assert found.worst == pytest.approx(0.8)


def test_a_small_group_is_reported_and_not_judged():
    applications = pd.DataFrame(
        {
            "Gender": ["Male"] * 20 + ["Female"] * 3,
            "Married": [""] * 23,
            "Dependents": [""] * 23,
            "Property_Area": [""] * 23,
        }
    )
    found = measure_fairness(applications, np.ones(23), np.array([True] * 20 + [False] * 3))
    assert [group.value for group in found.groups] == ["Female", "Male"]
    assert found.four_fifths == {}
    assert found.worst is None


def test_dependents_are_reported_and_not_judged():
    applications = pd.DataFrame(
        {"Gender": "", "Married": "", "Dependents": ["0"] * 20 + ["1"] * 20, "Property_Area": ""}, index=range(40)
    )
    found = measure_fairness(applications, np.ones(40), np.array([True] * 20 + [False] * 20))
    assert [(group.column, group.value) for group in found.groups] == [("Dependents", "0"), ("Dependents", "1")]
    assert found.four_fifths == {}
