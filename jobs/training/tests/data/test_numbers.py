import math

import pytest

from loan_training.data.numbers import NotANumber, parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("-3", -3), ("5849", 5849), ("007", 7), ("1508.0", 1508), (".5", 0.5), ("1e-05", 1e-5), ("1E+3", 1000)],
)
def test_ascii_decimals_are_numbers(text, number):
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["-0", "-0.0", "-.0", "-0e5"])
def test_minus_zero_is_zero(text):
    assert math.copysign(1, parse_number(text)) == 1


def test_an_empty_text_is_a_missing_number():
    assert math.isnan(parse_number(""))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("5_849", "without _"),
        ("\uff15\uff18\uff14\uff19", "with the digits 0 to 9"),
        ("\u0665\u0668\u0664\u0669", "with the digits 0 to 9"),
        ("nan", "--missing-values 'nan' reads it"),
        ("NA", "--missing-values 'NA' reads it"),
        ("null", "--missing-values"),
        ("None", "--missing-values"),
        ("?", "--missing-values"),
        ("inf", "digits with a decimal point"),
        ("Infinity", "digits with a decimal point"),
        ("1e999", "too large"),
        ("0x1F", "digits with a decimal point"),
        ("+5", "without a +"),
        ("5,849", "without thousands separators; for a decimal comma use --decimal ','"),
        ("5'849", "without thousands separators"),
        ("5 849", "without thousands separators"),
        ("5\u00a0849", "without thousands separators"),
        ("1.234.567", "without thousands separators"),
        ("$5", "digits with a decimal point"),
        ("5.", "digits with a decimal point"),
        ("1e", "digits with a decimal point"),
        ("--5", "digits with a decimal point"),
        ("½", "digits with a decimal point"),
        ("²", "with the digits 0 to 9"),
    ],
)
def test_other_text_is_refused_with_what_to_do(text, hint):
    with pytest.raises(NotANumber) as refused:
        parse_number(text)
    assert hint in str(refused.value)


def test_a_decimal_comma_is_read_if_the_option_says_so():
    assert parse_number("1234,5", ",") == 1234.5
    for text in ("1.234,5", "1234.5", "1,234,5"):
        with pytest.raises(NotANumber):
            parse_number(text, ",")
