import csv
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from loan_training.cli import cli

ROWS = "Loan_ID,area,income,extra\nA,town,30,x\nB,village,5,x\nC,,0,x\n"


def score(*arguments):
    return CliRunner().invoke(cli, ("score", *map(str, arguments)))


@pytest.fixture
def decide(model_directory, tmp_path):
    """Scores a file with this content. Returns its output as records, and what the command said."""

    def run(content, name="rows.csv", *arguments):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        answer = score("--model-uri", model_directory, "--data", path, "--output", tmp_path / "out.jsonl", *arguments)
        assert answer.exit_code == 0, answer.output
        return [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]

    return run


def brief(records):
    return [(one["id"], one["decision"], one["error_code"]) for one in records]


def test_decides_each_row_with_id_reasons_and_identity_of_the_model(decide):
    first, second, third = decide(ROWS)
    assert (first["row"], first["id"], first["probability"], first["decision"]) == (1, "A", 0.880797, "yes")
    assert (first["decision_name"], first["positive"], first["reasons"]) == ("granted", True, [])
    assert (second["decision"], [one["code"] for one in second["reasons"]]) == ("no", ["INCOME", "AREA"])
    assert [one["message"] for one in third["reasons"]] == ["low income", "no area"]
    assert sum(one["contribution"] for one in second["reasons"]) == pytest.approx(0.182426 - 0.880797, abs=3e-6)
    assert (first["model"], first["version"]) == ("granting", None)
    assert first["digest"].startswith("sha256:")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (ROWS, "rows.csv"),
        (gzip.compress(ROWS.encode()), "rows.csv.gz"),
        (ROWS.replace(",", ";").encode("utf-16"), "wide.csv"),
        ('{"input": {"area": "town", "income": 30}, "request_id": "A"}\n\n{"input": {"area": "village", "income": 5}, '
         '"request_id": "B"}\n{"area": "", "income": 0, "id": "C"}', "rows.jsonl"),
    ],
)  # fmt: skip
def test_reads_every_format_alike(content, name, decide):
    options = ("--delimiter", ";", "--encoding", "utf-16") if name == "wide.csv" else ()
    assert brief(decide(content, name, *options)) == [("A", "yes", None), ("B", "no", None), ("C", "no", None)]


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.float16(), pa.int8(), pa.decimal128(5, 2)])
def test_reads_parquet(decide, kind):
    incomes = pa.array([30, None], pa.int8()).cast(kind)
    table = pa.table({"id": [7, 8], "income": incomes, "area": pa.array(["town", None]).dictionary_encode()})
    file = io.BytesIO()
    pq.write_table(table, file)
    assert brief(decide(file.getvalue(), "rows.parquet")) == [("7", "yes", None), ("8", None, "missing_field")]


def test_an_invalid_row_is_a_row_of_the_output(decide):
    content = (
        b'id,area,income\n1,town,30\n2,city,30\n3,town,1e9\n4,town,x\n5,town,\n6,town\n\n7,"town,30\n8,town,30\n'
    ) + b"9,\xff,30\n10,town,30\n\n\n"
    assert brief(decide(content)) == [
        ("1", "yes", None),
        ("2", None, "unknown_category"),
        ("3", None, "out_of_range"),
        ("4", None, "wrong_type"),
        ("5", None, "missing_field"),
        ("6", None, "invalid_envelope"),
        ("", None, "invalid_envelope"),
        ("", None, "invalid_envelope"),
        ("8", "yes", None),
        ("", None, "invalid_envelope"),
        ("10", "yes", None),
    ]


def test_an_invalid_record_names_code_field_and_message(decide):
    records = decide('nothing\n{"input": {"income": 1e9}, "request_id": "a"}\n[]\n', "rows.jsonl")
    assert [one["error_code"] for one in records] == ["not_json", "out_of_range", "invalid_envelope"]
    assert records[1]["error_field"] == "income"
    assert records[1]["error_message"] == "income is 1000000000: it must be a number from 0 to 100"
    assert records[1]["probability"] is None


