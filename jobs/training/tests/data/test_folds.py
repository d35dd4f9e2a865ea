"""Copies of an application are on one side of every split."""

import time

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold

from loan import LOAN
from loan_training.data.dataset import Dataset, join, parse, split
from loan_training.data.duplicates import count_duplicates, duplicate_warnings, groups_of
from loan_training.data.folds import fold_of
from loan_training.data.synthetic import as_csv, generate
from loan_training.errors import DataRefused
from loan_training.model.recipe import Recipe
from loan_training.selection.cross_validation import cross_validate, fit_recipe


def resampled(dataset, seed):
    """Random rows, many of them more than once, some copies with the other label."""
    draw = np.random.default_rng(seed)
    rows = dataset.take(draw.integers(0, len(dataset), 2 * len(dataset)))
    return Dataset(rows.applications, np.where(draw.random(len(rows)) < 0.1, 1 - rows.labels, rows.labels), LOAN)


def lines_of(rows):
    return set(rows.applications.to_csv(index=False, header=False).splitlines())


@pytest.mark.parametrize("seed", range(20))
def test_no_application_is_in_two_folds_or_on_both_sides_of_the_holdout(dataset, seed):
    rows = resampled(dataset, seed)
    groups, folds = groups_of(rows.applications), fold_of(rows, 5, seed)
    assert len(set(zip(groups, folds, strict=True))) == len(set(groups))
    assert set(folds) == set(range(5))
    training, holdout = split(rows)
    assert not lines_of(training) & lines_of(holdout)


@pytest.mark.parametrize("seed", range(20))
def test_without_copies_the_folds_are_those_of_scikit_learn(dataset, seed):
    rows = dataset.take(np.unique(groups_of(dataset.applications), return_index=True)[1])
    expected = np.empty(len(rows))
    shuffled = StratifiedKFold(5, shuffle=True, random_state=seed)
    for number, (_, tested_on) in enumerate(shuffled.split(rows.labels, rows.labels)):
        expected[tested_on] = number
    assert np.array_equal(fold_of(rows, 5, seed), expected)


@pytest.mark.parametrize("order", ["blocks", "shuffled"])
def test_rows_repeated_tenfold_score_as_the_rows_themselves(training, order):
    index = np.tile(np.arange(len(training)), 10)
    if order == "shuffled":
        index = np.random.default_rng(3).permutation(index)
    recipe = fit_recipe(Recipe.default("logistic_regression", 1))
    once = cross_validate(recipe, training, 2, 1, 1).mean
    tenfold = cross_validate(recipe, training.take(index), 2, 1, 1).mean
    assert tenfold.auc == pytest.approx(once.auc, abs=0.02)
    assert tenfold.log_loss == pytest.approx(once.log_loss, abs=0.02)


def test_folds_of_a_million_rows_take_seconds():
    small = parse(as_csv(LOAN, generate(LOAN, 50_000, 1)).encode(), "rows", LOAN)
    rows = small.take(np.arange(1_000_000) % len(small))
    started = time.monotonic()
    fold_of(rows, 5, 1)
    assert time.monotonic() - started < 20


def test_copies_and_contradictions_are_counted_and_told(dataset):
    rows = dataset.take(np.unique(groups_of(dataset.applications), return_index=True)[1])
    assert duplicate_warnings(count_duplicates(rows), "f.csv") == []
    again = Dataset(rows.take(np.arange(10)).applications, 1 - rows.labels[:10], LOAN)
    index = np.r_[np.arange(len(rows)), np.arange(20, 30)]
    twice = rows.take(index)
    found = count_duplicates(join(twice, again))
    assert (found.copies, found.groups, found.conflicting) == (20, 20, 20)
    told = duplicate_warnings(found, "f.csv")
    assert "20 of" in told[0]
    assert "20 rows have equal applications with different labels" in told[1]
    assert "check how the labels were joined" not in told[1]
    flipped = join(rows, Dataset(rows.applications, 1 - rows.labels, LOAN))
    assert "check how the labels were joined" in duplicate_warnings(count_duplicates(flipped), "f.csv")[1]


@pytest.mark.parametrize(
    ("identifiers", "told"),
    [
        (lambda rows: [f"A{row}" for row in range(rows)], None),
        (lambda rows: [""] * rows, None),
        (lambda rows: ["A"] * rows, "all rows have the same identifier"),
        (lambda rows: ["A", " A"] + [f"B{row}" for row in range(rows - 2)], "1 identifiers name several different app"),
        (lambda rows: ["A"] * 3 + ["B"] * 3 + [""] * (rows - 6), "applications, in 6 rows"),
    ],
)
def test_identifiers_that_do_not_name_one_row_are_told(identifiers, told):
    frame = generate(LOAN, 200, 1)
    frame["Loan_ID"] = identifiers(len(frame))
    found = " ".join(duplicate_warnings(count_duplicates(parse(as_csv(LOAN, frame).encode(), "f.csv", LOAN)), "f.csv"))
    assert (told in found) if told else found == ""


def test_a_file_without_identifiers_is_read():
    frame = generate(LOAN, 200, 1).drop(columns="Loan_ID")
    rows = parse(as_csv(LOAN, frame).encode(), "f.csv", LOAN)
    assert rows.identifiers is None
    assert duplicate_warnings(count_duplicates(rows), "f.csv") == []


def test_copies_do_not_make_a_file_large_enough(dataset):
    few = join(*(dataset.take(np.flatnonzero(dataset.labels == label)[:4]) for label in (0, 1)))
    with pytest.raises(DataRefused, match=r"f\.csv: too few rows: of 240 rows, \d+ without copies"):
        split(few.take(np.tile(np.arange(len(few)), 30)), "f.csv")
