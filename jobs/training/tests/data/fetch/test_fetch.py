"""Fetching from a local server that answers as Kaggle's documented API does."""

import base64
import hashlib
import io
import json
import zipfile

import pytest
from click.testing import CliRunner

from conftest import QuietHandler, free_port, local_http
from loan_training.cli import cli

CONTENT = b"income,status\n100,Y\n"
KEY = "secret-key-0123"


def zipped(files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


class Storage(QuietHandler):
    """The server to which Kaggle redirects a download."""

    content = CONTENT
    authorizations: list = []  # noqa: RUF012

    def do_GET(self):  # noqa: N802
        self.authorizations.append(self.headers.get("Authorization"))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)


@pytest.fixture
def kaggle(monkeypatch, tmp_path):
    """A server with the data set ann/loans of the file loans.csv. Returns its answers, which a test may change."""
    answers = {
        "/datasets/list/ann/loans": (200, {"datasetFiles": [{"name": "loans.csv"}, {"name": "readme.md"}]}),
        "/datasets/metadata/ann/loans": (200, {"info": {"licenses": [{"name": "CC0-1.0"}]}}),
    }

    class Storing(Storage):
        authorizations: list = []  # noqa: RUF012

    class Api(QuietHandler):
        def do_GET(self):  # noqa: N802
            expected = "Basic " + base64.b64encode(f"ann:{KEY}".encode()).decode()
            if self.headers.get("Authorization") != expected:
                self.send_error(401)
            elif self.path in answers:
                status, document = answers[self.path]
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())
            elif self.path == "/datasets/download/ann/loans/loans.csv":
                self.send_response(302)
                self.send_header("Location", f"{storage.replace('127.0.0.1', 'localhost')}/loans.csv?signature=x")
                self.end_headers()
            else:
                self.send_error(404)

    answers["storage"] = Storing
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAGGLE_USERNAME", "ann")
    monkeypatch.setenv("KAGGLE_KEY", KEY)
    with local_http(Storing) as storage, local_http(Api) as url:
        monkeypatch.setenv("KAGGLE_API_URL", url)
        yield answers


def fetch(*arguments):
    answer = CliRunner().invoke(cli, ["data", "fetch", *arguments])
    assert KEY not in answer.output
    return answer


def test_the_only_data_file_of_a_kaggle_data_set_is_fetched_with_its_licence(kaggle, tmp_path):
    answer = fetch("kaggle:ann/loans")
    assert answer.exit_code == 0, answer.output
    assert (tmp_path / "loans.csv").read_bytes() == CONTENT
    assert "licence: CC0-1.0" in answer.output
    assert hashlib.sha256(CONTENT).hexdigest() in answer.output
    # The key is Kaggle's alone.
    assert kaggle["storage"].authorizations == [None]
    assert [path.name for path in tmp_path.iterdir()] == ["loans.csv"]


def test_the_key_may_stand_in_the_file_of_kaggles_site(kaggle, tmp_path, monkeypatch):
    monkeypatch.delenv("KAGGLE_USERNAME")
    monkeypatch.delenv("KAGGLE_KEY")
    file = tmp_path / "kaggle.json"
    monkeypatch.setenv("KAGGLE_KEY_FILE", str(file))
    assert "KAGGLE_USERNAME" in fetch("kaggle:ann/loans").output
    file.write_text(f'{{"username": "ann", "key": "{KEY}"')
    assert fetch("kaggle:ann/loans").exit_code == 2
    file.write_text(json.dumps({"username": "ann", "key": KEY}))
    assert fetch("kaggle:ann/loans", "--output", "a/b.csv").exit_code == 0
    assert (tmp_path / "a" / "b.csv").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("source", "change", "code", "message"),
    [
        ("kaggle:ann/loans/other.csv", {}, 2, "answered 404"),
        ("kaggle:ann", {}, 2, "expected kaggle:<owner>/<dataset>"),
        ("kaggle:ann/loans/../x", {}, 2, "expected kaggle:<owner>/<dataset>"),
        ("kaggle:ann/l?x", {}, 2, "expected kaggle:<owner>/<dataset>"),
        (
            "kaggle:ann/loans",
            {"list": (200, {"datasetFiles": [{"name": "a.csv"}, {"name": "b.csv"}]})},
            2,
            "'a.csv', 'b.csv'",
        ),
        ("kaggle:ann/loans", {"list": (200, [])}, 2, "0 data files"),
        ("kaggle:ann/loans", {"list": (403, {})}, 2, "accept the terms"),
        ("kaggle:ann/loans", {"list": (429, {})}, 3, "try again later"),
        ("kaggle:ann/loans", {"metadata": (503, {})}, 3, "503"),
        ("kaggle:ann/loans", {"metadata": (200, {"info": None})}, 0, "licence: unknown"),
        ("ftp://somewhere/a.csv", {}, 2, "expected an http://"),
    ],
)
def test_each_other_answer_of_kaggle_has_its_exit_code(kaggle, tmp_path, source, change, code, message):
    for what, answer in change.items():
        kaggle[f"/datasets/{what}/ann/loans"] = answer
    answer = fetch(source)
    assert answer.exit_code == code, answer.output
    assert message in answer.output
    assert [path.name for path in tmp_path.iterdir()] == (["loans.csv"] if code == 0 else [])


