"""Checks on the exported graph that a better application never has a lower probability of approval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loan_training.data.columns import COLUMNS, Category
from loan_training.model.onnx_session import OUTPUT

if TYPE_CHECKING:
    import onnxruntime

    from loan_training.data.dataset import Dataset

# Largest fall of the probability that is allowed. Sums of floats may differ in their last bits.
TOLERANCE = 1e-6
CHUNK_ROWS = 32_768

INCOMES = (0, 150, 1_000, 1_800, 2_500, 3_200, 4_000, 5_000, 6_500, 9_000, 15_000, 40_000, 1_000_000)
COAPPLICANT_INCOMES = (0, 600, 1_500, 2_500, 4_500, 10_000, 100_000)
LOANS = (1, 9, 45, 80, 100, 120, 140, 170, 220, 300, 480, 700, 5_000)
CREDIT_HISTORIES = (0, 1, np.nan)
OTHERS: dict[str, tuple] = {
    "Property_Area": ("Urban", "Semiurban", "Rural", ""),
    "Education": ("Graduate", "Not Graduate", ""),
    "Loan_Amount_Term": (6, 360, np.nan),
}


@dataclass(frozen=True)
class Monotonicity:
    points: int
    # Largest fall of the probability along a step that should not lower it, and the column of that step.
    worst_fall: float
    worst_column: str
    # Highest probability of an application with a LoanAmount of 700 (thousands) and no income.
    worst_case_probability: float

    @property
    def holds(self) -> bool:
        return self.worst_fall <= TOLERANCE


def check_monotonicity(session: onnxruntime.InferenceSession, training: Dataset, coarse: bool = False) -> Monotonicity:
    """Scores every combination of the grid. `coarse` leaves out the columns without an order."""
    axes = _axes(coarse)
    shape = tuple(len(values) for values in axes.values())
    probability = _score_grid(session, axes).reshape(shape)
    names = list(axes)

    def steps(name: str, values: np.ndarray) -> np.ndarray:
        return np.diff(values, axis=names.index(name))

    known_history = np.take(probability, [0, 1], axis=names.index("Credit_History"))
    falls = {
        "ApplicantIncome": float((-steps("ApplicantIncome", probability)).max()),
        "CoapplicantIncome": float((-steps("CoapplicantIncome", probability)).max()),
        "LoanAmount": float(steps("LoanAmount", probability).max()),
        "Credit_History": float((-steps("Credit_History", known_history)).max()),
    }
    worst = max(falls, key=lambda name: falls[name])
    without_income = probability[INCOMES.index(0), COAPPLICANT_INCOMES.index(0), LOANS.index(700)]
    return Monotonicity(probability.size, max(falls[worst], 0.0), worst, float(without_income.max()))


def _axes(coarse: bool) -> dict[str, tuple]:
    axes: dict[str, tuple] = {
        "ApplicantIncome": INCOMES,
        "CoapplicantIncome": COAPPLICANT_INCOMES,
        "LoanAmount": LOANS,
        "Credit_History": CREDIT_HISTORIES,
    }
    return axes if coarse else axes | OTHERS


def _score_grid(session: onnxruntime.InferenceSession, axes: dict[str, tuple]) -> np.ndarray:
    shape = tuple(len(values) for values in axes.values())
    size = int(np.prod(shape))
    scored = []
    for start in range(0, size, CHUNK_ROWS):
        rows = np.arange(start, min(start + CHUNK_ROWS, size))
        positions = dict(zip(axes, np.unravel_index(rows, shape), strict=True))
        inputs = {}
        for column in COLUMNS:
            is_words = isinstance(column, Category)
            values = axes.get(column.name, ("",) if is_words else (np.nan,))
            array = np.array(values, dtype=object if is_words else np.float32)
            inputs[column.name] = array[positions.get(column.name, np.zeros(len(rows), dtype=int))].reshape(-1, 1)
        scored.append(session.run([OUTPUT], inputs)[0].reshape(-1))
    return np.concatenate(scored)
