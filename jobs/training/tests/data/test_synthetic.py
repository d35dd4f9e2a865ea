import hashlib
import json

import numpy as np
import pytest

from loan import LOAN, NAMES
from loan_training.data.synthetic import as_csv, as_json_lines, generate
from loan_training.schema.synthetic import Counts, Distribution

DISTRIBUTIONS = LOAN.synthetic.columns
MARGINS = {name: one.counts for name, one in DISTRIBUTIONS.items() if isinstance(one, Counts)}
APPROVED = {value: positive / rows for value, (positive, rows) in LOAN.synthetic.label.rates.items()}


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
    ("column", "distribution"),
    [(name, one) for name, one in DISTRIBUTIONS.items() if isinstance(one, Distribution)],
)
def test_amounts_have_the_published_mean_deviation_and_range(many, column, distribution):
    assert many[column].mean() == pytest.approx(distribution.mean, rel=0.06)
    assert many[column].std() == pytest.approx(distribution.deviation, rel=0.12)
    assert many[column].min() >= distribution.minimum
    assert many[column].max() <= distribution.maximum


@pytest.mark.parametrize("level", list(APPROVED))
def test_approval_follows_the_credit_history(many, level):
    history = many["Credit_History"]
    rows = history.isna() if level == "" else history == float(level)
    approved = (many.loc[rows, "Loan_Status"] == "Y").mean()
    assert approved == pytest.approx(APPROVED[level], abs=0.02)


@pytest.mark.parametrize(
    ("rows", "seed", "sha256"),
    [
        (1, 0, "c1b756a6f41571fc29e346c6d92198aa9077ffbb8da2616b9af413cc221a9224"),
        (614, 7, "5ffd37f4a7f25fd8da2ab4535b383545a08bee3bd356b6881a0e6a9cccdc569f"),
        (20_000, 42, "038597d10a2066b4eb5f2569bb323f422af2e2673e9d724353e3a60bac84404a"),
    ],
)
def test_the_bundled_schema_draws_the_rows_that_the_code_drew(rows, seed, sha256):
    text = as_csv(LOAN, generate(LOAN, rows, seed))
    assert hashlib.sha256(text.encode()).hexdigest() == sha256


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
