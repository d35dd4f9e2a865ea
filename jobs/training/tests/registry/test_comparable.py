"""A champion can be compared only if its fields accept the rows."""

import json

import pytest

from loan import LOAN
from loan_training.artifact.serving_json import build_serving
from loan_training.registry.comparable import why_incomparable
from loan_training.scoring.serving_contract import parse_contract


@pytest.fixture(scope="module")
def document(session, training):
    return json.loads(build_serving(session, training, 7, 0.5))


def fault(document, applications, **fields):
    """The fault of a champion with these members of fields changed."""
    changed = [field | fields.get(field["name"], {}) for field in document["fields"]]
    bare = {name: value for name, value in document.items() if name not in ("groups", "reasons")}
    return why_incomparable(parse_contract(json.dumps(bare | {"fields": changed}).encode()), applications)


def test_a_champion_of_the_same_schema_is_compared(document, training):
    assert why_incomparable(parse_contract(json.dumps(document).encode()), training.applications) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"LoanAmount": {"name": "Amount"}}, "its field Amount is not a column"),
        ({"Property_Area": {"values": ["Urban", "Rural"]}}, "Property_Area is"),
        ({"LoanAmount": {"maximum": 20}}, "from 1 to 20"),
        ({"Credit_History": {"levels": [1]}}, "Credit_History is 0"),
        ({"LoanAmount": {"required": True}}, "LoanAmount is missing"),
        ({"Education": {"values": ["G", "N"], "aliases": {"Graduate": "G", "Not Graduate": "N"}}}, "reads"),
    ],
)
def test_the_reason_names_the_field_the_rule_and_what_to_do(document, training, changes, said):
    found = fault(document, training.applications, **changes)
    assert said in found
    assert "--promote always" in found


@pytest.mark.parametrize("column", [column.name for column in LOAN.columns])
def test_every_column_that_is_gone_is_named(document, training, column):
    assert f"field {column} is not a column" in fault(document, training.applications.drop(columns=[column]))


def test_words_for_numbers_are_named(document, training):
    words = training.applications.assign(LoanAmount="many")
    assert "LoanAmount holds numbers, and the column holds words" in fault(document, words)
