"""A recipe, and the model that it becomes when it is fitted to a data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from loan_training.data.folds import fold_of
from loan_training.data.sampling import sample
from loan_training.model.calibration import Platt, fit_platt
from loan_training.model.families import FAMILIES, Family, Parameters
from loan_training.model.features import Features

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import ClassifierMixin

    from loan_training.data.dataset import Dataset

CALIBRATION_FOLDS = 5
# Most rows whose out-of-fold predictions calibrate. Calibration fits two numbers, for which more rows tell nothing.
CALIBRATION_ROWS = 100_000


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a fit, except the data."""

    family: str
    parameters: Parameters
    calibrated: bool
    seed: int

    @classmethod
    def default(cls, family: str, seed: int) -> Recipe:
        known = FAMILIES[family]
        return cls(family, dict(known.defaults), known.needs_calibration, seed)


@dataclass(frozen=True)
class Model:
    family: Family
    features: Features
    classifier: ClassifierMixin
    platt: Platt | None
    # Number of rows that the classifier was fitted on: all rows, or those of the family's budget.
    rows: int

    def probabilities(self, applications: pd.DataFrame) -> np.ndarray:
        """P(approved) of each row, float64 [N]."""
        values, affordability = self.features.transform(applications)
        if hasattr(self.classifier, "predict_proba"):
            raw = self.classifier.predict_proba(values)[:, 1].astype(np.float64)
        else:
            raw = expit(self.classifier.decision_function(values))
        calibrated = raw if self.platt is None else self.platt.apply(raw)
        return calibrated * affordability


def fit(recipe: Recipe, dataset: Dataset) -> Model:
    family = FAMILIES[recipe.family]
    features = Features.fit(dataset.schema, dataset.applications, family.logarithms)
    fitted_on = sample(dataset, family.row_budget, recipe.seed)
    classifier = family.build(recipe.parameters, recipe.seed, len(fitted_on), features.plan.constraints)
    values, _ = features.transform(fitted_on.applications)
    classifier.fit(values, fitted_on.labels)
    platt = _platt(recipe, sample(dataset, CALIBRATION_ROWS, recipe.seed)) if recipe.calibrated else None
    return Model(family, features, classifier, platt, len(fitted_on))


def _platt(recipe: Recipe, dataset: Dataset) -> Platt:
    return fit_platt(_out_of_fold(recipe, dataset), dataset.labels)


def _out_of_fold(recipe: Recipe, dataset: Dataset) -> np.ndarray:
    raw = replace(recipe, calibrated=False)
    folds = fold_of(dataset, CALIBRATION_FOLDS, recipe.seed)
    predicted = np.empty(len(dataset))
    for number in range(CALIBRATION_FOLDS):
        held = folds == number
        model = fit(raw, dataset.take(np.flatnonzero(~held)))
        predicted[held] = model.probabilities(dataset.applications[held])
    return predicted
