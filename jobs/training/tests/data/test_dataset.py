import gzip
import io
import math
import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from loan import LABEL, LOAN, NAMES
from loan_training.data.dataset import (
    HOLDOUT_SHARE,
    MINIMUM_HOLDOUT_ROWS_PER_LABEL,
    SUFFICIENT_ROWS_PER_LABEL,
    parse,
    split,
)
from loan_training.data.reading import Reading
from loan_training.data.source import read_source
from loan_training.errors import DataRefused

CSV = read_source("synthetic:200:3", 1 << 20, LOAN).decode()
HEADER, *ROWS = CSV.splitlines()
COLUMNS = HEADER.split(",")


def altered(row: int, column: str, value: str) -> bytes:
    """The file with one value replaced; `row` counts data lines from 1."""
    lines = list(ROWS)
    values = lines[row - 1].split(",")
    values[COLUMNS.index(column)] = value
    lines[row - 1] = ",".join(values)
    return "\n".join([HEADER, *lines]).encode()


def test_reads_a_file_with_either_line_end_and_with_or_without_identifiers():
    plain = parse(CSV.encode(), "plain.csv", LOAN)
    windows = parse(CSV.replace("\n", "\r\n").encode(), "windows.csv", LOAN)
    anonymous = parse("\n".join(line.split(",", 1)[1] for line in [HEADER, *ROWS]).encode(), "anonymous.csv", LOAN)
    marked = parse(b"\xef\xbb\xbf" + CSV.encode(), "marked.csv", LOAN)
    assert plain.fingerprint() == windows.fingerprint() == anonymous.fingerprint() == marked.fingerprint()
    assert list(plain.applications.columns) == list(NAMES)
    assert len(plain) == 200


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("ApplicantIncome", "many", "a number from 0 to 10,000,000"),
        ("ApplicantIncome", "-1", "a number from 0 to 10,000,000"),
        ("ApplicantIncome", "inf", "a number from 0 to 10,000,000"),
        ("ApplicantIncome", "", "required"),
        ("LoanAmount", "0", "a number from 1 to 10,000"),
        ("LoanAmount", "200000", "a number from 1 to 10,000"),
        ("Loan_Amount_Term", "601", "a number from 1 to 600"),
        ("Credit_History", "0.5", "one of 0, 1"),
        ("Gender", "female", "one of Male, Female"),
        ("Property_Area", "Moon", "one of Urban, Semiurban, Rural"),
        ("Dependents", "many", "one of 0, 1, 2, 3+"),
        (LABEL, "", "one of Y, N"),
        (LABEL, "yes", "one of Y, N"),
    ],
)
def test_refuses_a_bad_value_naming_file_row_column_value_and_rule(column, value, rule):
    with pytest.raises(DataRefused) as refused:
        parse(altered(17, column, value), "loans.csv", LOAN)
    message = str(refused.value)
    assert message.startswith(f"loans.csv: row 17 (line 18), column {column}: ")
    assert (value.lstrip("-") or "no value") in message
    assert rule in message
    assert refused.value.exit_code == 2


def test_shows_the_first_bad_values_and_counts_the_rest():
    with pytest.raises(DataRefused) as refused:
        parse(CSV.replace("Semiurban", "Suburb").encode(), "loans.csv", LOAN)
    *shown, rest = str(refused.value).splitlines()
    assert len(shown) == 5
    assert rest.endswith("more bad values")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (HEADER.encode(), "no rows below the header"),
        (CSV.replace("Credit_History", "CreditHistory").encode(), "column 'Credit_History' is missing"),
        (CSV.replace("Credit_History", "CreditHistory").encode(), "column 'CreditHistory' is not known"),
        ("\n".join(line.rsplit(",", 1)[0] for line in [HEADER, *ROWS]).encode(), f"column {LABEL!r} is missing"),
        (CSV.encode().replace(b"Urban", b"\xff"), "is not UTF-8"),
        ("\n".join([HEADER, ROWS[0], ROWS[1] + ",1,2"]).encode(), "line 3"),
        ("\n".join([HEADER, *ROWS[:20]]).encode(), "at least 25 are needed"),
    ],
)
def test_refuses_a_file_that_is_not_a_training_file(content, message):
    with pytest.raises(DataRefused, match=r"loans\.csv") as refused:
        parse(content, "loans.csv", LOAN)
    assert message in str(refused.value)


def test_reads_an_alias_as_the_value_that_it_means():
    assert parse(altered(5, "Dependents", "3"), "a", LOAN).applications["Dependents"][4] == "3+"


def test_accepts_terms_of_real_applications():
    terms = parse(altered(1, "Loan_Amount_Term", "6"), "a", LOAN).applications["Loan_Amount_Term"]
    assert terms[0] == 6


def test_a_row_stays_on_its_side_when_the_file_grows(dataset):
    _, holdout = split(dataset)
    _, smaller = split(dataset.take(np.arange(400)))
    lines = set(holdout.to_csv().splitlines())
    assert set(smaller.to_csv().splitlines()) <= lines


def test_copies_of_an_application_are_on_one_side(dataset):
    doubled = dataset.take(np.concatenate([np.arange(len(dataset)), np.arange(len(dataset))]))
    training, holdout = split(doubled)
    sides = [set(side.applications.to_csv(index=False, header=False).splitlines()) for side in (training, holdout)]
    assert not sides[0] & sides[1]


