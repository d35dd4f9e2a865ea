import pytest

from loan_training.data.header import MAXIMUM_COLUMNS, match_header, refuse_names
from loan_training.errors import DataRefused

NAMES = {"Credit_History": ("cibil",), "LoanAmount": (), "Loan_ID": ()}
OPTIONAL = frozenset({"Loan_ID"})


def test_a_name_matches_exactly_or_as_another_name_without_spaces_around():
    assert match_header([" cibil ", "LoanAmount"], NAMES, OPTIONAL, "f") == {
        "Credit_History": " cibil ",
        "LoanAmount": "LoanAmount",
    }


@pytest.mark.parametrize("near", ["credit_history", "CreditHistory", "Credit History", "Credit_Histroy"])
def test_a_near_name_is_refused_and_told(near):
    with pytest.raises(DataRefused, match="did you mean 'Credit_History'") as refused:
        match_header([near, "LoanAmount"], NAMES, OPTIONAL, "f.csv")
    assert f"f.csv: header: column 'Credit_History' is missing; column {near!r} is not known" in str(refused.value)


def test_two_names_of_one_column_are_refused():
    with pytest.raises(DataRefused, match="columns 'Credit_History' and 'cibil' both mean 'Credit_History'"):
        match_header(["Credit_History", "cibil", "LoanAmount"], NAMES, OPTIONAL, "f")


def test_a_header_has_a_limit_of_columns():
    header = [f"c{place}" for place in range(MAXIMUM_COLUMNS + 1)]
    refuse_names(header[:-1], "f.csv")
    with pytest.raises(DataRefused, match=r"^f\.csv: header: 2,001 columns; rule: at most 2,000"):
        refuse_names(header, "f.csv")
