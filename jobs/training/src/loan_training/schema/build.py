"""Makes a Schema from a document that training-schema.json has accepted."""

from __future__ import annotations

from typing import Any

from loan_training.schema.column import Category, Column, Number
from loan_training.schema.rules import (
    BaselineRule,
    DecisionRule,
    Derived,
    Factor,
    Feature,
    Identifier,
    Label,
    MustDecline,
    Reasons,
    Threshold,
)
from loan_training.schema.schema import Schema
from loan_training.schema.synthetic import Counts, Distribution, Effect, Synthetic, SyntheticLabel

Document = dict[str, Any]
OPERATORS = ("sum", "difference", "ratio", "log", "log1p")


def build(document: Document) -> Schema:
    columns = tuple(_column(one) for one in document["columns"])
    groups = document.get("groups", {})
    watched = tuple(groups.get("watched", ()))
    return Schema(
        name=document["name"],
        description=document.get("description", ""),
        identifier=_identifier(document.get("identifier")),
        label=_label(document["label"]),
        decision=_decision(document["decision"]),
        columns=columns,
        derived=tuple(_derived(one) for one in document.get("derived", ())),
        features=_features(document, columns),
        bounded=document.get("bounded"),
        must_decline=tuple(MustDecline(one["name"], one["row"]) for one in document.get("mustDecline", ())),
        baseline_rule=_baseline_rule(document.get("baselineRule")),
        watched=watched,
        judged=tuple(groups.get("judged", ())),
        reasons=_reasons(document.get("reasons")),
        synthetic=_synthetic(document.get("synthetic")),
        ignored=tuple(document.get("ignored", ())),
    )


def _column(one: Document) -> Column:
    common: Document = {
        "name": one["name"],
        "headers": tuple(one.get("headers", ())),
        "required": one.get("required", False),
        "use": one.get("use", "scored"),
        "unit": one.get("unit", ""),
        "description": one.get("description", ""),
    }
    if one["type"] == "category":
        return Category(**common, values=tuple(one["values"]), aliases=dict(one.get("aliases", {})))
    return Number(
        **common,
        minimum=one["minimum"],
        maximum=one["maximum"],
        levels=tuple(one.get("levels", ())),
        better=one.get("better"),
        missing=one.get("missing", "median"),
        symbol=one.get("symbol", ""),
        check=tuple(one.get("check", ())),
    )


def _identifier(one: Document | None) -> Identifier | None:
    return None if one is None else Identifier(one["column"], tuple(one.get("headers", ())))


def _label(one: Document) -> Label:
    return Label(one["column"], tuple(one["positive"]), tuple(one["negative"]), tuple(one.get("headers", ())))


def _decision(one: Document) -> DecisionRule:
    rule = one.get("threshold", 0.5)
    threshold = (
        Threshold(cost_ratio=rule.get("costRatio"), approval_rate=rule.get("approvalRate"))
        if isinstance(rule, dict)
        else Threshold(value=rule)
    )
    return DecisionRule(one["name"], one["positive"], one["negative"], threshold)


def _derived(one: Document) -> Derived:
    operator = next(name for name in OPERATORS if name in one)
    sources = one[operator]
    return Derived(
        one["name"],
        operator,
        (sources,) if isinstance(sources, str) else tuple(sources),
        one.get("leastDivisor", 1.0),
        one.get("floor", 1.0),
    )


def _features(document: Document, columns: tuple[Column, ...]) -> tuple[Feature, ...]:
    if "features" not in document:
        return tuple(Feature(column.name) for column in columns if column.use == "scored")
    return tuple(
        Feature(one["of"], one.get("scale", "plain") == "log", one.get("floor", 1.0)) for one in document["features"]
    )


def _baseline_rule(one: Document | None) -> BaselineRule | None:
    if one is None:
        return None
    return BaselineRule(
        one["column"], tuple(one.get("values", ())), one.get("atLeast"), one.get("atMost"), one.get("missing", False)
    )


def _reasons(one: Document | None) -> Reasons | None:
    if one is None:
        return None
    factors = tuple(
        Factor(each["code"], tuple(each["columns"]), each["message"], each.get("missing", each["message"]))
        for each in one["factors"]
    )
    return Reasons(factors, one.get("limit", 4), one.get("minimum", 0.02), one.get("minimumShare", 0.05))


def _synthetic(one: Document | None) -> Synthetic | None:
    if one is None:
        return None
    columns = {
        name: Counts(dict(each["counts"])) if "counts" in each else Distribution(**each)
        for name, each in one["columns"].items()
    }
    return Synthetic(columns, one.get("prefix", ""), _synthetic_label(one.get("label")))


def _synthetic_label(one: Document | None) -> SyntheticLabel | None:
    if one is None:
        return None
    rates = {value: (pair[0], pair[1]) for value, pair in one["rates"].items()}
    return SyntheticLabel(one["column"], rates, tuple(Effect(**each) for each in one.get("effects", ())))
