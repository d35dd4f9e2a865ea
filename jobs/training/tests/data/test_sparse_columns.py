import numpy as np
import pytest

from loan import LOAN
from loan_training.data.dataset import parse
from loan_training.data.sparse_columns import MINIMUM_SCORED_VALUES, check_sparse_columns
from loan_training.errors import DataRefused

SCORED = ("LoanAmount", "Credit_History", "Education")


def with_values(dataset, column, rows):
    """The applications with values of `column` in the first `rows` rows alone."""
    missing = "" if dataset.applications[column].dtype == object else np.nan
    kept = np.arange(len(dataset)) < rows
    filled = dataset.applications[column].replace("", "Graduate").fillna(1)
    return dataset.applications.assign(**{column: filled.where(kept, missing)})


@pytest.mark.parametrize("column", SCORED)
@pytest.mark.parametrize("rows", [0, 1, MINIMUM_SCORED_VALUES - 1])
def test_a_scored_column_without_enough_values_is_refused_by_name(dataset, column, rows):
    amount = "empty in all 614 rows" if rows == 0 else f"{rows} of 614 rows have a value"
    with pytest.raises(DataRefused, match=rf"^loans\.csv: column {column}: {amount}; rule: the model scores"):
        check_sparse_columns(with_values(dataset, column, rows), SCORED, "loans.csv")


@pytest.mark.parametrize("column", ["Gender", "Loan_Amount_Term"])
def test_an_empty_column_that_is_not_scored_is_told(dataset, column):
    (warning,) = check_sparse_columns(with_values(dataset, column, 0), SCORED, "loans.csv")
    assert warning.startswith(f"column {column}: empty in all 614 rows; the model does not score the column")


def test_enough_values_give_no_warning(dataset):
    applications = with_values(dataset, "LoanAmount", MINIMUM_SCORED_VALUES)
    assert check_sparse_columns(applications, SCORED, "loans.csv") == []


@pytest.mark.parametrize("column", ["ApplicantIncome", "Loan_Status"])
def test_a_required_column_that_is_empty_is_refused_by_name_alone(dataset, column):
    header, *rows = dataset.to_csv().splitlines()
    at = header.split(",").index(column)
    emptied = [",".join("" if place == at else cell for place, cell in enumerate(row.split(","))) for row in rows]
    with pytest.raises(DataRefused, match=rf"^loans\.csv: column {column}: empty in all 614 rows; rule: "):
        parse("\n".join([header, *emptied, ""]).encode(), "loans.csv", LOAN)
