import json

import numpy as np
import pytest

from loan import LOAN, NAMES
from loan_training.data.synthetic import (
    APPLICANT_INCOME,
    APPROVED_BY_CREDIT_HISTORY,
    COAPPLICANT_INCOME,
    LOAN_AMOUNT,
    MARGINS,
    as_csv,
    as_json_lines,
    generate,
)


@pytest.fixture(scope="module")
def many():
    return generate(LOAN, 40_000, 1)


@pytest.mark.parametrize("column", list(MARGINS))
def test_margins_and_gaps_follow_the_public_counts(many, column):
    counts = MARGINS[column]
    total = sum(counts.values())
    found = many[column].map(lambda value: value if isinstance(value, str) else "" if np.isnan(value) else f"{value:g}")
    shares = found.value_counts(normalize=True)
    for value, count in counts.items():
        assert shares.get(value, 0) == pytest.approx(count / total, abs=0.01)


@pytest.mark.parametrize(
    ("column", "moments"),
    [("ApplicantIncome", APPLICANT_INCOME), ("CoapplicantIncome", COAPPLICANT_INCOME), ("LoanAmount", LOAN_AMOUNT)],
)
def test_amounts_have_the_published_mean_deviation_and_range(many, column, moments):
    mean, deviation, low, high = moments
    assert many[column].mean() == pytest.approx(mean, rel=0.06)
    assert many[column].std() == pytest.approx(deviation, rel=0.12)
    assert many[column].min() >= low
    assert many[column].max() <= high


@pytest.mark.parametrize("level", list(APPROVED_BY_CREDIT_HISTORY))
def test_approval_follows_the_credit_history(many, level):
    history = many["Credit_History"]
    rows = history.isna() if level == "" else history == float(level)
    approved = (many.loc[rows, "Loan_Status"] == "Y").mean()
    assert approved == pytest.approx(APPROVED_BY_CREDIT_HISTORY[level], abs=0.02)


def test_loans_follow_incomes(many):
    whole = many.dropna(subset=["LoanAmount"])
    income = np.log(whole["ApplicantIncome"] + whole["CoapplicantIncome"])
    assert np.corrcoef(income, np.log(whole["LoanAmount"]))[0, 1] > 0.6


def test_the_seed_decides_everything():
    assert as_csv(LOAN, generate(LOAN, 300, 5)) == as_csv(LOAN, generate(LOAN, 300, 5))
    assert as_csv(LOAN, generate(LOAN, 300, 5)) != as_csv(LOAN, generate(LOAN, 300, 6))


def test_json_lines_are_stream_records_without_labels():
    records = [json.loads(line) for line in as_json_lines(LOAN, generate(LOAN, 500, 5))]
    assert len({record["request_id"] for record in records}) == 500
    for record in records:
        assert set(record) == {"input", "request_id"}
        assert list(record["input"]) == list(NAMES)
        assert isinstance(record["input"]["ApplicantIncome"], int)
    assert any(record["input"]["Credit_History"] is None for record in records)
    assert any(record["input"]["Gender"] is None for record in records)
