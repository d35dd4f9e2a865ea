"""Checks on the exported graph that a better application never has a lower probability."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loan_training.model.onnx_session import OUTPUT
from loan_training.schema.column import Category, Number
from loan_training.schema.directions import column_direction

if TYPE_CHECKING:
    import onnxruntime

    from loan_training.data.dataset import Dataset
    from loan_training.schema.column import Column
    from loan_training.schema.schema import Schema

# Largest fall of the probability that is allowed. Sums of floats may differ in their last bits.
TOLERANCE = 1e-6
CHUNK_ROWS = 32_768
# Most points of a whole grid. If there are more combinations, as many points are drawn.
MAXIMUM_POINTS = 150_000
DECILES = np.arange(0.1, 1.0, 0.1)
DRAW_SEED = 7

Axes = dict[str, tuple]


@dataclass(frozen=True)
class Monotonicity:
    points: int
    # Largest fall of the probability along a step that should not lower it, and the column of that step.
    worst_fall: float
    worst_column: str
    # Highest probability of a row that the schema's `mustDecline` names, and the name of that row.
    worst_case_probability: float
    worst_case: str

    @property
    def holds(self) -> bool:
        return self.worst_fall <= TOLERANCE


def check_monotonicity(session: onnxruntime.InferenceSession, training: Dataset, coarse: bool = False) -> Monotonicity:
    """Scores all combinations of values, or a draw of them. `coarse` varies the columns with a direction alone."""
    schema = training.schema
    directed, others = _axes(training)
    axes = directed if coarse else directed | others
    worst_case, name = _worst_case(session, schema, axes)
    if not directed:
        return Monotonicity(0, 0.0, "", worst_case, name)
    fallen, points = (_whole_grid if _size(axes) <= MAXIMUM_POINTS else _drawn)(session, schema, axes, directed)
    worst = max(fallen, key=lambda column: fallen[column])
    return Monotonicity(points, max(fallen[worst], 0.0), worst, worst_case, name)


def _size(axes: Axes) -> int:
    """Number of combinations, exact for any number of columns."""
    return math.prod(len(values) for values in axes.values())


def _axes(training: Dataset) -> tuple[Axes, Axes]:
    """(values of each scored column with a direction, values of the other columns that are varied)"""
    schema = training.schema
    directed: Axes = {}
    others: Axes = {}
    for column in schema.columns:
        if isinstance(column, Number) and column.better and column.name in schema.scored:
            known = _values(column, training)
            directed[column.name] = (*known, np.nan) if column.levels and not column.required else known
        elif column.name in schema.scored or (isinstance(column, Number) and column.check):
            missing = "" if isinstance(column, Category) else np.nan
            known = column.values if isinstance(column, Category) else _values(column, training)
            others[column.name] = known if column.required else (*known, missing)
    return directed, others


def _values(column: Number, training: Dataset) -> tuple[float, ...]:
    """Growing values at which the graph is scored."""
    if column.levels:
        return column.levels
    if column.check:
        return column.check
    present = training.applications[column.name].dropna()
    deciles = present.quantile(DECILES).tolist() if len(present) else []
    return tuple(np.unique(np.float32([column.minimum, *deciles, column.maximum])).tolist())


def _whole_grid(
    session: onnxruntime.InferenceSession, schema: Schema, axes: Axes, directed: Axes
) -> tuple[dict[str, float], int]:
    shape = tuple(len(values) for values in axes.values())
    positions = dict(zip(axes, np.unravel_index(np.arange(np.prod(shape)), shape), strict=True))
    probability = _score(session, schema, axes, positions).reshape(shape)
    names = list(axes)
    return {
        name: _fall(schema.column(name), values, np.moveaxis(probability, names.index(name), 0))
        for name, values in directed.items()
    }, probability.size


def _drawn(
    session: onnxruntime.InferenceSession, schema: Schema, axes: Axes, directed: Axes
) -> tuple[dict[str, float], int]:
    """Draws rows, and varies each column with a direction over all of its values while the others stay."""
    rng = np.random.default_rng(DRAW_SEED)
    rows = max(MAXIMUM_POINTS // sum(len(values) for values in directed.values()), 1)
    drawn = {name: rng.integers(len(values), size=rows) for name, values in axes.items()}
    falls, points = {}, 0
    for name, values in directed.items():
        positions = {other: np.tile(places, len(values)) for other, places in drawn.items()}
        positions[name] = np.repeat(np.arange(len(values)), rows)
        probability = _score(session, schema, axes, positions).reshape(len(values), rows)
        falls[name] = _fall(schema.column(name), values, probability)
        points += probability.size
    return falls, points


def _fall(column: Column, values: tuple, probability: np.ndarray) -> float:
    """The largest fall along the first axis in the better direction. A missing value has no place in the order."""
    known = probability[[place for place, value in enumerate(values) if not np.isnan(value)]]
    if len(known) < 2 or not isinstance(column, Number):
        return 0.0
    return float((-column_direction(column) * np.diff(known, axis=0)).max())


def _worst_case(session: onnxruntime.InferenceSession, schema: Schema, axes: Axes) -> tuple[float, str]:
    """The row of `mustDecline` with the highest probability over the other columns' values. (0, "") without a row."""
    worst = (0.0, "")
    for one in schema.must_decline:
        varied: Axes = {name: values for name, values in axes.items() if name not in one.row}
        fixed: Axes = {name: (value,) for name, value in one.row.items()}
        shape = tuple(len(values) for values in varied.values())
        size = min(_size(varied), MAXIMUM_POINTS)
        if _size(varied) <= MAXIMUM_POINTS:
            places = dict(zip(varied, np.unravel_index(np.arange(size), shape), strict=True)) if shape else {}
        else:
            rng = np.random.default_rng(DRAW_SEED)
            places = {name: rng.integers(len(values), size=size) for name, values in varied.items()}
        places |= {name: np.zeros(size, dtype=int) for name in fixed}
        worst = max(worst, (float(_score(session, schema, varied | fixed, places).max()), one.name))
    return worst


def _score(
    session: onnxruntime.InferenceSession, schema: Schema, axes: Axes, positions: dict[str, np.ndarray]
) -> np.ndarray:
    """The probability of each row. `positions` has for each row the place of its value on each axis."""
    size = len(next(iter(positions.values())))
    scored = []
    for start in range(0, size, CHUNK_ROWS):
        rows = slice(start, min(start + CHUNK_ROWS, size))
        inputs = {}
        for column in schema.columns:
            is_words = isinstance(column, Category)
            values = axes.get(column.name, ("",) if is_words else (np.nan,))
            array = np.array(values, dtype=object if is_words else np.float32)
            places = (
                positions[column.name][rows] if column.name in positions else np.zeros(rows.stop - start, dtype=int)
            )
            inputs[column.name] = array[places].reshape(-1, 1)
        scored.append(session.run([OUTPUT], inputs)[0].reshape(-1))
    return np.concatenate(scored)
