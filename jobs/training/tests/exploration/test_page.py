import html.parser
import random
import re

import numpy as np
import pytest
from click.testing import CliRunner

from loan_training.cli import cli
from loan_training.data.dataset import parse
from loan_training.data.reader import read_table
from loan_training.exploration import findings
from loan_training.exploration.findings import explore
from loan_training.exploration.page import MAXIMUM_PICTURES, render_page
from loan_training.schema.document import load_schema, parse_schema
from loan_training.schema.draft.document import write_draft
from loan_training.schema.draft.draft import draft_schema

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
VOID = {"meta", "rect", "line", "circle", "polyline"}


def drafted(columns, **options):
    lines = [",".join(quoted(name) for name in columns)]
    lines += [",".join(quoted(cell) for cell in row) for row in zip(*columns.values(), strict=True)]
    content = "\n".join(lines).encode() + b"\n"
    text = write_draft(draft_schema(read_table(content, "made.csv"), "made.csv", **options))
    return parse(content, "made.csv", parse_schema(text.encode(), "draft"), minimum_rows_per_label=0)


def quoted(cell):
    return '"' + str(cell).replace('"', '""') + '"'


def labels(rng, rows):
    return [rng.choice("YN") for _ in range(rows)]


class Elements(html.parser.HTMLParser):
    """Collects elements and attributes, and checks that what is opened is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.links = [], set(), []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [(name, value) for name, value in attributes if name in ("src", "href", "xlink:href", "action")]
        assert not [name for name, _ in attributes if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def elements(page):
    found = Elements()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def test_the_page_of_the_loan_data_is_whole_and_links_to_nothing(dataset):
    page = render_page(explore(dataset, "loans.csv"))
    found = elements(page)
    assert found.links == []
    assert not found.tags & {"script", "iframe", "img", "link", "object", "form"}
    for text in ("614", "Credit_History", "Property_Area", "Semiurban", "CoapplicantIncome", "not measured"):
        assert text in page
    assert "url(" not in page
    assert "@import" not in page


@pytest.mark.parametrize(
    "hostile", [HOSTILE, "{{ 7 * 7 }}", "</style><b>", "&lt;", "a\u202eb\u2028c", "]]>", "%s", "x" * 90]
)
def test_hostile_words_do_nothing(hostile):
    rng = random.Random(1)
    columns = {
        "score": [rng.random() for _ in range(300)],
        "word": [rng.choice([hostile, "plain"]) for _ in range(300)],
        hostile[:100]: [rng.choice("ab") for _ in range(300)],
        "gender": [rng.choice([hostile, "f"]) for _ in range(300)],
        "status": labels(rng, 300),
    }
    page = render_page(explore(drafted(columns), f"{hostile}.csv"))
    found = elements(page)
    assert not found.tags & {"script", "img", "b\u202e"}
    assert found.links == []
    assert "49" not in re.findall(r"<td>(.*?)</td>", page)
    assert "\u202e" not in page


def test_what_a_person_should_look_at_is_warned_of():
    rng = random.Random(2)
    status = labels(rng, 400)
    income = [rng.lognormvariate(8, 0.3) for _ in range(400)]
    columns = {
        "income": [1e9 if row == 7 else value for row, value in enumerate(income)],
        "twice": [2 * value for value in income],
        "leak": ["1" if one == "Y" else "0" for one in status],
        "constant": ["same"] * 400,
        "rare": [rng.choice(["", "", "", "3"]) for _ in range(400)],
        "gender": [rng.choice("mf") if one == "Y" else "f" for one in status],
        "status": status,
    }
    rows = {name: values + values[:40] for name, values in columns.items()}
    rows["status"] = [*rows["status"][:-1], "N" if status[39] == "Y" else "Y"]
    found = explore(drafted(rows), "made.csv")
    told = "\n".join(found.warnings)
    for part in ("leak alone orders", "40 of 440 rows repeat", "different labels", "constant has one value"):
        assert part in told
    for part in (
        "rare is missing in",
        "gender f",
        "below four fifths",
        "say almost the same",
        "income has 3 far outliers",
    ):
        assert part in told
    assert found.columns[0].name == "leak"


def test_300_columns_have_a_bounded_number_of_pictures():
    rng = random.Random(3)
    columns = {f"c{place}": [rng.random() for _ in range(120)] for place in range(300)}
    page = render_page(explore(drafted(columns | {"status": labels(rng, 120)}), "made.csv"))
    assert page.count("<svg") == MAXIMUM_PICTURES
    assert "240 columns with less strength have no picture" in page
    assert len(page) < 2_000_000
    elements(page)


def test_a_large_file_is_sampled_and_the_page_says_so(dataset, monkeypatch):
    monkeypatch.setattr(findings, "SAMPLED_ROWS", 200)
    found = explore(dataset, "loans.csv")
    assert found.sampled == 200
    assert found.rows == 614
    assert "random sample of 200 rows" in render_page(found)


def test_the_page_depends_on_the_data_alone(dataset):
    order = np.random.default_rng(1).permutation(len(dataset))
    assert render_page(explore(dataset, "a.csv")) == render_page(explore(dataset, "a.csv"))
    shuffled = explore(dataset.take(order), "a.csv")
    assert [one.name for one in shuffled.columns] == [one.name for one in explore(dataset, "a.csv").columns]


def test_the_command_writes_the_page(tmp_path):
    output = tmp_path / "deep" / "report.html"
    answer = CliRunner().invoke(cli, ["explore", "synthetic:200:3", "--output", str(output)])
    assert answer.exit_code == 0, answer.output
    assert "200 rows, 11 columns" in answer.output
    elements(output.read_text("utf-8"))


def test_the_bundled_schema_is_explored(dataset):
    assert {one.name for one in explore(dataset, "x").columns} == set(load_schema("loan-eligibility").names)
