import pytest
from click.testing import CliRunner

from loan_training.cli import cli


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "made.csv"
    assert invoke("generate", "--rows", "300", "--output", str(path)).exit_code == 0
    return path


def invoke(*arguments):
    return CliRunner().invoke(cli, [str(one) for one in arguments])


def test_a_draft_is_written_checked_and_told(data, tmp_path):
    schema = tmp_path / "deep" / "my.yaml"
    drafted = invoke("schema", "infer", data, "--output", schema)
    assert drafted.exit_code == 0, drafted.output
    assert "Now decide:" in drafted.output
    assert "Loan_Status" in drafted.output
    checked = invoke("schema", "check", schema, "--data", data)
    assert checked.exit_code == 0, checked.output
    assert "300 rows fit the schema" in checked.output
    assert "still to write" in checked.output


def test_a_draft_that_a_person_has_edited_is_not_overwritten(data, tmp_path):
    schema = tmp_path / "my.yaml"
    schema.write_text("mine")
    refused = invoke("schema", "infer", data, "--output", schema)
    assert refused.exit_code == 2
    assert "--force" in refused.output
    assert schema.read_text() == "mine"
    assert invoke("schema", "infer", data, "--output", schema, "--force").exit_code == 0
    assert schema.read_text() != "mine"


def test_without_output_the_draft_alone_goes_to_standard_output(data):
    drafted = invoke("schema", "infer", data)
    assert drafted.stdout.startswith("# yaml-language-server")
    assert "Now decide" not in drafted.stdout


def test_data_that_breaks_the_schema_is_refused(data, tmp_path):
    text = data.read_text().replace("Semiurban", "Moon")
    data.write_text(text)
    refused = invoke("schema", "check", "loan-eligibility", "--data", data)
    assert refused.exit_code == 2
    assert "'Moon'" in refused.output


def test_the_meaning_of_the_bundled_schema_is_told():
    output = invoke("schema", "check", "loan-eligibility").output
    for text in (
        "Credit_History",
        "higher is better",
        "protected",
        "loan_to_income",
        "ratio of LoanAmount, total",
        "log",
    ):
        assert text in output
    assert "still to write" not in output
