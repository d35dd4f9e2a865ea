"""The model card: what it says, and that no word of data or people becomes markup."""

import random
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from loan_training.card.card import Card, Paragraph, Picture, Points, Section, Table
from loan_training.card.html import to_html
from loan_training.card.markdown import to_markdown
from loan_training.card.notes import NOTES_SCHEMA, load_notes, parse_notes
from loan_training.errors import CardNotesRefused
from property_cases import property_cases

PIECES = (
    *"<>&\"'`*_[]()|#\\~!:-+.=x1 \n\t\0\u2028é😀",
    "<script>",
    "&lt;",
    "](javascript:x)",
    "](x)",
    "| --- |",
    "```",
    "<!--",
)
WRITTEN = b"""
owner: Ada Example, credit risk
intended_use: Supports officers.
limits: [The label is an earlier decision.]
oversight: An officer decides.
"""


def card_of(text: str) -> Card:
    blocks = (
        Paragraph(text),
        Paragraph(text, is_warning=True),
        Points((text,)),
        Table((text, "b"), ((text, text),)),
        Picture(text, text, b"png"),
    )
    return Card(text, text, (Section(text, text, blocks),))


class Tags(HTMLParser):
    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(document)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, tuple(sorted(name for name, _ in attrs))))


def words():
    generator = random.Random(7)
    for _ in range(property_cases(300)):
        yield "".join(generator.choices(PIECES, k=generator.randint(1, 12)))


def test_no_word_becomes_markup_in_html():
    plain = Tags(to_html(card_of("plain"))).found
    for text in words():
        assert Tags(to_html(card_of(text))).found == plain, text


def test_no_word_becomes_markup_in_markdown():
    reader = MarkdownIt("commonmark").enable("table")

    def kinds(text):
        return re.findall(r"<(/?\w+)", reader.render(to_markdown(card_of(text))))

    plain = kinds("plain")
    for text in words():
        assert kinds(f"x{text}") == plain, text


def test_the_page_holds_its_pictures_and_asks_for_nothing():
    page = to_html(card_of("a"))
    assert 'src="data:image/png;base64,cG5n"' in page
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)
    assert "<script" not in page


def test_the_notes_of_the_bundled_schema_are_there_and_those_of_another_are_not():
    assert load_notes(None, "loan-eligibility").intended_use
    assert load_notes(None, "churn") is None


def test_notes_are_read():
    notes = parse_notes(WRITTEN, "notes.yaml")
    assert (notes.owner, notes.limits) == ("Ada Example, credit risk", ("The label is an earlier decision.",))
    assert replace(notes, not_for=("x",)).not_for == ("x",)


@pytest.mark.parametrize("missing", NOTES_SCHEMA["required"])
def test_notes_without_a_needed_part_are_refused_by_its_name(missing):
    lines = [line for line in WRITTEN.splitlines() if not line.startswith(missing.encode())]
    with pytest.raises(CardNotesRefused, match=missing):
        parse_notes(b"\n".join(lines), "notes.yaml")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"[", "not a YAML file"),
        (b"\xff\xfe\x00", "not a YAML file"),
        (WRITTEN + b"ower: x\n", "ower"),
        (WRITTEN + b"owner: twice\n", "owner"),
        (WRITTEN.replace(b"An officer decides.", b"7"), "oversight"),
        (WRITTEN.replace(b"An officer decides.", b"x" * 9_000), "too long"),
        (WRITTEN.replace(b"An officer decides.", b"2024-13-45"), "not a YAML file"),
        (WRITTEN.replace(b"An officer decides.", b"!!bool x"), "not a YAML file"),
        (WRITTEN.replace(b"An officer decides.", b"0x_"), "not a YAML file"),
        (WRITTEN.replace(b"An officer decides.", b"' '"), "oversight: has no word"),
        (WRITTEN.replace(b"The label is an earlier decision.", b"'\xe3\x85\xa4'"), "limits: has no word"),
        (b"a: &a [1]\nb: *a\n", "alias"),
    ],
)
def test_faulty_notes_are_refused_by_their_rule(content, rule):
    with pytest.raises(CardNotesRefused, match=rule):
        parse_notes(content, "notes.yaml")


def test_a_file_that_is_missing_or_too_large_is_refused(tmp_path):
    with pytest.raises(CardNotesRefused, match="cannot be read"):
        load_notes(tmp_path / "none.yaml", "x")
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * 300_000)
    with pytest.raises(CardNotesRefused, match="larger than"):
        load_notes(large, "x")


def test_numbers_stay_readable_in_markdown():
    text = to_markdown(card_of("0.5"))
    assert "0.5" in text
    assert "\\" not in text