def test_about_a_fifth_is_held_out(dataset):
    training, holdout = split(dataset)
    assert len(training) + len(holdout) == len(dataset)
    assert 0.15 < len(holdout) / len(dataset) < 0.25


def test_a_file_with_too_few_rows_for_both_sides_is_refused_with_its_name_the_side_and_the_minimum(dataset):
    with pytest.raises(DataRefused, match=r"on the holdout side, .* at least 5 of each label are needed") as refused:
        split(dataset.take(np.arange(20)), "few.csv")
    assert str(refused.value).startswith("few.csv: too few rows: of 20 rows, ")
    assert "60 rows of each label are enough in 99 of 100 files" in str(refused.value)


def test_the_rows_that_are_said_to_be_enough_are_the_fewest_that_are():
    def enough(rows):
        share = HOLDOUT_SHARE
        few = range(MINIMUM_HOLDOUT_ROWS_PER_LABEL)
        return (1 - sum(math.comb(rows, held) * share**held * (1 - share) ** (rows - held) for held in few)) ** 2

    assert enough(SUFFICIENT_ROWS_PER_LABEL) >= 0.99 > enough(SUFFICIENT_ROWS_PER_LABEL - 2)


@pytest.mark.parametrize("seed", range(200))
def test_a_cut_file_gives_its_first_rows_or_is_refused_whatever_the_order_of_its_columns(seed):
    rng = random.Random(seed)
    order = rng.sample(range(len(COLUMNS)), len(COLUMNS))
    text = "".join(",".join(line.split(",")[place] for place in order) + "\n" for line in [HEADER, *ROWS])
    whole = parse(text.encode(), "whole.csv", LOAN)
    cut = text[: rng.randrange(len(text) - len(text) // 4, len(text))]
    try:
        found = parse(cut.encode(), "cut.csv", LOAN, minimum_rows_per_label=1)
    except DataRefused as refused:
        assert f"(line {cut.count(chr(10)) + 1})" in str(refused)
    else:
        assert found.to_csv() == whole.take(np.arange(len(found))).to_csv()


@pytest.mark.parametrize(
    ("column", "value", "hint"),
    [
        ("ApplicantIncome", "5_849", "without _"),
        ("ApplicantIncome", "\uff15\uff18", "digits 0 to 9"),
        ("LoanAmount", "nan", "--missing-values 'nan' reads it"),
        ("Gender", "NA", "--missing-values 'NA' reads it"),
    ],
)
def test_a_value_that_python_alone_would_take_is_refused_with_what_to_do(column, value, hint):
    with pytest.raises(DataRefused) as refused:
        parse(altered(17, column, value), "loans.csv", LOAN)
    assert f"row 17 (line 18), column {column}: {value!r}" in str(refused.value)
    assert hint in str(refused.value)


def test_reads_semicolons_decimal_commas_and_words_for_missing_values():
    text = CSV.replace(",", ";").replace(";128;", ";128,0;").replace(";;", ";NA;").replace(";;", ";NA;")
    reading = Reading(delimiter=";", decimal=",", missing_values=("NA",))
    assert (
        parse(text.encode(), "a", LOAN, reading=reading).fingerprint() == parse(CSV.encode(), "a", LOAN).fingerprint()
    )


def test_gzip_and_parquet_give_the_same_rows():
    frame = pd.read_csv(io.StringIO(CSV))
    parquet = io.BytesIO()
    frame.to_parquet(parquet)
    expected = parse(CSV.encode(), "a", LOAN).fingerprint()
    assert parse(gzip.compress(CSV.encode()), "a", LOAN).fingerprint() == expected
    assert parse(parquet.getvalue(), "a", LOAN).fingerprint() == expected


def thousands(text, form):
    """The file with `;`, and the applicants' incomes written by `form`."""
    at = COLUMNS.index("ApplicantIncome")
    lines = [line.split(",") for line in text.strip().splitlines()]
    for line in lines[1:]:
        line[at] = form(int(line[at]))
    return "".join(";".join(line) + "\n" for line in lines).encode()


def test_a_point_that_looks_like_a_thousands_separator_is_refused():
    european = thousands(CSV, lambda income: f"{income:,}".replace(",", "."))
    reading = Reading(delimiter=";")
    with pytest.raises(DataRefused, match=r"looks like a thousands separator; .* state --decimal '\.'"):
        parse(european, "a.csv", LOAN, reading=reading)
    assert len(parse(european, "a.csv", LOAN, reading=replace(reading, decimal_stated=True))) == 200


@pytest.mark.parametrize(
    "form", [lambda income: f"{income}.5", lambda income: f"{income}.125" if income % 2 else "7.25"]
)
def test_other_decimals_are_no_thousands_separators(form):
    assert len(parse(thousands(CSV, form), "a.csv", LOAN, reading=Reading(delimiter=";"))) == 200


def test_copies_with_minus_zero_are_copies():
    once = altered(3, "CoapplicantIncome", "0").decode()
    assert (
        parse(once.encode(), "a", LOAN).fingerprint()
        == parse(altered(3, "CoapplicantIncome", "-0"), "a", LOAN).fingerprint()
    )
