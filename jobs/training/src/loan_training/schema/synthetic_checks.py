"""Checks of `synthetic`: what it draws must be what the columns allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loan_training.schema.column import Category, Number
from loan_training.schema.synthetic import Counts, level_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from loan_training.schema.column import Column
    from loan_training.schema.schema import Schema
    from loan_training.schema.synthetic import Distribution, Effect, Synthetic, SyntheticLabel


def synthetic_problems(schema: Schema, synthetic: Synthetic) -> Iterator[str]:
    drawn: list[str] = []
    for name, distribution in synthetic.columns.items():
        place = f"synthetic {name}"
        if name not in schema.names:
            yield f"synthetic: there is no column {name!r}"
        elif isinstance(distribution, Counts):
            yield from _counts(place, schema.column(name), distribution)
        else:
            yield from _distribution(place, schema.column(name), distribution)
            yield from _follows(schema, place, distribution.follows, drawn)
        drawn.append(name)
    if synthetic.label is not None:
        yield from _label(schema, synthetic, synthetic.label)


def _counts(place: str, column: Column, counts: Counts) -> Iterator[str]:
    if sum(counts.counts.values()) <= 0:
        yield f"{place}: the counts add up to 0"
    if column.required and counts.counts.get("", 0) > 0:
        yield f'{place}: the column is required, so no value may be missing; take the count of "" away'
    for value in counts.counts:
        if value != "":
            yield from _allowed(place, column, value)


def _distribution(place: str, column: Column, one: Distribution) -> Iterator[str]:
    if isinstance(column, Category):
        yield f"{place}: a category needs counts"
        return
    if column.levels:
        yield f"{place}: a number with levels needs counts"
    if one.shape == "log-normal" and one.mean <= 0:
        yield f"{place}: mean {one.mean:g}; a log-normal mean is above 0, so take shape normal"
    if not column.minimum <= one.minimum <= one.maximum <= column.maximum:
        yield (
            f"{place}: {one.minimum:g} to {one.maximum:g} is not a range inside of "
            f"{column.minimum:g} to {column.maximum:g}, the bounds of the column"
        )
    if one.share is not None and one.share < 1 and not column.minimum <= 0 <= column.maximum:
        yield f"{place}: with share {one.share:g} other rows hold 0, which the column does not allow"
    if one.missing and column.required:
        yield f"{place}: the column is required, so no value may be missing; take `missing` away"


def _follows(schema: Schema, place: str, follows: str | None, drawn: Collection[str]) -> Iterator[str]:
    if follows is None:
        return
    if follows not in {column.name for column in schema.numbers} | {one.name for one in schema.derived}:
        yield f"{place}: follows {follows!r}, which is not a number"
        return
    for source in schema.sources.get(follows, (follows,)):
        if source not in drawn:
            yield f"{place}: follows {follows!r}, so column {source} must stand above it in `synthetic`"


def _label(schema: Schema, synthetic: Synthetic, label: SyntheticLabel) -> Iterator[str]:
    if label.column not in schema.names:
        yield f"synthetic label: there is no column {label.column!r}"
    else:
        yield from _rates(schema.column(label.column), synthetic, label)
    for effect in label.effects:
        yield from _effect(schema, effect)


def _rates(column: Column, synthetic: Synthetic, label: SyntheticLabel) -> Iterator[str]:
    values = _values(column, synthetic)
    if values is None:
        yield f"synthetic label: {column.name} has neither levels nor counts, so its values have no rates"
        return
    for value, (positive, rows) in label.rates.items():
        place = f"synthetic label, rate of {value!r}"
        if value != "" and value not in values:
            yield f"{place}: {column.name} is never drawn with this value"
        if positive > rows or rows <= 0:
            yield f"{place}: {positive:g} of {rows:g} rows; the rows must be above 0 and hold the positive rows"


def _values(column: Column, synthetic: Synthetic) -> Collection[str] | None:
    distribution = synthetic.columns.get(column.name)
    if isinstance(distribution, Counts):
        return distribution.counts
    if isinstance(column, Category):
        return column.values
    return [level_text(level) for level in column.levels] if column.levels else None


def _effect(schema: Schema, effect: Effect) -> Iterator[str]:
    place = f"synthetic label, effect of {effect.of!r}"
    derived: Iterable[str] = (one.name for one in schema.derived)
    if effect.of not in schema.names and effect.of not in derived:
        yield f"{place}: there is no column or derived number of this name"
        return
    if effect.of in schema.names and isinstance(schema.column(effect.of), Category):
        if effect.equals is None:
            yield f"{place}: above and below need a number"
        else:
            yield from _allowed(place, schema.column(effect.of), effect.equals)
    elif isinstance(effect.equals, str) and not _is_number(effect.equals):
        yield f"{place}: {effect.equals!r} is not a number"


def _allowed(place: str, column: Column, value: str | float) -> Iterator[str]:
    if isinstance(column, Category):
        if value not in column.values:
            yield f"{place}: {value!r} is not a value of {column.name}; its values are words in quotes"
    elif not _is_number(value) or not _holds(column, float(value)):
        rule = "one of its levels" if column.levels else f"a number from {column.minimum:g} to {column.maximum:g}"
        yield f"{place}: {value!r} is not {rule}, as {column.name} needs"


def _is_number(value: str | float) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _holds(column: Number, value: float) -> bool:
    return value in column.levels if column.levels else column.minimum <= value <= column.maximum
