"""Which warnings of libraries are silenced, which end the run, and why. Every other warning is shown."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class WarningRule:
    action: Literal["ignore", "error"]
    # Module and name of the category. The text imports no library before the rules are set.
    category: str
    why: str
    # Regular expressions that the message and the warning module begin with. Empty: any.
    message: str = ""
    module: str = ""


WARNING_RULES = (
    WarningRule(
        "ignore",
        "builtins.FutureWarning",
        "skl2onnx reads the attributes while it converts an SVC. The job does not read them.",
        message=r"Attribute `prob[AB]_` was deprecated",
        module=r"sklearn\.utils\.deprecation",
    ),
    WarningRule(
        "ignore",
        "pandas.errors.Pandas4Warning",
        "MLflow compares the columns of an input example with a range. Its answer is the same in pandas 3.",
        message=r"Operation with range is deprecated",
        module=r"mlflow\.models\.utils",
    ),
    WarningRule(
        "ignore",
        # The text does not name Optuna's own category, because importing Optuna takes a second.
        "builtins.Warning",
        "Optuna may change its heartbeat. The lock file pins the release, and the tests of the search would fail.",
        message=r"Argument ``heartbeat_interval`` is an experimental feature",
        module=r"optuna\._experimental",
    ),
    WarningRule(
        "ignore",
        "builtins.Warning",
        "Optuna may change how it retries the trial of a process that died. The same tests would fail.",
        message=r"RetryHeartbeatStaleTrialCallback is experimental",
        module=r"loan_training\.selection\.study",
    ),
    WarningRule("error", "pandas.errors.ParserWarning", "pandas would drop values of a row."),
    WarningRule("error", "pandas.errors.DtypeWarning", "pandas would give the values of one column several types."),
    WarningRule("error", "sklearn.exceptions.DataConversionWarning", "The labels would have another shape or type."),
    WarningRule(
        "error", "sklearn.exceptions.UndefinedMetricWarning", "A score would be NaN, and NaN loses no contest."
    ),
    WarningRule("error", "sklearn.exceptions.FitFailedWarning", "A fold would be left out of the mean."),
    WarningRule(
        "error",
        "builtins.RuntimeWarning",
        "NumPy divided by zero, overflowed or took the mean of nothing. A model would hold the NaN.",
        module=r"loan_training\.",
    ),
)


def apply_warning_rules() -> None:
    """Sets the rules for this process, above the filters that are set already."""
    for rule in WARNING_RULES:
        module, _, name = rule.category.rpartition(".")
        category = getattr(importlib.import_module(module), name)
        warnings.filterwarnings(rule.action, message=rule.message, category=category, module=rule.module)
