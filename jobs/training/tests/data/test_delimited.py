"""Delimited text is read as the cells that were written, or refused by line. It is never read as other cells."""

import csv
import io
import random
import re

import pytest

from loan_training.data.reader import read_table
from loan_training.data.reading import DELIMITERS, Reading
from loan_training.errors import DataRefused

ALPHABETS = ("0123456789.", "ab c", 'a"', ",;|\t ", "äß€中\u00a0")
LINE = re.compile(r"\((?:line|header)[^)]*\)|line \d+|header")


def table(content, **options):
    return read_table(content, "loans.csv", Reading(**options))


def rows(found):
    return [list(row) for row in zip(*(found.cells(header) for header in found.header), strict=True)]


def refusal(content, **options):
    with pytest.raises(DataRefused, match=r"^loans\.csv: ") as refused:
        table(content, **options)
    return str(refused.value)


def written(header, body, delimiter=",", quoting=csv.QUOTE_MINIMAL, end="\n"):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([header, *body])
    return text.getvalue()


def made_up(rng):
    """A random table, and a random way of writing it."""
    width, length = rng.randint(2, 6), rng.randint(1, 20)
    header = [f"c{place}" for place in range(width)]
    body = [
        ["".join(rng.choices(rng.choice(ALPHABETS), k=rng.randint(0, 6))).strip() for _ in header]
        for _ in range(length)
    ]
    for row in body:
        # Only a schema can tell that a word is cut, so the last cell is a number. It keeps the row from being blank.
        row[-1] = str(rng.choice([0, 1, 36, 360, rng.randrange(10_000)]))
    delimiter = rng.choice(list(DELIMITERS.values()))
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    encoding = rng.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
    text = written(header, body, delimiter, quoting, rng.choice(["\n", "\r\n", "\r"]))
    options = {"delimiter": delimiter, "encoding": encoding.removesuffix("-sig")}
    return body, text, encoding, options


@pytest.mark.parametrize("seed", range(150))
def test_reads_the_cells_that_were_written(seed):
    body, text, encoding, options = made_up(random.Random(seed))
    found = table(text.encode(encoding), **options)
    assert rows(found) == body
    assert (found.first_line, len(found)) == (2, len(body))


@pytest.mark.parametrize("seed", range(300))
def test_a_cut_file_gives_its_first_rows_or_is_refused_by_line(seed):
    rng = random.Random(seed)
    body, text, _, options = made_up(rng)
    cut = text[: rng.randrange(len(text))]
    try:
        found = rows(table(cut.encode(), **options | {"encoding": "utf-8"}))
    except DataRefused as refused:
        assert LINE.search(str(refused)) or "empty" in str(refused) or "no rows" in str(refused)
    else:
        assert found == body[: len(found)]


@pytest.mark.parametrize("seed", range(300))
def test_an_inserted_delimiter_quote_line_break_or_nul_is_refused_by_line(seed):
    rng = random.Random(seed)
    body = [[rng.choice(["12", "3.5", "Urban", ""]) for _ in range(4)] + ["Y"] for _ in range(8)]
    text = written(["a", "b", "c", "d", "e"], body, quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    damage = rng.choice([",", '"', "\0", "x,y,", "\n1,2\n"])
    place = rng.randrange(text.index("\n") + 1, len(text) - 1)
    damaged = text[:place] + damage + text[place:]
    try:
        found = rows(table(damaged.encode()))
    except DataRefused as refused:
        assert re.search(r"row \d+ \(line \d+\)", str(refused))
    else:
        # A delimiter inside quotes is a character of the value, and a doubled quote is a quote.
        assert text.startswith('"')
        assert [row for row in found if row not in body] != []
        assert len(found) == len(body)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("1,2", "row 2 (line 3): 2 cells, and the header has 3"),
        ("1,2,3,4", "row 2 (line 3): 4 cells, and the header has 3"),
        ("1,2,5,849", "without thousands separators"),
        ("", "row 2 (line 3): the line is blank"),
        ('1,"2,3', "row 2 (line 3): a quote is opened and not closed"),
        ('1,2",3', "row 2 (line 3): a quote is opened and not closed"),
        ('1,a "word" b,3', "row 2 (line 3): a quote is inside a value"),
        ('1,"2"x,3', "row 2 (line 3): a quote is inside a value"),
        ('1,"2" "3"', "row 2 (line 3): two quoted values have no delimiter"),
        ("1,\0,3", "row 2 (line 3): the line holds a NUL byte"),
        ("1,2\r3", "row 2 (line 3): 2 cells"),
    ],
)
def test_refuses_a_line_that_is_not_a_row_by_row_and_line(line, fault):
    assert fault in refusal(f"a,b,c\n1,2,3\n{line}\n4,5,6\n".encode())


def test_shows_the_first_bad_rows_and_counts_the_rest():
    lines = refusal(b"a,b\n" + b"1\n" * 20).splitlines()
    assert len(lines) == 6
    assert lines[-1] == "loans.csv: and 15 more bad rows"


