"""A file is known by its bytes. What cannot be read is refused by its name, with what to do."""

import gzip
import io
import json
import pickle
import zipfile

import pyarrow as pa
import pytest

from loan_training.data.reader import read_table
from loan_training.data.reading import Reading
from loan_training.errors import DataRefused

CSV = b"a,b\n1,2\n3,4\n"


def refusal(content, **options):
    with pytest.raises(DataRefused, match=r"^data\.csv: ") as refused:
        read_table(content, "data.csv", Reading(**options))
    return str(refused.value)


def zipped(*members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for member in members:
            archive.writestr(member, "<x/>" * 100)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (.xlsx)"),
        (zipped("data.csv"), "a zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Excel workbook (.xls)"),
        (b"<!DOCTYPE html>\n<html><body>Log in</body></html>", "an HTML page"),
        (b"\n  <HTML lang='en'>", "an HTML page"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an XML document"),
        (json.dumps([{"a": 1}], indent=2).encode(), "JSON"),
        (b'{"a": 1}\n{"a": 2}\n', "JSON Lines"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"BZh91AY", "compressed with bzip2"),
        (b"\xfd7zXZ\x00", "compressed with xz"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a Git LFS pointer"),
        (bytes(range(256)) * 9, "binary data"),
        (pickle.dumps(list(range(99))), "binary data"),
        (CSV.decode().encode("utf-32"), "text in UTF-32"),
    ],
)
def test_refuses_another_format_by_its_name(content, named):
    message = refusal(content)
    assert f"the file is {named}" in message
    assert "CSV and Parquet are read" in message


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\n", gzip.compress(b"")])
def test_refuses_an_empty_file(content):
    assert "the file is empty" in refusal(content)


def test_refuses_a_file_without_rows():
    assert "no rows below the header" in refusal(b"a,b\n")


def test_reads_gzip_and_zstd_whatever_the_name():
    for content in (gzip.compress(CSV), pa.compress(CSV, "zstd", asbytes=True)):
        assert read_table(content, "data.csv").cells("b").tolist() == ["2", "4"]


@pytest.mark.parametrize("compress", [gzip.compress, lambda content: pa.compress(content, "zstd", asbytes=True)])
def test_a_compressed_file_has_the_limit_of_a_plain_file(compress):
    bomb = compress(b"a,b\n" + b"1,2\n" * 1_000_000)
    assert len(bomb) < 10_000
    assert "more than the 100000 bytes allowed after decompression" in refusal(bomb, maximum_bytes=100_000)
    assert "compressed twice" in refusal(gzip.compress(compress(CSV)))


@pytest.mark.parametrize("content", [gzip.compress(CSV * 99)[:-20], gzip.compress(CSV) + b"tail"])
def test_refuses_a_damaged_gzip_file(content):
    assert "damaged or cut" in refusal(content)
