"""Says in words what a schema means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loan_training.schema.column import Category

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loan_training.schema.column import Column
    from loan_training.schema.rules import BaselineRule, Threshold
    from loan_training.schema.schema import Schema

WIDTH = 44
TODO = "TODO"


def meaning(schema: Schema) -> list[str]:
    return list(_lines(schema))


def _lines(schema: Schema) -> Iterator[str]:
    yield f"{schema.name}: {schema.description or 'no description'}"
    yield ""
    label = schema.label
    yield f"label       {label.column}: {_listed(label.positive)} is positive, {_listed(label.negative)} is negative"
    decision = schema.decision
    yield f"decision    {decision.name}: {decision.positive} or {decision.negative}, {_threshold(decision.threshold)}"
    if schema.identifier:
        yield f"identifier  {schema.identifier.column}"
    if schema.ignored:
        yield f"ignored     {_listed(schema.ignored)}"
    if schema.baseline_rule:
        yield f"baseline    {_rule(schema.baseline_rule)}"
    if schema.watched:
        yield f"watched     {_listed(schema.watched)}"
        yield f"judged      {_listed(schema.judged) or 'none'}"
    if schema.bounded:
        yield f"bounded     {schema.bounded}"
    yield ""
    rows = [("column", "use", "may be missing", "direction", "allowed", "unit")]
    rows += [_column(schema, column) for column in schema.columns]
    yield from _table(rows)
    if schema.derived:
        yield ""
        yield from _table([("derived", "computed as"), *((one.name, _derived(one)) for one in schema.derived)])
    yield ""
    yield from _table(
        [("feature", "scale"), *((one.of, "log" if one.logarithm else "plain") for one in schema.features)]
    )
    if schema.reasons:
        yield ""
        rows = [("reason", "columns", "message")]
        yield from _table([*rows, *((one.code, _listed(one.columns), one.message) for one in schema.reasons.factors)])
    todo = list(_todo(schema))
    if todo:
        yield ""
        yield f"still to write (the text begins with {TODO}): {_listed(todo, 1_000)}"


def _column(schema: Schema, column: Column) -> tuple[str, ...]:
    direction = "" if isinstance(column, Category) or not column.better else f"{column.better} is better"
    use = column.use if column.use != "scored" or column.name in schema.scored else "scored, but in no feature"
    return (column.name, use, "no" if column.required else "yes", direction, _allowed(column), column.unit)


def _allowed(column: Column) -> str:
    if isinstance(column, Category):
        return _listed(column.values)
    if column.levels:
        return _listed([f"{level:g}" for level in column.levels])
    return f"{column.minimum:,} to {column.maximum:,}"


def _derived(one: object) -> str:
    return f"{one.operator} of {_listed(one.sources)}"


def _threshold(rule: Threshold) -> str:
    if rule.cost_ratio is not None:
        return f"threshold {rule.cost_ratio / (1 + rule.cost_ratio):.3g} by a cost ratio of {rule.cost_ratio:g}"
    if rule.approval_rate is not None:
        return f"the threshold with which {rule.approval_rate:.0%} of the training rows are positive"
    return f"threshold {rule.value:g}"


def _rule(rule: BaselineRule) -> str:
    if rule.values:
        test = f"is {' or '.join(str(value) for value in rule.values)}"
    elif rule.at_least is not None:
        test = f"is at least {rule.at_least:g}"
    else:
        test = f"is at most {rule.at_most:g}"
    return f"positive if {rule.column} {test}{' or missing' if rule.missing else ''}"


def _todo(schema: Schema) -> Iterator[str]:
    if schema.description.startswith(TODO):
        yield "description"
    for factor in schema.reasons.factors if schema.reasons else ():
        if factor.message.startswith(TODO) or factor.missing.startswith(TODO):
            yield f"reason {factor.code}"


def _listed(words: Sequence[str], width: int = WIDTH) -> str:
    text = ", ".join(word if word.isprintable() else ascii(word) for word in words)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    shown = [[cell if cell.isprintable() else ascii(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in shown) for place in range(len(rows[0]))]
    for row in shown:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
