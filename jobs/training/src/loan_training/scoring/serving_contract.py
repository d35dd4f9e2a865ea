"""Reads serving.json, and checks that its members agree with each other, as a server does."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import jsonschema

from loan_training.artifact.serving_json import serving_schema
from loan_training.errors import ModelRefused
from loan_training.scoring.field_rules import Rejection, accepted_range, field_rule
from loan_training.scoring.json_values import fround, shown_number

SHOWN_PROBLEMS = 5


class ServingContract:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.fields: list[dict[str, Any]] = document["fields"]
        self.names = tuple(field["name"] for field in self.fields)
        # None: the graph reads a tensor for each field. Else the matrix that the graph reads.
        self.encoding: dict[str, str] | None = document.get("encoding")
        self.output: str = document["output"]
        self.output_classes: list[str] | None = document.get("outputClasses")
        self.decision: dict[str, Any] = document["decision"]
        self.reasons: dict[str, Any] | None = document.get("reasons")
        self._rules = [(name, field_rule(field)) for name, field in zip(self.names, self.fields, strict=True)]

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(field["name"] for field in self.fields if field["required"])

    def decode(self, values: Any) -> list[str | float] | Rejection:
        """The values of a row in the order of the fields, or the first field that breaks its rule."""
        decoded = []
        for name, rule in self._rules:
            value = rule(values.get(name))
            if isinstance(value, Rejection):
                return value
            decoded.append(value)
        return decoded


def parse_contract(content: bytes) -> ServingContract:
    """Raises ModelRefused, which names the place and the rule."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelRefused(f"serving.json is not JSON: {error}") from error
    return check_contract(document)


def check_contract(document: Any) -> ServingContract:
    validator = jsonschema.Draft202012Validator(serving_schema())
    faults = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]
    if faults:
        raise ModelRefused(f"serving.json breaks its schema: {'; '.join(faults[:SHOWN_PROBLEMS])}")
    faults = _contradictions(document)
    if faults:
        raise ModelRefused(f"serving.json contradicts itself: {'; '.join(faults[:SHOWN_PROBLEMS])}")
    return ServingContract(document)


def _contradictions(document: dict[str, Any]) -> list[str]:
    fields = {field["name"]: field for field in document["fields"]}
    names = [field["name"] for field in document["fields"]]
    faults = [f"field {name} is given more than once" for name in fields if names.count(name) > 1]
    for field in document["fields"]:
        faults += _number_faults(field) if field["type"] == "number" else _alias_faults(field)
    faults += [
        f"group {group} is not a string field"
        for group in document.get("groups", ())
        if fields.get(group, {}).get("type") != "string"
    ]
    positive, classes = document["decision"]["positiveClass"], document.get("outputClasses")
    if classes is not None and positive not in classes:
        faults.append(f"outputClasses are {json.dumps(classes)}, without decision.positiveClass {json.dumps(positive)}")
    return faults + _reason_faults(document.get("reasons"), fields)


def _number_faults(field: dict[str, Any]) -> list[str]:
    name, faults, seen = field["name"], [], set()
    lowest, highest = accepted_range(field)
    if "minimum" in field and "maximum" in field and field["minimum"] > field["maximum"]:
        faults.append(f"{name} has minimum {field['minimum']} above maximum {field['maximum']}")
    for level in field.get("levels", ()):
        if not lowest <= level <= highest:
            bounds = f"{shown_number(lowest)} to {shown_number(highest)}"
            faults.append(f"level {shown_number(level)} of {name} is not a number from {bounds}")
        if fround(level) in seen:
            faults.append(f"level {shown_number(level)} of {name} equals another level as float32")
        seen.add(fround(level))
    return faults


def _alias_faults(field: dict[str, Any]) -> list[str]:
    return [
        f"alias {alias} of {field['name']} means {value}, which is not allowed"
        for alias, value in field.get("aliases", {}).items()
        if value not in field["values"]
    ]


def _reason_faults(reasons: dict[str, Any] | None, fields: dict[str, dict[str, Any]]) -> list[str]:
    if reasons is None:
        return []
    faults = []
    used: set[str] = set()
    for factor in reasons["factors"]:
        for name, better in factor["fields"].items():
            kind = fields.get(name, {}).get("type")
            if kind is None:
                faults.append(f"factor {factor['code']} names {name}, which is not a field")
            elif kind == "string" and better != "different":
                faults.append(f"factor {factor['code']} says {better} of {name}, whose words have no order")
            if name in used:
                faults.append(f"field {name} is in more than one factor")
            used.add(name)
    # The reference need not hold a field of no factor.
    for name in used & fields.keys():
        field = fields[name]
        value = field_rule(field)(reasons["reference"].get(name))
        if isinstance(value, Rejection):
            faults.append(f"reasons.reference: {value.message}")
    return faults
