"""Made-up rows of a schema. Their margins, gaps and labels follow the schema's `synthetic` block."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loan_training.data.derived_values import with_derived
from loan_training.data.plain_value import plain
from loan_training.schema.column import Category
from loan_training.schema.synthetic import Counts, Distribution, Synthetic, level_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loan_training.schema.column import Column, Number
    from loan_training.schema.schema import Schema
    from loan_training.schema.synthetic import Effect

# Below this range, even numbers of whole bounds are drawn with decimals.
WHOLE_RANGE = 10
DECIMALS = 4
LEAST = 1e-9
SMALLEST_RANGE = 1e-15

# Above, a float has no digits behind the point.
LARGEST_WHOLE = 2**53


def generate(schema: Schema, rows: int, seed: int) -> pd.DataFrame:
    """`rows` labelled rows. The same `rows` and `seed` give the same frame.

    The order of the draws is part of the result: declared columns, other columns, labels, gaps.
    """
    rng = np.random.default_rng(seed)
    synthetic = schema.synthetic or Synthetic()
    words, numbers = _columns(rng, schema, synthetic, rows)
    positive = rng.random(rows) < _positive_probability(schema, words, numbers, rows)
    frame = _frame(schema, words, numbers)
    for name, distribution in synthetic.columns.items():
        if isinstance(distribution, Distribution) and distribution.missing:
            frame[name] = np.where(rng.random(rows) < distribution.missing, np.nan, frame[name])
    if schema.identifier is not None:
        names = [f"{synthetic.prefix}{seed:04d}{row:07d}" for row in range(rows)]
        frame.insert(0, schema.identifier.column, names)
    frame[schema.label.column] = np.where(positive, schema.label.positive[0], schema.label.negative[0])
    return frame


def as_csv(schema: Schema, frame: pd.DataFrame) -> str:
    """The labelled frame as a training file."""
    written = frame.copy()
    for number in schema.numbers:
        if _is_whole(written[number.name]):
            written[number.name] = written[number.name].astype("Int64")
    return written.to_csv(index=False)


def as_json_lines(schema: Schema, frame: pd.DataFrame) -> Iterator[str]:
    """The frame without its labels: one stream record `{"input": …, "request_id": …}` a line."""
    if schema.identifier is not None:
        identifiers = frame[schema.identifier.column]
    else:
        identifiers = [f"{schema.name}-{row}" for row in range(len(frame))]
    for identifier, row in zip(identifiers, frame[list(schema.names)].to_dict("records"), strict=True):
        yield json.dumps({"input": {name: plain(value) for name, value in row.items()}, "request_id": identifier})


def _columns(
    rng: np.random.Generator, schema: Schema, synthetic: Synthetic, rows: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """(values drawn by counts, as text; numbers drawn by a distribution). A column is in one of them."""
    words: dict[str, np.ndarray] = {}
    numbers: dict[str, np.ndarray] = {}
    for name, distribution in synthetic.columns.items():
        if isinstance(distribution, Counts):
            words[name] = _draw(rng, distribution.counts, rows)
        else:
            followed = _values(schema, words, numbers)[distribution.follows] if distribution.follows else None
            numbers[name] = _distributed(rng, distribution, followed, rows)
    for column in schema.columns:
        if column.name not in synthetic.columns:
            _draw_evenly(rng, column, rows, words, numbers)
    return words, numbers


def _draw(rng: np.random.Generator, counts: Mapping[str, float], rows: int) -> np.ndarray:
    shares = np.array(list(counts.values()), dtype=float)
    return rng.choice(np.array(list(counts), dtype=object), size=rows, p=shares / shares.sum())


def _draw_evenly(
    rng: np.random.Generator,
    column: Column,
    rows: int,
    words: dict[str, np.ndarray],
    numbers: dict[str, np.ndarray],
) -> None:
    if isinstance(column, Category):
        words[column.name] = rng.choice(np.array(column.values, dtype=object), size=rows)
    elif column.levels:
        words[column.name] = rng.choice(
            np.array([level_text(level) for level in column.levels], dtype=object), size=rows
        )
    else:
        numbers[column.name] = _even_numbers(rng, column, rows)


def _even_numbers(rng: np.random.Generator, column: Number, rows: int) -> np.ndarray:
    low, high = column.minimum, column.maximum
    drawn = rng.uniform(low, high, rows)
    is_whole = float(low).is_integer() and float(high).is_integer() and high - low >= WHOLE_RANGE
    # A narrow range needs more decimals, or all its numbers would be equal.
    decimals = DECIMALS - min(0, int(np.floor(np.log10(max(high - low, SMALLEST_RANGE)))))
    return np.clip(np.round(drawn, 0 if is_whole else decimals), low, high)


def _distributed(
    rng: np.random.Generator, distribution: Distribution, followed: np.ndarray | None, rows: int
) -> np.ndarray:
    mean, deviation = _moments_of_present(distribution)
    latent = rng.standard_normal(rows)
    if followed is not None:
        latent = distribution.correlation * _standardised(followed) + np.sqrt(1 - distribution.correlation**2) * latent
    if distribution.shape == "normal":
        drawn = mean + deviation * latent
    else:
        drawn = np.exp(_log_normal(mean, deviation) @ np.vstack([np.ones(rows), latent]))
    values = np.clip(np.round(drawn, distribution.decimals), distribution.minimum, distribution.maximum)
    if distribution.share is None:
        return values
    return np.where(rng.random(rows) < distribution.share, values, 0.0)


def _moments_of_present(distribution: Distribution) -> tuple[float, float]:
    """The moments over the rows that have a value above 0. The stated moments are over all rows."""
    mean, deviation, share = distribution.mean, distribution.deviation, distribution.share
    if share is None:
        return mean, deviation
    present = mean / share
    variance = (deviation**2 + mean**2) / share - present**2
    return present, float(np.sqrt(max(variance, LEAST)))


def _log_normal(mean: float, deviation: float) -> np.ndarray:
    """(location, scale) of the log-normal distribution with this mean and standard deviation."""
    variance = np.log1p((deviation / mean) ** 2)
    return np.array([np.log(mean) - variance / 2, np.sqrt(variance)])


def _standardised(values: np.ndarray) -> np.ndarray:
    """The logarithms with mean 0 and deviation 1. A missing value counts as the mean."""
    logarithms = np.log(np.maximum(values, LEAST))
    present = logarithms[~np.isnan(logarithms)]
    if not present.size:
        return np.zeros(len(values))
    return np.nan_to_num((logarithms - present.mean()) / max(float(present.std()), LEAST))


def _values(
    schema: Schema, words: Mapping[str, np.ndarray], numbers: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The numbers drawn so far, by column, and the derived numbers of them. A missing number is NaN."""
    coded = {
        column.name: pd.to_numeric(pd.Series(words[column.name])).to_numpy(np.float64)
        for column in schema.numbers
        if column.name in words
    }
    return with_derived(schema, coded | dict(numbers))


