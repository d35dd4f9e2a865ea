"""The check of the directions works for any schema, and finds a model that breaks one."""

import numpy as np
import pytest

from loan_training.data.dataset import Dataset
from loan_training.errors import ModelRefused
from loan_training.model.families import FAMILIES
from loan_training.model.monotonicity import MAXIMUM_POINTS, Monotonicity, check_monotonicity
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session
from loan_training.model.recipe import Recipe, fit
from loan_training.steps.fit import _refuse_misbehaviour
from made_up_schemas import category, made_schema, number, random_dataset
from scripted_graph import Scripted


def constant(columns):
    return np.full(len(next(iter(columns.values()))), 0.5)


def dataset_of(schema, rows=50):
    return random_dataset(schema, np.random.default_rng(1), rows)


def test_the_points_of_the_loan_schema(training):
    assert check_monotonicity(Scripted(constant), training).points == 127_764
    assert check_monotonicity(Scripted(constant), training, coarse=True).points == 3_549


@pytest.mark.parametrize("way", ["higher", "lower"])
@pytest.mark.parametrize("columns", [2, 40])
@pytest.mark.parametrize("place", [0, -1])
def test_names_the_column_that_breaks_its_direction_among_few_and_many(way, columns, place):
    names = [f"column {one}" for one in range(columns)]
    schema = made_schema([number(name, -1000, 1000, better=way) for name in names])
    broken = names[place]

    def against(c):
        return np.where((c[broken] > 0) == (way == "lower"), 0.7, 0.5)

    found = check_monotonicity(Scripted(against), dataset_of(schema))
    assert not found.holds
    assert found.worst_column == broken
    assert found.worst_fall == pytest.approx(0.2, abs=1e-6)
    assert 0 < found.points <= MAXIMUM_POINTS
    kept = check_monotonicity(Scripted(lambda c: 1.2 - against(c)), dataset_of(schema))
    assert kept.holds


def test_a_break_that_one_word_and_one_missing_level_allow_is_found_among_many_columns():
    others = [number(f"column {one}", better="higher") for one in range(30)]
    schema = made_schema([*others, category("area"), number("grade", 1, 3, levels=[1, 2, 3], better="higher")])

    def hidden(c):
        return np.where((c["area"] == "b") & np.isnan(c["grade"]) & (c["column 7"] > 500), 0.4, 0.5)

    found = check_monotonicity(Scripted(hidden), dataset_of(schema))
    assert (found.holds, found.worst_column) == (False, "column 7")


def test_a_missing_level_has_no_order():
    schema = made_schema([number("grade", 1, 3, levels=[1, 2, 3], better="higher")])
    for missing in (0.1, 0.9):
        found = check_monotonicity(
            Scripted(lambda c, missing=missing: np.where(np.isnan(c["grade"]), missing, 0.5)), dataset_of(schema)
        )
        assert found.holds


def test_a_column_that_is_not_scored_is_not_checked():
    schema = made_schema([number("age", better="higher"), number("code", better="higher", use="accepted")])
    found = check_monotonicity(Scripted(lambda c: np.where(c["code"] > 500, 0.4, 0.5)), dataset_of(schema))
    assert found.holds


def test_a_schema_without_directions_leaves_every_family_eligible():
    schema = made_schema([number("age"), category("area"), number("grade", 0, 1, levels=[0, 1])])
    dataset = dataset_of(schema, 120)
    for family in FAMILIES:
        found = check_monotonicity(open_session(export(fit(Recipe.default(family, 1), dataset))), dataset, coarse=True)
        assert found == Monotonicity(0, 0.0, "", 0.0, "")
        assert found.holds


def test_an_empty_column_is_checked_at_its_bounds():
    schema = made_schema([number("age", better="higher")])
    rows = dataset_of(schema)
    empty = Dataset(rows.applications.assign(age=np.nan), rows.labels, schema)
    found = check_monotonicity(Scripted(lambda c: np.where(c["age"] > 999, 0.4, 0.5)), empty)
    assert (found.points, found.holds) == (2, False)


@pytest.mark.parametrize("columns", [2, 40])
def test_each_row_that_must_be_declined_is_tried_with_the_other_columns(columns):
    others = [number(f"column {one}", better="higher") for one in range(columns)]
    rows = [
        {"name": "a child", "row": {"age": 5}},
        {"name": "a debtor on the moon", "row": {"area": "moon", "age": 30}},
    ]
    schema = made_schema([number("age"), category("area", ["earth", "moon"]), *others], mustDecline=rows)

    def lenient(c):
        return np.where((c["area"] == "moon") & (c["age"] == 30) & (c["column 1"] > 900), 0.9, 0.1)

    found = check_monotonicity(Scripted(lenient), dataset_of(schema))
    assert (found.worst_case, found.worst_case_probability) == ("a debtor on the moon", pytest.approx(0.9))
    with pytest.raises(ModelRefused, match=r"decides positively on a debtor on the moon: probability 0.900"):
        _refuse_misbehaviour(found, 0.5)


def test_a_row_of_mustdecline_is_tried_without_any_direction():
    schema = made_schema([number("age")], mustDecline=[{"name": "a child", "row": {"age": 5}}])
    found = check_monotonicity(Scripted(lambda c: np.where(c["age"] == 5, 0.8, 0.1)), dataset_of(schema))
    assert (found.points, found.worst_case_probability) == (0, pytest.approx(0.8))


def test_the_loan_schema_names_its_row_in_the_refusal(training):
    found = check_monotonicity(Scripted(lambda c: np.full(len(c["LoanAmount"]), 0.6)), training)
    with pytest.raises(ModelRefused, match="decides positively on a LoanAmount of 700 without income"):
        _refuse_misbehaviour(found, 0.5)


def test_the_combinations_of_1000_columns_are_too_many_to_count():
    schema = made_schema([number(f"column {one}", better="higher") for one in range(1000)])
    found = check_monotonicity(Scripted(lambda c: np.where(c["column 999"] > 500, 0.4, 0.5)), dataset_of(schema, 20))
    assert (found.holds, found.worst_column) == (False, "column 999")
    assert found.points <= MAXIMUM_POINTS


@pytest.mark.parametrize("family", ["random_forest", "xgboost"])
@pytest.mark.parametrize("way", ["higher", "lower"])
def test_constrained_families_keep_the_directions_of_numbers_and_levels(way, family):
    schema = made_schema(
        [
            *(number(name, -500, 1000, better=way) for name in ("profit", "savings")),
            number("grade", 1, 4, levels=[1, 2, 3, 4], better=way),
            number("history", 0, 1, levels=[0, 1], better=way),
            number("years", better=way),
            number("age"),
            category("words"),
        ],
        [
            {"name": "worth", "sum": ["profit", "savings"]},
            {"name": "scaled", "ratio": ["worth", "age"]},
            {"name": "flat", "log1p": "worth"},
        ],
        [{"of": name} for name in ("worth", "scaled", "flat", "years", "grade", "history", "words")],
    )
    dataset = dataset_of(schema, 300)
    assert check_monotonicity(open_session(export(fit(Recipe.default(family, 1), dataset))), dataset).holds
