"""A fit uses at most the rows of its family's budget, and below that every row, as if there were no budget."""

from dataclasses import replace

import pytest

from loan import LOAN
from loan_training.cli import cli
from loan_training.data.dataset import parse, split
from loan_training.data.source import read_source
from loan_training.model.families import COARSE_BINS, COARSE_BINS_ROWS, FAMILIES, FINE_BINS
from loan_training.model.onnx_export import export
from loan_training.model.recipe import Recipe, fit
from loan_training.selection.cross_validation import FOLDS, SELECTION_ROWS


def unsampled(monkeypatch):
    monkeypatch.setattr("loan_training.model.recipe.sample", lambda dataset, _rows, _seed: dataset)
    monkeypatch.setattr("loan_training.model.families.FINE_BINS", COARSE_BINS)


@pytest.mark.parametrize("family", FAMILIES)
def test_below_the_budget_the_graph_is_that_of_a_fit_without_budgets(training, family, monkeypatch):
    recipe = replace(Recipe.default(family, seed=7), calibrated=True)
    model = fit(recipe, training)
    assert model.rows == len(training)
    unsampled(monkeypatch)
    assert export(model) == export(fit(recipe, training))


def test_below_the_budget_the_real_rows_give_the_graph_of_a_fit_without_budgets(real_csv, monkeypatch):
    training = split(parse(real_csv.read_bytes(), real_csv.name, LOAN))[0]
    recipe = Recipe.default("xgboost", seed=7)
    graph = export(fit(recipe, training))
    unsampled(monkeypatch)
    assert graph == export(fit(recipe, training))


@pytest.mark.parametrize("family", FAMILIES)
def test_above_the_budget_a_fit_uses_the_rows_of_the_budget(training, family, monkeypatch):
    monkeypatch.setitem(FAMILIES, family, replace(FAMILIES[family], row_budget=200))
    recipe = Recipe.default(family, seed=7)
    model = fit(recipe, training)
    assert 150 <= model.rows <= 200
    assert export(model) == export(fit(recipe, training))


def test_the_fills_and_the_reach_come_from_all_rows(training, monkeypatch):
    whole = fit(Recipe.default("svc", seed=7), training).features
    monkeypatch.setitem(FAMILIES, "svc", replace(FAMILIES["svc"], row_budget=100))
    assert fit(Recipe.default("svc", seed=7), training).features == whole


def test_bins_are_fine_if_a_fold_of_a_sample_is_fitted():
    assert SELECTION_ROWS * (FOLDS - 1) / FOLDS > COARSE_BINS_ROWS
    bins = [
        FAMILIES["xgboost"].build({}, 7, rows, ()).max_bin for rows in (614, COARSE_BINS_ROWS, COARSE_BINS_ROWS + 1)
    ]
    assert bins == [COARSE_BINS, COARSE_BINS, FINE_BINS]


def test_large_data_is_fitted_within_the_budget_if_its_family_has_one_below_its_rows():
    dataset = parse(read_source("synthetic:12000:7", 1 << 22, LOAN), "synthetic", LOAN)
    assert fit(Recipe.default("svc", seed=7), dataset).rows <= FAMILIES["svc"].row_budget
    assert fit(Recipe.default("xgboost", seed=7), dataset).rows == len(dataset)


def test_the_help_of_run_states_every_budget():
    text = " ".join(cli.commands["run"].help.split())
    assert f"searched on at most {SELECTION_ROWS:,} rows" in text
    for family in FAMILIES.values():
        assert f"{family.name} {family.row_budget:,}" in text