def test_a_wrong_key_is_told_without_the_key(kaggle, monkeypatch):
    monkeypatch.setenv("KAGGLE_USERNAME", "bob")
    answer = fetch("kaggle:ann/loans")
    assert answer.exit_code == 2
    assert "check the key" in answer.output


def test_kaggle_is_called_over_https_only(kaggle):
    answer = fetch("kaggle:ann/loans", "--kaggle-url", "http://kaggle.example/api/v1")
    assert answer.exit_code == 2
    assert "https only" in answer.output


@pytest.fixture
def served(monkeypatch, tmp_path):
    class Serving(Storage):
        pass

    monkeypatch.chdir(tmp_path)
    with local_http(Serving) as url:
        Serving.url = url
        yield Serving


def test_a_url_is_fetched_and_its_checksum_is_checked(served, tmp_path):
    good = hashlib.sha256(CONTENT).hexdigest()
    answer = fetch(f"{served.url}/a.csv?signature=hidden", "--sha256", good.upper())
    assert answer.exit_code == 0
    assert "as expected" in answer.output
    assert "licence: unknown" in answer.output
    assert (tmp_path / "a.csv").read_bytes() == CONTENT
    assert "the file exists" in fetch(f"{served.url}/a.csv").output
    served.content = b"changed"
    answer = fetch(f"{served.url}/a.csv?signature=hidden", "--force", "--sha256", good)
    assert answer.exit_code == 2
    assert "hidden" not in answer.output
    assert (tmp_path / "a.csv").read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["b.csv", "data/b.csv", "../../b.csv"])
def test_an_archive_with_one_data_file_is_unpacked(served, tmp_path, name):
    served.content = zipped({name: CONTENT, "readme.md": b"x", "__MACOSX/b.csv": b"x"})
    assert fetch(f"{served.url}/a.zip").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["b.csv"]
    assert (tmp_path / "b.csv").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (zipped({"a.csv": b"x", "b.csv": b"y"}), (), "2 data files: 'a.csv', 'b.csv'"),
        (zipped({"a.csv": b"0" * 5_000_000}), ("--max-data-bytes", "100000"), "larger than the 100,000 bytes"),
        (b"x" * 2000, ("--max-data-bytes", "1000"), "larger than the 1,000 bytes"),
        (zipped({"a.csv": CONTENT})[:60], (), "cannot be read"),
        (b"", (), "the file is empty"),
    ],
)
def test_a_file_that_must_not_be_kept_is_not_kept(served, tmp_path, content, options, message):
    served.content = content
    answer = fetch(f"{served.url}/x.csv", *options)
    assert answer.exit_code == 2
    assert message in answer.output
    assert list(tmp_path.iterdir()) == []


def test_one_of_several_files_is_taken_by_its_name(served, tmp_path):
    served.content = zipped({"a.csv": b"x", "b.csv": CONTENT})
    assert fetch(f"{served.url}/a.zip", "--member", "b.csv").exit_code == 0
    assert (tmp_path / "b.csv").read_bytes() == CONTENT


def test_a_server_that_does_not_answer_is_unreachable(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = fetch(f"http://127.0.0.1:{free_port()}/a.csv")
    assert answer.exit_code == 3
    assert "ConnectError" in answer.output


def test_a_download_that_takes_too_long_is_given_up(monkeypatch, tmp_path):
    import threading

    over = threading.Event()

    class Dripping(QuietHandler):
        def do_GET(self):  # noqa: N802
            self.send_response(200)
            self.end_headers()
            while not over.wait(0.05):
                try:
                    self.wfile.write(b"x" * 100)
                except OSError:
                    return

    monkeypatch.chdir(tmp_path)
    with local_http(Dripping) as url:
        answer = fetch(f"{url}/a.csv", "--timeout-seconds", "1")
        over.set()
    assert answer.exit_code == 3
    assert "--timeout-seconds raises the limit" in answer.output


def test_a_web_page_is_not_kept(served):
    class Page(Storage):
        def send_response(self, code, message=None):
            super().send_response(code, message)
            self.send_header("Content-Type", "text/html; charset=utf-8")

    with local_http(Page) as url:
        answer = fetch(f"{url}/a.csv")
    assert "web page" in answer.output


def test_the_group_still_runs_the_step():
    answer = CliRunner().invoke(cli, ["data"])
    assert answer.exit_code == 2
    assert "Missing option '--work-dir'" in answer.output
