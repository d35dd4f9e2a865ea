"""Repeated stratified cross-validation. Everything that learns is fitted inside the folds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from joblib import Parallel, delayed

from loan_training.data.folds import fold_of
from loan_training.evaluation.scores import Scores, deviation, mean, score
from loan_training.model.recipe import Recipe, fit
from loan_training.selection.threshold import comparison_threshold

if TYPE_CHECKING:
    import pandas as pd

    from loan_training.data.dataset import Dataset

FOLDS = 5
# Most rows on which recipes are compared and searched. Differences that need more rows are below the noise of folds.
SELECTION_ROWS = 20_000

Predict = Callable[["pd.DataFrame"], np.ndarray]
Fit = Callable[["Dataset"], Predict]


@dataclass(frozen=True)
class Validation:
    """The scores on each held-out fold, in the order of the repeats."""

    folds: list[Scores]

    @property
    def mean(self) -> Scores:
        return mean(self.folds)

    @property
    def deviation(self) -> Scores:
        return deviation(self.folds)


def fit_recipe(recipe: Recipe) -> Fit:
    return lambda training: fit(recipe, training).probabilities


def cross_validate(fitted: Fit, dataset: Dataset, repeats: int, seed: int, jobs: int) -> Validation:
    folds = [one for repeat in range(repeats) for one in validate_repeat(fitted, dataset, repeat, seed, jobs)]
    return Validation(folds)


def validate_repeat(fitted: Fit, dataset: Dataset, repeat: int, seed: int, jobs: int) -> list[Scores]:
    """The scores on the folds of one repeat. `seed` and `repeat` decide the folds, `jobs` does not."""
    predicted, folds = predict_repeat(fitted, dataset, repeat, seed, jobs)
    threshold = comparison_threshold(dataset.schema.decision.threshold)
    return [score(dataset.labels[folds == number], predicted[folds == number], threshold) for number in range(FOLDS)]


def predict_repeat(fitted: Fit, dataset: Dataset, repeat: int, seed: int, jobs: int) -> tuple[np.ndarray, np.ndarray]:
    """(probability of each row by the model that was fitted without its fold, the row's fold)."""
    folds = fold_of(dataset, FOLDS, np.random.RandomState([seed, repeat]))
    parts = Parallel(n_jobs=jobs, prefer="threads")(
        delayed(_predict_fold)(fitted, dataset, folds == number) for number in range(FOLDS)
    )
    predicted = np.empty(len(dataset))
    for number, part in enumerate(parts):
        predicted[folds == number] = part
    return predicted, folds


def _predict_fold(fitted: Fit, dataset: Dataset, held: np.ndarray) -> np.ndarray:
    predict = fitted(dataset.take(np.flatnonzero(~held)))
    return predict(dataset.take(np.flatnonzero(held)).applications)
