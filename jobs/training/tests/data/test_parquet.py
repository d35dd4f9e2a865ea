"""A Parquet file gives the same cells as a CSV of the same values."""

import datetime
import decimal
import io
import random

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loan_training.data.reader import read_table
from loan_training.data.reading import Reading
from loan_training.errors import DataRefused


def parquet(columns, **options):
    content = io.BytesIO()
    pq.write_table(pa.table(columns), content, **options)
    return content.getvalue()


def cells(content, **options):
    found = read_table(content, "data.parquet", Reading(**options))
    return {header: found.cells(header).tolist() for header in found.header}


def refusal(content, **options):
    with pytest.raises(DataRefused, match=r"^data\.parquet: ") as refused:
        cells(content, **options)
    return str(refused.value)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1, None, -3], pa.int64()), ["1", "", "-3"]),
        (pa.array([1.0, 2.5, None, float("nan"), 1e300]), ["1", "2.5", "", "", "1e+300"]),
        (pa.array([0.5, 360], pa.float32()), ["0.5", "360"]),
        (pa.array([0.5, 360, None], pa.float32()).cast(pa.float16()), ["0.5", "360", ""]),
        (pa.array([True, False, None]), ["True", "False", ""]),
        (pa.array(["Urban", None, " a,b "]), ["Urban", "", "a,b"]),
        (pa.array(["Y", "N", None, "Y"]).dictionary_encode(), ["Y", "N", "", "Y"]),
        (pa.array(["x", "y"], pa.large_string()), ["x", "y"]),
        (pa.array([None, None], pa.null()), ["", ""]),
        (pa.array([decimal.Decimal("1.50")]), ["1.50"]),
    ],
)
def test_values_of_each_type_are_the_text_of_a_csv(values, texts):
    assert cells(parquet({"a": values})) == {"a": texts}


@pytest.mark.parametrize(
    "values",
    [
        pa.array([datetime.date(2026, 1, 1)]),
        pa.array([datetime.datetime(2026, 1, 1)]),
        pa.array([[1, 2]]),
        pa.array([{"x": 1}]),
        pa.array([b"raw"]),
    ],
)
def test_refuses_a_type_without_text_by_column(values):
    assert "column 'when' holds" in refusal(parquet({"a": pa.array([1]), "when": values}))


def test_many_row_groups_with_other_words_are_one_column():
    words = [f"w{place % 700}" if place % 11 else None for place in range(2_000)]
    found = cells(parquet({"a": pa.array(words)}, row_group_size=300))
    assert found == {"a": [word or "" for word in words]}


def test_a_file_that_decodes_to_more_than_the_limit_is_refused():
    repeated = parquet({"a": pa.array([0] * 2_000_000)})
    assert len(repeated) < 50_000
    assert "2,000,000 cells when decoded, more than the 1,000,000 allowed" in refusal(repeated, maximum_bytes=1_000_000)


def test_a_row_of_a_file_without_lines_is_named_by_its_number():
    table = read_table(parquet({"a": pa.array([1, 2])}), "data.parquet")
    assert table.place(1) == "row 2"


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_is_refused_or_gives_a_table(seed):
    rng = random.Random(seed)
    content = bytearray(parquet({"a": pa.array(range(200)), "b": pa.array(["x", "y"] * 100)}))
    if seed % 2:
        content = content[: rng.randrange(4, len(content))]
    else:
        content[rng.randrange(4, len(content))] ^= 1 << rng.randrange(8)
    try:
        cells(bytes(content))
    except DataRefused as refused:
        assert str(refused).startswith("data.parquet: ")


def test_the_index_that_pandas_wrote_is_refused_with_what_to_do():
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=[5, 1, 9])
    content = io.BytesIO()
    frame.to_parquet(content)
    assert "'__index_level_0__' is the index of pandas; write the file with index=False" in refusal(content.getvalue())
