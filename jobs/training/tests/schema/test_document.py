from importlib import resources

import pytest

from loan_training.errors import SchemaRefused
from loan_training.schema.document import load_schema, parse_schema


@pytest.fixture(scope="module")
def text():
    return resources.files("loan_training.schema").joinpath("loan-eligibility.yaml").read_text("utf-8")


def test_the_bundled_schema_knows_its_columns_and_what_it_scores():
    schema = load_schema("loan-eligibility")
    assert schema.names[:3] == ("Gender", "Married", "Dependents")
    assert schema.scored == (
        *("Education", "ApplicantIncome", "CoapplicantIncome", "LoanAmount", "Credit_History", "Property_Area"),
    )
    assert schema.sources["loan_to_income"] == ("ApplicantIncome", "CoapplicantIncome", "LoanAmount")


def test_without_features_every_scored_column_is_a_feature(text):
    start, end = text.index("# What the model scores"), text.index("# Above the largest value")
    schema = parse_schema((text[:start] + text[end:].replace("bounded: loan_to_income", "")).encode(), "my.yaml")
    assert [feature.of for feature in schema.features] == list(schema.scored)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["Yes", "No"]', "[Yes, No]", r"columns\[1\]\.values\[0\]: True is not of type 'string' \(YAML reads"),
        ("use: protected", "use: secret", r"columns\[0\]\.use: 'secret' is not one of"),
        ("  - of: Education\n", "  - of: Gender\n", "feature Gender: the column has use protected"),
        ("sum: [ApplicantIncome,", "sum: [Loan_Amount_Term,", "column Loan_Amount_Term has use accepted"),
        ("columns: [LoanAmount]", "columns: [Gender]", "reason LOAN_AMOUNT: column 'Gender' is not scored"),
        ("columns: [ApplicantIncome, CoapplicantIncome]", "columns: [ApplicantIncome]", "CoapplicantIncome belongs to"),
        ("levels: [0, 1]", "levels: [0, 2]", "Credit_History: levels holds 2, outside of 0 to 1"),
        ('"3": "3+"', '"3": "4+"', "alias '3' means '4\\+', which is not among its values"),
        ("minimum: 150, maximum", "least: 150, maximum", r"synthetic\.columns\.ApplicantIncome"),
        ("name: Married", "name: Gender", "'Gender' names more than one column"),
        ("name: total", "name: loan", "derived loan: the name is already taken"),
        ("bounded: loan_to_income", "bounded: total", "bounded: 'total' is not a feature"),
        ("judged: [Gender,", "judged: [Education,", "'Education' is judged and not watched"),
        ("threshold: 0.5", "threshold: 1.5", r"decision\.threshold"),
        ("name: Gender", "name: Gender\n    name: G", "the key 'name' is given twice"),
        ("positive: [", "positive: &p [", None),
        ("levels: [0, 1]", "levels: *p", "not allowed"),
        ("description: App", "1: App", "the key 1 is not text"),
    ],
)
def test_a_fault_is_refused_by_place_and_rule(text, old, new, message):
    assert old in text
    document = text.replace(old, new, 1).encode()
    if message is None:
        parse_schema(document, "my.yaml")
        return
    with pytest.raises(SchemaRefused, match=message) as refused:
        parse_schema(document, "my.yaml")
    assert str(refused.value).startswith("my.yaml: ")


def test_a_missing_file_says_what_schema_takes():
    with pytest.raises(SchemaRefused, match="no such schema file; --schema takes a YAML file or loan-eligibility"):
        load_schema("nowhere.yaml")
