"""Checks of a schema that JSON Schema cannot state: names that must exist, and members that must agree."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from loan_training.schema.column import Category, Column
from loan_training.schema.directions import Directions
from loan_training.schema.synthetic_checks import synthetic_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loan_training.schema.rules import Derived
    from loan_training.schema.schema import Schema

# The graph computes with float32, which ends at 3.4e38. Sums and ratios of larger numbers would be infinite.
LARGEST_NUMBER = 1e30
RESERVED = ("probability", "features", "affordability")
RESERVED_PREFIXES = ("classifier/", "tail/")


def problems(schema: Schema) -> list[str]:
    """Every contradiction of the schema, each with the place and the rule."""
    found = [
        *_headers(schema),
        *(fault for column in schema.columns for fault in _column(column)),
        *_label(schema),
        *_derived(schema),
        *_features(schema),
        *_graph_names(schema),
        *_rows(schema),
        *_groups(schema),
        *_reasons(schema),
        *(synthetic_problems(schema, schema.synthetic) if schema.synthetic else ()),
    ]
    return found or list(_directions(schema))


def _headers(schema: Schema) -> Iterator[str]:
    """A header of a file must mean one column."""
    named = [(column.name, column.headers) for column in schema.columns]
    named.append((schema.label.column, schema.label.headers))
    if schema.identifier:
        named.append((schema.identifier.column, schema.identifier.headers))
    named += [(name, ()) for name in schema.ignored]
    for header, count in Counter(header for name, headers in named for header in (name, *headers)).items():
        if count > 1:
            yield f"{header!r} names more than one column"


def _column(column: Column) -> Iterator[str]:
    place = f"column {column.name}"
    if isinstance(column, Category):
        for alias, value in column.aliases.items():
            if value not in column.values:
                yield f"{place}: alias {alias!r} means {value!r}, which is not among its values"
            if alias in column.values:
                yield f"{place}: {alias!r} is a value and an alias"
        return
    for name, value in (("minimum", column.minimum), ("maximum", column.maximum), ("missing", column.missing)):
        if value != "median" and abs(value) > LARGEST_NUMBER:
            yield f"{place}: {name} {value:g} is beyond the {LARGEST_NUMBER:g} that a graph can add and divide"
    if column.minimum > column.maximum:
        yield f"{place}: minimum {column.minimum:g} is above maximum {column.maximum:g}"
    for name, values in (("levels", column.levels), ("check", column.check)):
        outside = [value for value in values if not column.minimum <= value <= column.maximum]
        if outside:
            yield f"{place}: {name} holds {outside[0]:g}, outside of {column.minimum:g} to {column.maximum:g}"
        if list(values) != sorted(values):
            yield f"{place}: {name} must grow"


def _label(schema: Schema) -> Iterator[str]:
    both = set(schema.label.positive) & set(schema.label.negative)
    if both:
        yield f"label: {sorted(both)[0]!r} is positive and negative"
    if schema.decision.positive == schema.decision.negative:
        yield f"decision: both classes are called {schema.decision.positive!r}"


def _derived(schema: Schema) -> Iterator[str]:
    known: dict[str, str] = {column.name: "number" for column in schema.numbers}
    symbols = {column.symbol for column in schema.numbers} | set(schema.names)
    for one in schema.derived:
        for source in one.sources:
            if source not in known:
                yield f"derived {one.name}: {source!r} is not a number column or a derived number above it"
        if one.name in known or one.name in symbols:
            yield f"derived {one.name}: the name is already taken"
        known[one.name] = "number"
        yield from _protected(schema, one)


def _protected(schema: Schema, one: Derived) -> Iterator[str]:
    for source in one.sources:
        if source in schema.names and schema.column(source).use != "scored":
            yield f"derived {one.name}: column {source} has use {schema.column(source).use}, so it is not scored"


def _features(schema: Schema) -> Iterator[str]:
    derived = {one.name for one in schema.derived}
    for name, count in Counter(one.of for one in schema.features).items():
        if count > 1:
            yield f"feature {name} is given more than once"
    if not schema.features:
        yield "features: no column has use scored"
    for one in schema.features:
        if one.of in derived:
            continue
        if one.of not in schema.names:
            yield f"feature {one.of!r} is not a column or a derived number"
            continue
        column = schema.column(one.of)
        if column.use != "scored":
            yield f"feature {one.of}: the column has use {column.use}, so it is not scored"
        if one.logarithm and (isinstance(column, Category) or column.levels):
            yield f"feature {one.of}: scale log needs a number without levels"
    yield from _bounded(schema)


def _bounded(schema: Schema) -> Iterator[str]:
    numbers = {column.name for column in schema.numbers if not column.levels} | {one.name for one in schema.derived}
    features = {one.of for one in schema.features} & numbers
    if schema.bounded is not None and schema.bounded not in features:
        yield f"bounded: {schema.bounded!r} is not a feature that is a number without levels"


def _directions(schema: Schema) -> Iterator[str]:
    """Call it for a schema whose names all exist."""
    directions = Directions(schema)
    features = {one.of for one in schema.features}
    for one in directions.contradictions:
        if one.name in features:
            yield f"feature {one.name}: {one.why}; take a direction (`better`) away, or take the feature out"
    if schema.bounded is None:
        return
    if not directions.nonnegative(schema.bounded):
        yield f"bounded: {schema.bounded} may be negative; the minimum of its columns must be at least 0"
    if directions.of(schema.bounded) > 0:
        yield f"bounded: {schema.bounded} is better when higher, so the probability must not fall with it"


def _graph_names(schema: Schema) -> Iterator[str]:
    """Tensors of the exported graph have these names."""
    for name in schema.names:
        if name in RESERVED or name.startswith(RESERVED_PREFIXES):
            yield f"column {name!r}: the graph uses the name; take another name, and add this name to `headers`"


def _rows(schema: Schema) -> Iterator[str]:
    for one in schema.must_decline:
        for name, value in one.row.items():
            yield from _allowed(schema, f"mustDecline {one.name!r}", name, value)
    rule = schema.baseline_rule
    if rule is None:
        return
    if rule.column not in schema.names:
        yield f"baselineRule: there is no column {rule.column!r}"
    elif rule.values:
        for value in rule.values:
            yield from _allowed(schema, "baselineRule", rule.column, value)
    elif isinstance(schema.column(rule.column), Category):
        yield f"baselineRule: {rule.column} is a category, so the rule needs values"


def _allowed(schema: Schema, place: str, name: str, value: str | float) -> Iterator[str]:
    if name not in schema.names:
        yield f"{place}: there is no column {name!r}"
        return
    column = schema.column(name)
    if isinstance(column, Category):
        if value not in column.values:
            yield f"{place}: {value!r} is not a value of {name}"
    elif isinstance(value, str) or not column.minimum <= value <= column.maximum:
        yield f"{place}: {value!r} is not a number from {column.minimum:g} to {column.maximum:g}, as {name} needs"


def _groups(schema: Schema) -> Iterator[str]:
    categories = {column.name for column in schema.categories}
    for name in schema.watched:
        if name not in categories:
            yield f"groups: {name!r} is not a category column"
    for name in schema.judged:
        if name not in schema.watched:
            yield f"groups: {name!r} is judged and not watched"


def _reasons(schema: Schema) -> Iterator[str]:
    if schema.reasons is None:
        return
    factors = schema.reasons.factors
    yield from _repeated("reason", [factor.code for factor in factors])
    yield from _repeated("reasons: column", [name for factor in factors for name in factor.columns])
    for factor in factors:
        for name in factor.columns:
            if name not in schema.scored:
                yield f"reason {factor.code}: column {name!r} is not scored, so it cannot be a reason"
    named = {name for factor in factors for name in factor.columns}
    for name in schema.scored:
        if name not in named:
            yield f"reasons: the scored column {name} belongs to no factor, so a principal reason could be left out"


def _repeated(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what} {name} is given more than once"
