"""A data set's schema as training uses it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from loan_training.schema.column import Category, Column, Number

if TYPE_CHECKING:
    from loan_training.schema.rules import (
        BaselineRule,
        DecisionRule,
        Derived,
        Feature,
        Identifier,
        Label,
        MustDecline,
        Reasons,
    )
    from loan_training.schema.synthetic import Synthetic


@dataclass(frozen=True)
class Schema:
    name: str
    description: str
    identifier: Identifier | None
    label: Label
    decision: DecisionRule
    # In the order of the graph's inputs.
    columns: tuple[Column, ...]
    derived: tuple[Derived, ...]
    features: tuple[Feature, ...]
    # A feature above whose largest training value the probability falls in proportion.
    bounded: str | None
    must_decline: tuple[MustDecline, ...]
    baseline_rule: BaselineRule | None
    # Category columns by whose groups decisions are counted, and those of them that the gate judges.
    watched: tuple[str, ...]
    judged: tuple[str, ...]
    reasons: Reasons | None
    synthetic: Synthetic | None
    # Columns of training files that are not read.
    ignored: tuple[str, ...] = ()

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        return tuple(column for column in self.columns if isinstance(column, Category))

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        return tuple(column for column in self.columns if isinstance(column, Number))

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        return self._by_name[name]

    @cached_property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Derived number to the columns that it is computed from, in the order of the columns."""
        found: dict[str, set[str]] = {}
        for one in self.derived:
            found[one.name] = set().union(*(found.get(source, {source}) for source in one.sources))
        return {name: tuple(column for column in self.names if column in columns) for name, columns in found.items()}

    @cached_property
    def scored(self) -> tuple[str, ...]:
        """Columns that a feature uses, itself or by a derived number, in the order of the columns."""
        used = {column for one in self.features for column in self.sources.get(one.of, (one.of,))}
        return tuple(name for name in self.names if name in used)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}
