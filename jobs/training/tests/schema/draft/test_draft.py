"""Whatever a valid file holds, its draft passes the checks, and the file fits the draft."""

import csv
import io
import random

import numpy as np
import pytest
import yaml

from loan_training.data.dataset import parse, split
from loan_training.data.reader import read_table
from loan_training.data.sparse_columns import check_sparse_columns
from loan_training.data.synthetic import as_csv, generate
from loan_training.errors import DataRefused
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session, probabilities
from loan_training.model.recipe import Recipe, fit
from loan_training.schema.document import parse_schema
from loan_training.schema.draft.decisions import decisions
from loan_training.schema.draft.document import write_draft
from loan_training.schema.draft.draft import draft_schema

ROWS = 300
WORDS = (
    *(
        "Yes",
        "No",
        "yes",
        "no",
        "on",
        "null",
        "~",
        "0",
        "1",
        "1.0",
        "1e5",
        "-3",
        "3+",
        "=1+1",
        "é",
        "日本",
        "🏦",
        "#",
        "a: b",
    ),
    *(
        "- x",
        "[1]",
        "{a}",
        "'",
        '"',
        'say "x"',
        "&a",
        "*a",
        "!t",
        "|",
        ">",
        "%",
        "@",
        "`",
        "\\",
        "\\n",
        "a#b",
        "a # b",
        "NaN",
    ),
    *(
        "NA",
        "?",
        "TODO",
        "x" * 90,
        "\u2028x",
        "\xa0y",
        "\x7f",
        "true",
        "False",
        "2020-01-01",
        "12:30:45",
        "0x1F",
        "1_000",
    ),
)
NAMES = (
    *WORDS,
    "Gender",
    "age",
    "Loan ID",
    "probability",
    "input",
    "output",
    "columns",
    "Café au lait",
    " padded ",
    "a/b",
)


def written(columns, spaces=False):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    pad = "  " if spaces else ""
    writer.writerow([f"{pad}{name}" for name in columns])
    writer.writerows(zip(*[[f"{pad}{value}" for value in values] for values in columns.values()], strict=True))
    return text.getvalue().encode()


def drafted(content, name="file.csv", **options):
    draft = draft_schema(read_table(content, name), name, **options)
    return draft, write_draft(draft)


def label(rng, rows=ROWS):
    return [rng.choice("YN") for _ in range(rows)]


def random_column(rng, rows=ROWS):
    kind = rng.choice(
        ["words", "words", "numbers", "whole", "codes", "unique", "constant", "empty", "text", "large", "mixed"]
    )
    missing = rng.choice([0, 0, 0.1, 0.9])
    few = rng.sample(WORDS, rng.randint(1, 12))
    make = {
        "words": lambda row: rng.choice(few),
        "numbers": lambda row: f"{rng.lognormvariate(8, 2):.{rng.randint(0, 4)}f}",
        "whole": lambda row: str(rng.randint(-5, 400)),
        "codes": lambda row: rng.choice(["0", "1", "2"]),
        "unique": lambda row: f"LP{row:06d}",
        "constant": lambda row: few[0],
        "empty": lambda row: "",
        "text": lambda row: f"{rng.choice(WORDS)} {rng.random()}",
        "large": lambda row: f"{rng.random() * 10 ** rng.randint(-30, 35):g}",
        "mixed": lambda row: rng.choice(["12", "7.5", rng.choice(WORDS)]),
    }[kind]
    return ["" if rng.random() < missing else make(row) for row in range(rows)]


def random_file(rng, spaces=False):
    names = rng.sample([name for name in NAMES if name.strip()], rng.randint(1, 12))
    columns = {"score": [str(rng.randint(300, 850)) for _ in range(ROWS)]}
    columns |= {name: random_column(rng) for name in names if name.strip() != "score"}
    columns["loan_status"] = label(rng)
    return written(columns, spaces)