def test_blank_lines_at_the_end_hold_nothing():
    assert rows(table(b"a,b\n1,2\n3,4\n\n  \n\r\n")) == [["1", "2"], ["3", "4"]]


def test_a_line_of_delimiters_is_a_row():
    assert rows(table(b"a\tb\n1\t2\n\t\n", delimiter="\t")) == [["1", "2"], ["", ""]]
    assert rows(table(b"a,b\n1,2\n,\n")) == [["1", "2"], ["", ""]]


def test_spaces_beside_a_delimiter_do_not_count():
    assert rows(table(b'a, b ,c\n 1 , "2, 3" ,4\n')) == [["1", "2, 3", "4"]]


@pytest.mark.parametrize(
    ("column", "last", "read"),
    [
        (["5849", "4583"], "30", False),
        (["5849", "4583"], "", False),
        (["360", "36"], "36", False),
        (["360", "360"], "360", True),
        (["36", "1"], "1", False),
        (["1", ""], "1", True),
        (["1", "0"], "0", True),
        (["Urban", "Rural"], "Semiurban", True),
        (["Not Graduate", "Not"], "Not", False),
    ],
)
def test_a_last_value_that_may_be_cut_is_refused(column, last, read):
    text = "\n".join(["id,value", *(f"{place},{value}" for place, value in enumerate([*column, last]))])
    if read:
        assert rows(table(text.encode()))[-1] == ["2", last]
    else:
        assert "row 3 (line 4): the file ends in the value" in refusal(text.encode())
    assert rows(table(f"{text}\n".encode()))[-1] == ["2", last]


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("a,b,a", "column 'a' is there 2 times"),
        ("a,b, a ", "column 'a' is there 2 times"),
        (",a,b", "column 1 of 3 has no name; if pandas wrote its index there"),
        ("a,,b", "column 2 of 3 has no name"),
        ("a,b,", "column 3 of 3 has no name; remove the delimiter at the end of each line"),
        ("LP1,,5849", "'5849' is no name, so line 1 may be a row; add a header line"),
        ("Loans of 2026", "remove the lines above the header"),
        ("", "line 1 is blank"),
        ("sep=;", "Excel's note of the delimiter"),
        ("a;b;c", "--delimiter ';' reads it"),
        ("a|b|c", "--delimiter '|' reads it"),
        ("a\tb\tc", "separated by a tab and not by ','; --delimiter 'tab' reads it"),
        ('a,"b,c', "header (line 1): a quote is opened"),
    ],
)
def test_refuses_a_header_whose_columns_nobody_knows(header, fault):
    assert fault in refusal(f"{header}\n1,2,3\n".encode())


def test_a_word_of_missing_values_is_an_empty_cell():
    assert rows(table(b"a,b\nNA, ? \nNAN,1\n", missing_values=("NA", "?"))) == [["", ""], ["NAN", "1"]]


def test_rows_of_several_chunks_keep_their_order(monkeypatch):
    monkeypatch.setattr("loan_training.data.delimited.CHUNK_CELLS", 7)
    body = [[str(row), f"w{row % 3}"] for row in range(50)]
    assert rows(table(written(["a", "b"], body).encode())) == body


def test_a_line_has_a_limit():
    assert "line 2 is longer than 1,048,576 characters" in refusal(b"a,b\n" + b"1" * (1 << 21))


@pytest.mark.parametrize(
    ("content", "encoding", "fault"),
    [
        ("a,b\n1,Zürich\n".encode("cp1252"), "utf-8", "line 2, byte 8 of the file, is not UTF-8; --encoding cp1252"),
        ("a,b\n1,\x81\n".encode("latin-1"), "utf-8", "the option --encoding names the encoding"),
        ("a,b\n1,2\n".encode("utf-16"), "utf-8", "the file is text in UTF-16; --encoding utf-16 reads it"),
        ("a,b\n1,2\n".encode("utf-16-le"), "utf-8", "--encoding utf-16-le reads it"),
        ("a,b\n1,2\n".encode("utf-16-be"), "utf-8", "--encoding utf-16-be reads it"),
        ("a,b\n1,2\n".encode("utf-16-be"), "utf-16", "--encoding utf-16-le or utf-16-be reads it"),
        (b"\xef\xbb\xbfa,b\n1,2\n", "cp1252", "--encoding utf-8 reads it"),
        (b"a,b\n1,2\n3", "utf-16-le", "is not UTF-16-LE; another --encoding"),
    ],
)
def test_refuses_another_encoding_and_names_the_option(content, encoding, fault):
    assert fault in refusal(content, encoding=encoding)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-16-le", "gb18030"])
def test_reads_the_encoding_that_the_option_names(encoding):
    assert rows(table("a,b\n1,é\n".encode(encoding), encoding=encoding)) == [["1", "é"]]
