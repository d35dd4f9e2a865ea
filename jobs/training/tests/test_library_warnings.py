import subprocess
import sys
import warnings

import numpy as np
import pytest

from loan_training.library_warnings import WARNING_RULES, apply_warning_rules


@pytest.fixture(autouse=True)
def rules():
    with warnings.catch_warnings():
        warnings.resetwarnings()
        apply_warning_rules()
        yield


def test_a_warning_about_the_data_ends_the_run():
    import io

    import pandas as pd
    from sklearn.metrics import roc_auc_score

    with pytest.raises(pd.errors.ParserWarning):
        pd.read_csv(io.StringIO("a,b\n1,5,849\n"), index_col=False)
    with pytest.raises(Warning, match="ROC AUC"):
        roc_auc_score([1, 1], [0.5, 0.6])


def test_a_number_that_the_job_makes_nan_ends_the_run():
    code = compile("numpy.array([0.0]) / 0", "made up", "eval")
    with pytest.raises(RuntimeWarning, match="invalid value"):
        eval(code, {"numpy": np, "__name__": "loan_training.made_up"})


def test_an_unknown_warning_is_shown():
    with pytest.warns(UserWarning, match="something new"):
        warnings.warn("something new", UserWarning, stacklevel=1)


def test_no_rule_silences_every_warning():
    for rule in WARNING_RULES:
        assert rule.why
        if rule.action == "ignore":
            assert rule.message
            assert rule.module


def test_the_command_silences_nothing_else():
    script = (
        "import os, warnings\n"
        "before = list(warnings.filters)\n"
        "from loan_training.cli import _quieten_libraries\n"
        "_quieten_libraries()\n"
        "assert 'PYTHONWARNINGS' not in os.environ\n"
        "assert list(warnings.filters) == before\n"
    )
    import os

    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
