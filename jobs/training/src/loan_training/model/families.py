"""The families that are compared, with how each is built, searched and converted to ONNX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from xgboost import XGBClassifier

if TYPE_CHECKING:
    from collections.abc import Callable

    import onnx
    import optuna
    from sklearn.base import ClassifierMixin

Parameters = dict[str, Any]
# For each feature 1 if the probability may only rise with it, -1 if only fall, 0 if neither.
Constraints = tuple[int, ...]

# Bins of the histograms on which XGBoost grows its trees. With some hundred rows, finer bins would fit noise.
COARSE_BINS, FINE_BINS = 32, 256
# Most rows with coarse bins. A fold of a sample has more, so that search and final fit of large data use fine bins.
COARSE_BINS_ROWS = 10_000


class Family(Protocol):
    """A kind of classifier over the features of a schema."""

    name: str
    # Whether the family is fitted on logarithms of the quantities.
    logarithms: bool
    # Whether the score is a distance, which only calibration turns into a probability.
    needs_calibration: bool
    # Hyper-parameters with which the search starts.
    defaults: Parameters
    # Most rows that a fit may use, so that it ends in seconds. A larger data set is sampled.
    row_budget: int

    def build(self, parameters: Parameters, seed: int, rows: int, constraints: Constraints) -> ClassifierMixin:
        """A classifier that will be fitted on `rows` rows. `constraints` has a direction for each feature."""
        ...

    def suggest(self, trial: optuna.Trial) -> Parameters: ...

    def to_onnx(self, estimator: ClassifierMixin, width: int) -> onnx.ModelProto:
        """The classifier as its converter writes it: from `features`, [N, width], to `probabilities`, [N, 2].

        For a distance the pair is (distance, -distance). `scorer` makes it cheaper.
        """
        ...


@dataclass(frozen=True)
class SklearnFamily:
    name: str
    defaults: Parameters
    builder: Callable[[Parameters, int, Constraints], ClassifierMixin]
    space: Callable[[optuna.Trial], Parameters]
    row_budget: int
    logarithms: bool = False
    needs_calibration: bool = False

    def build(self, parameters: Parameters, seed: int, rows: int, constraints: Constraints) -> ClassifierMixin:
        return self.builder(parameters, seed, constraints)

    def suggest(self, trial: optuna.Trial) -> Parameters:
        return self.space(trial)

    def to_onnx(self, estimator: ClassifierMixin, width: int) -> onnx.ModelProto:
        return convert_sklearn(
            estimator,
            initial_types=[("features", FloatTensorType([None, width]))],
            options={id(estimator): {"zipmap": False}},
            target_opset={"": 15, "ai.onnx.ml": 2},
        )


@dataclass(frozen=True)
class XgboostFamily:
    name: str = "xgboost"
    row_budget: int = 1_000_000
    logarithms: bool = False
    needs_calibration: bool = False

    @property
    def defaults(self) -> Parameters:
        return {
            "max_depth": 1,
            "n_estimators": 150,
            "learning_rate": 0.05,
            "subsample": 0.7,
            "colsample_bytree": 0.7,
            "reg_lambda": 1.0,
            "min_child_weight": 1.0,
        }

    def build(self, parameters: Parameters, seed: int, rows: int, constraints: Constraints) -> ClassifierMixin:
        return XGBClassifier(
            **parameters,
            monotone_constraints=constraints,
            tree_method="hist",
            max_bin=COARSE_BINS if rows <= COARSE_BINS_ROWS else FINE_BINS,
            # One thread sums the histograms in one order, so that a fit can be repeated.
            n_jobs=1,
            random_state=seed,
        )

    def suggest(self, trial: optuna.Trial) -> Parameters:
        return {
            "max_depth": trial.suggest_int("max_depth", 1, 3),
            "n_estimators": trial.suggest_int("n_estimators", 60, 300, step=10),
            "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.12, log=True),
            "subsample": trial.suggest_float("subsample", 0.5, 1.0),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.5, 1.0),
            "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 10.0, log=True),
            "min_child_weight": trial.suggest_float("min_child_weight", 0.5, 8.0, log=True),
        }

    def to_onnx(self, estimator: ClassifierMixin, width: int) -> onnx.ModelProto:
        from onnxmltools import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType as XgboostFloatTensorType

        types = [("features", XgboostFloatTensorType([None, width]))]
        return convert_xgboost(estimator, initial_types=types, target_opset=15)


def _logistic_regression(parameters: Parameters, seed: int, _constraints: Constraints) -> ClassifierMixin:
    return make_pipeline(StandardScaler(), LogisticRegression(**parameters, max_iter=1000, random_state=seed))


def _random_forest(parameters: Parameters, seed: int, constraints: Constraints) -> ClassifierMixin:
    return RandomForestClassifier(**parameters, monotonic_cst=list(constraints), n_jobs=1, random_state=seed)


def _gradient_boosting(parameters: Parameters, seed: int, _constraints: Constraints) -> ClassifierMixin:
    return GradientBoostingClassifier(**parameters, random_state=seed)


def _svc(parameters: Parameters, seed: int, _constraints: Constraints) -> ClassifierMixin:
    return make_pipeline(StandardScaler(), SVC(**parameters, random_state=seed))


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        SklearnFamily(
            "logistic_regression",
            {"C": 0.3},
            _logistic_regression,
            lambda trial: {"C": trial.suggest_float("C", 1e-3, 100, log=True)},
            row_budget=1_000_000,
            logarithms=True,
        ),
        SklearnFamily(
            "random_forest",
            {"n_estimators": 100, "min_samples_leaf": 5, "max_features": 0.5},
            _random_forest,
            lambda trial: {
                "n_estimators": 100,
                "min_samples_leaf": trial.suggest_int("min_samples_leaf", 3, 30),
                "max_features": trial.suggest_float("max_features", 0.2, 1.0),
            },
            # Exact splits sort the rows at each node, and the graph grows with the rows.
            row_budget=20_000,
        ),
        SklearnFamily(
            "gradient_boosting",
            {
                "n_estimators": 60,
                "learning_rate": 0.05,
                "max_depth": 2,
                "subsample": 0.7,
                "min_samples_leaf": 10,
            },
            _gradient_boosting,
            lambda trial: {
                "n_estimators": trial.suggest_int("n_estimators", 40, 200, step=10),
                "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.12, log=True),
                "max_depth": trial.suggest_int("max_depth", 1, 3),
                "subsample": trial.suggest_float("subsample", 0.5, 1.0),
                "min_samples_leaf": trial.suggest_int("min_samples_leaf", 5, 30),
            },
            row_budget=50_000,
        ),
        SklearnFamily(
            "svc",
            {"C": 0.5, "gamma": 0.03},
            _svc,
            lambda trial: {
                "C": trial.suggest_float("C", 1e-2, 10, log=True),
                "gamma": trial.suggest_float("gamma", 1e-3, 1, log=True),
            },
            # The cost of a fit grows with the square of the rows.
            row_budget=3_000,
            logarithms=True,
            needs_calibration=True,
        ),
        XgboostFamily(),
    )
}
