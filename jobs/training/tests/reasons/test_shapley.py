import math

import numpy as np
import pytest

from loan_training.reasons.factor import Factor
from loan_training.reasons.naming import Naming, name_reasons
from loan_training.reasons.shapley import contributions, is_worse, shapley_values

FACTORS = (
    Factor("HISTORY", {"history": "higher"}, "bad history", "no history"),
    Factor("INCOME", {"first": "higher", "second": "higher"}, "low income", "no income"),
    Factor("LOAN", {"loan": "lower"}, "high loan", "no loan"),
    Factor("AREA", {"area": "different"}, "the area", "no area"),
)
REFERENCE = {"history": 1.0, "first": 5.0, "second": 2.0, "loan": 3.0, "area": "town"}
AREAS = {"town": 0.5, "village": -0.4, "": -0.2}


def score(columns):
    """Monotone in every ordered field, with interactions."""
    income = columns["first"] + np.nan_to_num(columns["second"])
    history = np.nan_to_num(columns["history"], nan=0.5)
    area = np.array([AREAS[word] for word in columns["area"]])
    loan = np.nan_to_num(columns["loan"], nan=9)
    return 1 / (1 + np.exp(-(1.5 * history + np.log1p(income) * (0.3 + history) - loan / (1 + income) - 2 + area)))


def rows(count, seed):
    random = np.random.default_rng(seed)

    def numbers(high):
        values = random.uniform(0, high, count).astype(np.float32)
        values[random.random(count) < 0.2] = np.nan
        return values

    return {
        "history": random.choice(np.array([0, 1, np.nan], dtype=np.float32), count),
        "first": random.uniform(0, 8, count).astype(np.float32),
        "second": numbers(4),
        "loan": numbers(8),
        "area": random.choice(np.array(list(AREAS), dtype=object), count),
    }


def improved(columns):
    result = {name: values.copy() for name, values in columns.items()}
    for factor in FACTORS:
        for name, better in factor.fields.items():
            result[name][is_worse(columns[name], REFERENCE[name], better)] = REFERENCE[name]
    return result


@pytest.mark.parametrize("seed", range(5))
def test_contributions_add_up_to_the_distance_to_the_improved_row(seed):
    columns = rows(300, seed)
    found = contributions(score, columns, REFERENCE, FACTORS).values
    np.testing.assert_allclose(np.nansum(found, axis=1), score(columns) - score(improved(columns)), atol=1e-6)


def test_no_factor_of_a_monotone_model_contributes_above_0():
    columns = rows(2_000, 11)
    columns["area"][:] = "town"
    assert np.nanmax(contributions(score, columns, REFERENCE, FACTORS).values) <= 1e-7


def test_only_a_factor_that_is_worse_plays():
    columns = rows(500, 12)
    found = contributions(score, columns, REFERENCE, FACTORS)
    for place, factor in enumerate(FACTORS):
        worse = np.any([found.worse[name] for name in factor.fields], axis=0)
        assert (np.isnan(found.values[:, place]) == ~worse).all()


def test_a_better_value_stays_the_applicants_own():
    asked = []
    columns = {name: values[:1] for name, values in rows(1, 0).items()}
    columns["first"][:], columns["second"][:] = 1, 4

    def watch(hybrids):
        asked.append(hybrids)
        return score(hybrids)

    contributions(watch, columns, REFERENCE, FACTORS)
    assert {*asked[0]["first"].tolist()} == {1.0, 5.0}
    assert {*asked[0]["second"].tolist()} == {4.0}


def test_rows_are_scored_in_bounded_batches():
    sizes = []
    columns = rows(20_000, 13)

    def watch(hybrids):
        sizes.append(len(hybrids["first"]))
        return score(hybrids)

    contributions(watch, columns, REFERENCE, FACTORS)
    assert max(sizes) <= 65_536


def test_shapley_values_of_a_sum_are_its_parts():
    parts = np.array([1.0, -2.0, 4.0])
    scores = np.array([[sum(parts[at] for at in range(3) if one >> at & 1)] for one in range(8)])
    np.testing.assert_allclose(shapley_values(scores)[0], parts)


NAMING = Naming(limit=2, minimum=0.02, minimum_share=0.05)
VALUES = {"history": 0.0, "first": 1.0, "second": math.nan, "loan": 9.0, "area": "village"}
WORSE = dict.fromkeys(VALUES, True)


def named(*found, naming=NAMING, values=VALUES, worse=WORSE):
    return [one["code"] for one in name_reasons(naming, FACTORS, found, values, worse)]


def test_names_the_greatest_first_and_at_most_the_limit():
    assert named(-0.1, -0.3, -0.2, -0.15) == ["INCOME", "LOAN"]


def test_names_the_first_reason_however_small():
    assert named(-0.001, math.nan, -0.0005, math.nan) == ["HISTORY"]


def test_names_no_other_reason_below_a_minimum():
    assert named(-0.5, -0.019, math.nan, math.nan) == ["HISTORY"]
    assert named(-0.9, -0.03, math.nan, math.nan) == ["HISTORY"]


def test_ties_are_in_the_order_of_the_factors():
    assert named(-0.2, -0.2 - 1e-9, math.nan, -0.2, naming=Naming(4, 0, 0)) == ["HISTORY", "INCOME", "AREA"]


def test_a_factor_that_raises_the_probability_is_no_reason():
    assert named(0.2, math.nan, math.nan, 0.1) == []


def test_says_that_a_value_is_missing_only_if_no_worse_value_is_known():
    one = name_reasons(NAMING, FACTORS, (math.nan, -0.1, math.nan, math.nan), VALUES, WORSE)
    assert one == [
        {"code": "INCOME", "values": {"first": 1, "second": None}, "contribution": -0.1, "message": "low income"}
    ]
    (other,) = name_reasons(NAMING, FACTORS, (math.nan, -0.1, math.nan, math.nan), VALUES, WORSE | {"first": False})
    assert other["message"] == "no income"