@pytest.mark.parametrize("seed", [*range(40), 232])
def test_a_random_file_fits_the_schema_that_is_drafted_from_it(seed):
    content = random_file(random.Random(seed), spaces=seed % 3 == 0)
    draft, text = drafted(content)
    schema = parse_schema(text.encode(), "draft.yaml")
    dataset = parse(content, "file.csv", schema)
    assert len(dataset) == ROWS
    width = len(read_table(content, "").header)
    assert len(schema.columns) + len(schema.ignored) + bool(schema.identifier) + 1 == width
    assert parse(dataset.to_csv().encode(), "again.csv", schema).fingerprint() == dataset.fingerprint()
    made = as_csv(schema, generate(schema, 50, 1))
    assert len(parse(made.encode(), "made.csv", schema, minimum_rows_per_label=0)) == 50
    assert decisions(draft)


@pytest.mark.parametrize("seed", range(4))
def test_a_model_of_a_drafted_schema_gives_the_same_probabilities_as_its_graph(seed):
    content = random_file(random.Random(100 + seed))
    _, text = drafted(content)
    dataset = parse(content, "file.csv", parse_schema(text.encode(), "draft.yaml"))
    check_sparse_columns(dataset.applications, dataset.schema.scored, "file.csv")
    training, holdout = split(dataset)
    model = fit(Recipe.default("logistic_regression", seed=7), training)
    served = probabilities(open_session(export(model)), holdout.applications)
    np.testing.assert_allclose(served, model.probabilities(holdout.applications), atol=1e-5)


def test_300_columns_are_drafted():
    rng = random.Random(5)
    columns = {f"column {place}": [str(rng.randint(0, 99)) for _ in range(ROWS)] for place in range(300)}
    content = written(columns | {"target": label(rng)})
    _, text = drafted(content)
    schema = parse_schema(text.encode(), "draft.yaml")
    assert len(schema.scored) == 300
    assert len(schema.reasons.factors) == 12
    parse(content, "file.csv", schema)


def test_words_that_may_name_persons_are_not_written():
    rng = random.Random(1)
    people = [f"Person{rng.randint(0, 150)} Surname" for _ in range(ROWS)]
    notes = [f"called {rng.randint(0, 10**9)}" for _ in range(ROWS)]
    cities = [rng.choice(["Rome", "Oslo"]) for _ in range(ROWS)]
    _, text = drafted(written({"name": people, "notes": notes, "city": cities, "status": label(rng)}))
    assert "Surname" not in text
    assert "called" not in text
    assert "Rome" in text


def column_of(text, name):
    return next(one for one in yaml.safe_load(text)["columns"] if one["name"] == name)


def test_columns_get_the_kind_that_they_look_like():
    rng = random.Random(2)
    columns = {
        "loan_id": [str(row) for row in range(1, ROWS + 1)],
        " education": [rng.choice([" Graduate", "Not Graduate", "graduate"]) for _ in range(ROWS)],
        "no_of_dependents": [str(rng.randint(0, 5)) for _ in range(ROWS)],
        "Annual Income (EUR)": [str(rng.randint(2000, 90_000)) for _ in range(ROWS)],
        "has_card": [rng.choice("01") for _ in range(ROWS)],
        "opened": [f"2020-{rng.randint(1, 12):02d}-01" for _ in range(ROWS)],
        "empty": [""] * ROWS,
        "age": [str(rng.randint(18, 80)) for _ in range(ROWS)],
        "mortgage": [str(rng.randint(0, 9000)) for _ in range(ROWS)],
        " loan_status": [rng.choice([" Approved", " Rejected"]) for _ in range(ROWS)],
    }
    draft, text = drafted(written(columns))
    document = yaml.safe_load(text)
    assert document["identifier"] == {"column": "loan_id"}
    assert document["label"] == {"column": "loan_status", "positive": ["Approved"], "negative": ["Rejected"]}
    assert document["ignored"] == ["opened", "empty"]
    assert document["groups"]["watched"] == ["no_of_dependents"]
    assert column_of(text, "education")["aliases"]
    assert column_of(text, "no_of_dependents")["type"] == "category"
    assert column_of(text, "Annual_Income_EUR")["headers"] == ["Annual Income (EUR)"]
    assert column_of(text, "Annual_Income_EUR")["maximum"] == 100_000
    assert column_of(text, "has_card")["levels"] == [0, 1]
    assert column_of(text, "age")["use"] == "protected"
    assert "use" not in column_of(text, "mortgage")
    assert not any("better" in one for one in document["columns"])
    assert any("age" in decision and "bands" in decision for decision in decisions(draft))


