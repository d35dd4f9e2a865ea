"""Drafts how made-up rows are drawn: counts of words, moments of numbers. No row of the file is repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loan_training.schema.draft.yaml_text import mapping, number, quoted, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loan_training.schema.draft.columns import ColumnDraft
    from loan_training.schema.draft.draft import Draft

DIGITS = 4
# Smaller differences of log odds are noise. Larger ones leave no doubt to learn from.
LEAST_RISE, LARGEST_RISE = 0.3, 4.0
MAXIMUM_EFFECTS = 5
# Distance of mean and median in deviations, above which numbers have a long tail.
LEAST_SKEW = 0.1


def synthetic_lines(draft: Draft) -> Iterator[str]:
    drawn = [(one, text) for one in draft.columns if (text := _distribution(one)) is not None]
    if not drawn:
        return
    yield "# How made-up rows are drawn, for demonstrations, tests and the self-test of a model. They are counts, means"
    yield "# and deviations of the file. A column that is not here is drawn evenly from its values or its range."
    yield "synthetic:"
    yield "  columns:"
    for one, text in drawn:
        yield f"    {quoted(one.name)}: {text}"
    strongest = draft.strongest
    if strongest is not None and (rates := _rates(strongest)):
        yield "  label:"
        yield "    # Positive labels, and rows, for each value of the column."
        yield f"    column: {scalar(strongest.name)}"
        pairs = ", ".join(f"{quoted(value)}: [{good}, {rows}]" for value, (rows, good) in rates.items())
        yield f"    rates: {{{pairs}}}"
        yield from _effects(draft)


def _effects(draft: Draft) -> Iterator[str]:
    numbers = [one for one in draft.scored if one.kind == "number" and abs(one.rise) >= LEAST_RISE]
    strongest = sorted(numbers, key=lambda one: -abs(one.rise))[:MAXIMUM_EFFECTS]
    if strongest:
        yield "    # Log odds that are added above the median of a number."
        yield "    effects:"
    for one in strongest:
        rise = max(-LARGEST_RISE, min(LARGEST_RISE, round(one.rise, 1)))
        above = number(significant(one.median))
        yield f"      - {{of: {quoted(one.name)}, above: {above}, add: {number(rise)}}}"


def _rates(one: ColumnDraft) -> dict[str, tuple[int, int]]:
    missing = {"": (one.missing, one.missing_positive)} if one.missing else {}
    return one.values | missing


def _distribution(one: ColumnDraft) -> str | None:
    if one.values:
        counts = [(value, float(rows)) for value, (rows, _) in one.values.items()]
        missing = [("", float(one.missing))] if one.missing else []
        return "{counts: " + mapping(counts + missing) + "}"
    return _distribution_of_numbers(one)


def _distribution_of_numbers(one: ColumnDraft) -> str | None:
    """None if the numbers hardly differ."""
    low, high = one.usual
    mean, deviation = significant(one.mean), significant(one.deviation)
    if deviation <= 0.001 * abs(mean) or low >= high:
        return None
    tailed = low >= 0 and mean > 0 and (one.mean - one.median) > LEAST_SKEW * one.deviation
    parts = [
        f"mean: {number(mean)}",
        f"deviation: {number(deviation)}",
        f"minimum: {number(max(significant(low), one.minimum))}",
        f"maximum: {number(min(significant(high), one.maximum))}",
    ]
    share = round(one.share, 3)
    if tailed and 0 < share < 1 and low <= 0:
        parts.append(f"share: {number(share)}")
    if not tailed:
        parts.append("shape: normal")
    if one.decimals:
        parts.append(f"decimals: {one.decimals}")
    missing = round(one.missing / one.rows, 4)
    if 0 < missing < 1:
        parts.append(f"missing: {number(missing)}")
    return "{" + ", ".join(parts) + "}"


def significant(value: float) -> float:
    """Rounded to a few digits, so that no person's number stands in the draft."""
    return float(f"{value:.{DIGITS}g}")