def _positive_probability(
    schema: Schema, words: Mapping[str, np.ndarray], numbers: Mapping[str, np.ndarray], rows: int
) -> np.ndarray:
    label = schema.synthetic.label if schema.synthetic else None
    probability = np.full(rows, 0.5)
    if label is None:
        return probability
    odds = np.zeros(rows)
    values = _values(schema, words, numbers)
    for effect in label.effects:
        odds = odds + effect.add * _holds(effect, words, values)
    for value, (positive, of) in label.rates.items():
        at = words[label.column] == value
        if at.any():
            probability[at] = _with_mean(odds[at], positive / of)
    return probability


def _holds(effect: Effect, words: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray]) -> np.ndarray:
    if effect.equals is not None:
        if effect.of in words and isinstance(effect.equals, str):
            return words[effect.of] == effect.equals
        return values[effect.of] == float(effect.equals)
    if effect.above is not None:
        return values[effect.of] > effect.above
    return values[effect.of] < (effect.below or 0)


def _with_mean(odds: np.ndarray, target: float) -> np.ndarray:
    """Logistic probabilities of `odds`, with the intercept that makes their mean the target."""
    low, high = -20.0, 20.0
    for _ in range(60):
        intercept = (low + high) / 2
        probability = 1 / (1 + np.exp(-(odds + intercept)))
        low, high = (intercept, high) if probability.mean() < target else (low, intercept)
    return probability


def _frame(schema: Schema, words: Mapping[str, np.ndarray], numbers: Mapping[str, np.ndarray]) -> pd.DataFrame:
    frame = pd.DataFrame({name: words.get(name, "") if name in words else numbers[name] for name in schema.names})
    for number in schema.numbers:
        frame[number.name] = pd.to_numeric(frame[number.name]).astype("float64")
    return frame


def _is_whole(values: pd.Series) -> bool:
    """Whether all numbers are whole, and small enough for an integer of 64 bits."""
    present = values.dropna().to_numpy()
    return bool(((present == np.round(present)) & (np.abs(present) < LARGEST_WHOLE)).all())
