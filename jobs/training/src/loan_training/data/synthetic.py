"""Made-up applications. Their margins, gaps and approval rates follow the public loan-prediction data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loan_training.data.columns import IDENTIFIER, LABEL, NAMES, NEGATIVE, NUMBERS, POSITIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loan_training.schema.schema import Schema

# Counts of each value in the public data. The key "" counts missing values.
MARGINS: dict[str, dict[str, int]] = {
    "Gender": {"Male": 489, "Female": 112, "": 13},
    "Married": {"Yes": 398, "No": 213, "": 3},
    "Dependents": {"0": 345, "1": 102, "2": 101, "3+": 51, "": 15},
    "Education": {"Graduate": 480, "Not Graduate": 134},
    "Self_Employed": {"No": 500, "Yes": 82, "": 32},
    "Loan_Amount_Term": {
        "360": 512, "180": 44, "480": 15, "300": 13, "240": 4,
        "84": 4, "120": 3, "60": 2, "36": 2, "12": 1, "": 14,
    },
    "Credit_History": {"1": 475, "0": 89, "": 50},
    "Property_Area": {"Semiurban": 233, "Urban": 202, "Rural": 179},
}  # fmt: skip
LOAN_MISSING = 22 / 614
APPROVED_BY_CREDIT_HISTORY = {"0": 7 / 89, "1": 378 / 475, "": 37 / 50}

# Mean, standard deviation, minimum and maximum, as published.
APPLICANT_INCOME = (5403.0, 6104.0, 150.0, 81_000.0)
COAPPLICANT_INCOME = (1621.0, 2924.0, 0.0, 41_667.0)
LOAN_AMOUNT = (146.4, 84.0, 9.0, 700.0)
# Share of the applications that have a second earner.
WITH_COAPPLICANT = 0.55
# Correlation of the logarithms of loan amount and total income.
LOAN_FOLLOWS_INCOME = 0.75


def generate(schema: Schema, rows: int, seed: int) -> pd.DataFrame:
    """`rows` labelled applications. The same `rows` and `seed` give the same frame."""
    rng = np.random.default_rng(seed)
    words = {name: _draw(rng, margin, rows) for name, margin in MARGINS.items()}
    applicant = _clipped(np.exp(_log_normal(APPLICANT_INCOME) @ _standard(rng, rows)), APPLICANT_INCOME)
    coapplicant = _coapplicant_income(rng, rows)
    loan = _loan_amount(rng, applicant + coapplicant)
    odds = _log_odds(words, applicant + coapplicant, loan)
    approved = rng.random(rows) < _approval_probability(odds, words["Credit_History"])

    frame = pd.DataFrame({name: words.get(name, "") for name in NAMES})
    frame["ApplicantIncome"] = applicant
    frame["CoapplicantIncome"] = coapplicant
    frame["LoanAmount"] = np.where(rng.random(rows) < LOAN_MISSING, np.nan, loan)
    for number in NUMBERS:
        frame[number.name] = pd.to_numeric(frame[number.name]).astype("float64")
    frame.insert(0, IDENTIFIER, [f"LS{seed:04d}{row:07d}" for row in range(rows)])
    frame[LABEL] = np.where(approved, POSITIVE, NEGATIVE)
    return frame


def as_csv(schema: Schema, frame: pd.DataFrame) -> str:
    """The labelled frame as a training file."""
    integers = frame.copy()
    for number in NUMBERS:
        integers[number.name] = integers[number.name].astype("Int64")
    return integers.to_csv(index=False)


def as_json_lines(schema: Schema, frame: pd.DataFrame) -> Iterator[str]:
    """The frame without its labels: one stream record `{"input": …, "request_id": …}` a line."""
    for identifier, row in zip(frame[IDENTIFIER], frame[list(NAMES)].to_dict("records"), strict=True):
        yield json.dumps({"input": {name: _plain(value) for name, value in row.items()}, "request_id": identifier})


def _plain(value: str | float) -> str | int | None:
    if isinstance(value, str):
        return value or None
    return None if np.isnan(value) else int(value)


def _draw(rng: np.random.Generator, margin: dict[str, int], rows: int) -> np.ndarray:
    counts = np.array(list(margin.values()), dtype=float)
    return rng.choice(np.array(list(margin), dtype=object), size=rows, p=counts / counts.sum())


def _standard(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Columns (1, z) with z standard normal, to be multiplied by a (location, scale)."""
    return np.vstack([np.ones(rows), rng.standard_normal(rows)])


def _log_normal(moments: tuple[float, float, float, float]) -> np.ndarray:
    """(location, scale) of the log-normal distribution with this mean and standard deviation."""
    mean, deviation = moments[:2]
    variance = np.log1p((deviation / mean) ** 2)
    return np.array([np.log(mean) - variance / 2, np.sqrt(variance)])


def _clipped(values: np.ndarray, moments: tuple[float, float, float, float]) -> np.ndarray:
    return np.clip(np.round(values), moments[2], moments[3])


def _coapplicant_income(rng: np.random.Generator, rows: int) -> np.ndarray:
    mean, deviation, low, high = COAPPLICANT_INCOME
    # The published moments are over all applications. These are over those with a second earner.
    earning_mean = mean / WITH_COAPPLICANT
    earning_deviation = np.sqrt((deviation**2 + mean**2) / WITH_COAPPLICANT - earning_mean**2)
    moments = (earning_mean, float(earning_deviation), low, high)
    income = _clipped(np.exp(_log_normal(moments) @ _standard(rng, rows)), moments)
    return np.where(rng.random(rows) < WITH_COAPPLICANT, income, 0.0)


def _loan_amount(rng: np.random.Generator, income: np.ndarray) -> np.ndarray:
    log_income = np.log(income)
    follows = (log_income - log_income.mean()) / max(float(log_income.std()), 1e-9)
    own = rng.standard_normal(len(income))
    latent = LOAN_FOLLOWS_INCOME * follows + np.sqrt(1 - LOAN_FOLLOWS_INCOME**2) * own
    return _clipped(np.exp(_log_normal(LOAN_AMOUNT) @ np.vstack([np.ones(len(income)), latent])), LOAN_AMOUNT)


def _log_odds(words: dict[str, np.ndarray], income: np.ndarray, loan: np.ndarray) -> np.ndarray:
    """Effects on approval beside the credit history, in log odds without an intercept."""
    loan_to_income = 1000 * loan / np.maximum(income, 1)
    return (
        0.6 * (words["Property_Area"] == "Semiurban")
        - 0.2 * (words["Property_Area"] == "Rural")
        + 0.3 * (words["Education"] == "Graduate")
        # No effect up to a burden that the income can bear, then two sharp drops.
        - 1.0 * (loan_to_income > 45)
        - 1.8 * (loan_to_income > 70)
    )


def _approval_probability(odds: np.ndarray, credit_history: np.ndarray) -> np.ndarray:
    probability = np.empty(len(odds))
    for level, target in APPROVED_BY_CREDIT_HISTORY.items():
        at = credit_history == level
        if at.any():
            probability[at] = _with_mean(odds[at], target)
    return probability


def _with_mean(odds: np.ndarray, target: float) -> np.ndarray:
    """Logistic probabilities of `odds`, with the intercept that makes their mean the target."""
    low, high = -20.0, 20.0
    for _ in range(60):
        intercept = (low + high) / 2
        probability = 1 / (1 + np.exp(-(odds + intercept)))
        low, high = (intercept, high) if probability.mean() < target else (low, intercept)
    return probability