def test_strict_ends_with_2_and_writes_the_output(model_directory, tmp_path):
    (tmp_path / "rows.csv").write_text("area,income\ntown,500\n")
    out = tmp_path / "out.csv"
    answer = score("--model-uri", model_directory, "--data", tmp_path / "rows.csv", "--output", out, "--strict")
    assert answer.exit_code == 2
    (row,) = csv.DictReader(io.StringIO(out.read_text()))
    assert row["error_code"] == "out_of_range"
    assert "1 invalid (out_of_range 1)" in answer.stderr


def test_writes_parquet_with_stable_types(model_directory, tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    out = tmp_path / "out.parquet"
    assert score("--model-uri", model_directory, "--data", tmp_path / "rows.csv", "--output", out).exit_code == 0
    table = pq.read_table(out)
    assert table.schema.field("probability").type == pa.float64()
    assert json.loads(table["reasons"][1].as_py())[0]["code"] == "INCOME"


def test_a_schema_maps_other_headers(decide, tmp_path):
    schema = tmp_path / "schema.yaml"
    schema.write_text(
        "name: granting\nidentifier: {column: key}\n"
        "label: {column: granted, positive: ['1'], negative: ['0']}\n"
        "decision: {name: granted, positive: 'yes', negative: 'no'}\n"
        "columns:\n"
        "- {name: area, type: category, values: [town, village], headers: [Region]}\n"
        "- {name: income, type: number, minimum: 0, maximum: 100, headers: [Income p.a.]}\n"
    )
    content = "key,Region,Income p.a.\nA,town,30\n"
    assert brief(decide(content, "rows.csv", "--schema", schema)) == [("A", "yes", None)]


def test_a_file_without_a_required_column_is_refused_before_a_row_is_written(model_directory, tmp_path):
    (tmp_path / "rows.csv").write_text("area,Income\ntown,30\n")
    out = tmp_path / "out.csv"
    answer = score("--model-uri", model_directory, "--data", tmp_path / "rows.csv", "--output", out)
    assert answer.exit_code == 2
    assert "column 'income' is missing (is it 'Income'?)" in answer.output
    assert not out.exists()


def test_a_failure_leaves_no_half_file(model_directory, tmp_path, monkeypatch):
    (tmp_path / "rows.csv").write_text(ROWS)
    out = tmp_path / "out.csv"
    out.write_text("earlier")
    monkeypatch.setattr("loan_training.scoring.batch.decide_chunk", lambda *_: 1 / 0)
    answer = score("--model-uri", model_directory, "--data", tmp_path / "rows.csv", "--output", out)
    assert isinstance(answer.exception, ZeroDivisionError)
    assert out.read_text() == "earlier"
    assert not list(tmp_path.glob(".*partial"))


def test_the_rows_are_decided_in_chunks(decide):
    content = "income\n" + "30\n" * 20_001
    assert [one["row"] for one in decide(content)] == list(range(1, 20_002))


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("request_id,Loan_ID", 0),
        ("x,id", 1),
        ("x,Loan_ID", 1),
        ("x,loanId", 1),
        ("amount_paid,PAID", None),
        ("Loan_ID,Branch_ID", None),
    ],
)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_the_id_is_found_by_its_name(decide, header, named, form):
    row = dict(zip(header.split(","), ["a", "b"], strict=True)) | {"income": "30"}
    text = f"{','.join(row)}\n{','.join(row.values())}\n" if form == "csv" else json.dumps(row)
    (record,) = decide(text, f"rows.{form}")
    assert (record["id"], record["decision"]) == ("" if named is None else "ab"[named], "yes")


def test_a_point_in_a_number_with_a_decimal_comma_is_a_fault(decide):
    records = decide("income\n30,5\n30.5\n1.030\n", "rows.csv", "--decimal", ",", "--delimiter", ";")
    assert [one["error_code"] for one in records] == [None, "wrong_type", "wrong_type"]
    assert "with --decimal ',' a number has no point" in records[1]["error_message"]


def test_the_scored_file_is_not_replaced(model_directory, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    answer = score("--model-uri", model_directory, "--data", path, "--output", tmp_path / "." / "rows.csv")
    assert answer.exit_code == 2
    assert path.read_text() == ROWS