@pytest.mark.parametrize(
    ("name", "values", "positive"),
    [
        ("loan_status", "YN", ["Y"]),
        ("Approved", "01", ["1"]),
        ("default", "01", ["0"]),
        ("defaulted", ["yes", "no"], ["no"]),
        ("SeriousDlqin2yrs", "01", ["0"]),
        ("class", ["good", "bad"], ["good"]),
        ("loan_status", ["Fully Paid", "Charged Off"], ["Fully Paid"]),
        ("whatever", ["accept", "x"], ["accept"]),
    ],
)
def test_the_label_and_its_positive_value_are_guessed(name, values, positive):
    rng = random.Random(3)
    columns = {"score": [str(rng.random()) for _ in range(ROWS)], name: [rng.choice(values) for _ in range(ROWS)]}
    _, text = drafted(written(columns))
    assert yaml.safe_load(text)["label"]["positive"] == positive


def test_a_column_that_almost_equals_the_label_is_told_and_not_scored():
    rng = random.Random(4)
    status = label(rng)
    columns = {
        "score": [str(rng.random()) for _ in range(ROWS)],
        "paid_back": ["1" if one == "Y" else "0" for one in status],
        "closed": [("2" if one == "Y" else "") for one in status],
        "status": status,
    }
    draft, text = drafted(written(columns))
    assert [one.name for one in draft.suspects] == ["paid_back", "closed"]
    assert column_of(text, "paid_back")["use"] == "accepted"
    assert any(decision.startswith("Leakage") for decision in decisions(draft))


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"a": "ab", "b": ["1", "2", "3"]}, {}, "no column looks like the label"),
        ({"a": "ab", "b": ["1", "2", "3"]}, {"label": "b"}, "--positive WORD names"),
        ({"a": "ab", "b": "xy"}, {"label": "c"}, "--label 'c' is not a column"),
        ({"a": "ab", "b": "xy"}, {"label": "b", "positive": ("z",)}, "--positive 'z' is not a value"),
        ({"a": "ab", "b": "xy"}, {"label": "b", "positive": ("x", "y")}, "no value is negative"),
        ({"a": "ab", "b": ["x", "y", ""]}, {"label": "b"}, "rows have no label"),
        ({"a": "ab", "b": "x"}, {"label": "b"}, "all rows have the same value"),
        ({"a": ["", ""], "b": "xy"}, {"label": "b"}, "no column is left that a model could score"),
        ({"a" * 200: "ab", "b": "xy"}, {}, "at most 128"),
    ],
)
def test_a_file_without_what_a_schema_needs_is_refused(columns, options, message):
    rng = np.random.default_rng(1)
    content = written({name: rng.choice(list(values), 200).tolist() for name, values in columns.items()})
    with pytest.raises(DataRefused, match=message):
        drafted(content, **options)


def test_numbers_with_a_word_for_missing_name_the_option_that_reads_it():
    rng = random.Random(6)
    columns = {
        "income": [rng.choice(["NA", str(rng.randint(100, 9999))]) for _ in range(ROWS)],
        "score": [str(rng.random()) for _ in range(ROWS)],
        "status": label(rng),
    }
    content = written(columns)
    _, text = drafted(content)
    assert "--missing-values NA" in text
    parse(content, "file.csv", parse_schema(text.encode(), "draft.yaml"))
