import json
import math
from pathlib import Path

import pytest

from loan_training.scoring.field_rules import Rejection
from loan_training.scoring.json_values import fround, shown_number
from loan_training.scoring.records import RECORD_BYTES, parse_record
from loan_training.scoring.serving_contract import check_contract

# The inference service reads the same table in its tests, so both runtimes validate alike.
LINES = Path(__file__).with_name("record-cases.jsonl").read_text("utf-8").rstrip("\n").split("\n")
CONTRACT, *CASES = (json.loads(line, parse_int=float) for line in LINES)


def decoded(record, contract):
    row = parse_record(record.encode(), ())
    values = row.rejection or contract.decode(row.values)
    if isinstance(values, Rejection):
        rejection = {"code": values.code, "message": values.message} | ({"field": values.field} if values.field else {})
        return {"id": row.id, "rejection": rejection}
    return {"id": row.id, "row": [plain(value) for value in values]}


def plain(value):
    if isinstance(value, str):
        return value
    return None if math.isnan(value) else fround(value)


def test_every_record_of_the_table_has_the_row_or_the_rejection_of_the_service():
    contract = check_contract(CONTRACT)
    found = [{"record": case["record"], "expected": decoded(case["record"], contract)} for case in CASES]
    assert found == CASES
    assert len(found) > 500


@pytest.mark.parametrize(
    ("number", "text"),
    [(1.0, "1"), (-0.0, "0"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1.5e-7, "1.5e-7"), (1e-6, "0.000001")],
)
def test_shows_a_number_as_javascript_does(number, text):
    assert shown_number(number) == text


def test_a_record_that_is_too_large_is_not_parsed():
    assert parse_record(b"[" * (RECORD_BYTES + 1), ()).rejection.code == "too_large"


def test_a_deep_record_is_a_rejection():
    assert parse_record(b"[" * 200_000, ()).rejection.code in ("not_json", "invalid_envelope")


def test_flat_fields_may_name_their_id():
    assert parse_record(b'{"Loan_ID": "LP1", "months": 1}', ("id", "Loan_ID")).id == "LP1"
