import pytest

from conftest import QuietHandler, local_http
from loan import LOAN
from loan_training.data.reading import Reading
from loan_training.data.shown_source import shown_source
from loan_training.data.source import read_source, reading_of
from loan_training.errors import DataRefused, Unreachable

LIMIT = 1000


def test_reads_a_path(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"abc")
    assert read_source(str(tmp_path / "a.csv"), LIMIT, LOAN) == b"abc"


def test_reads_over_http(tmp_path, files_url):
    (tmp_path / "a.csv").write_bytes(b"abc")
    assert read_source(f"{files_url}/a.csv", LIMIT, LOAN) == b"abc"


def test_reads_from_an_s3_endpoint(tmp_path, files_url, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", files_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "a.csv").write_bytes(b"abc")
    assert read_source("s3://bucket/a.csv", LIMIT, LOAN) == b"abc"
    with pytest.raises(DataRefused, match="S3 answered"):
        read_source("s3://bucket/other.csv", LIMIT, LOAN)


@pytest.mark.parametrize("where", ["file", "http"])
def test_refuses_a_file_that_is_larger_than_allowed(where, tmp_path, files_url):
    (tmp_path / "a.csv").write_bytes(b"x" * (LIMIT + 1))
    source = str(tmp_path / "a.csv") if where == "file" else f"{files_url}/a.csv"
    with pytest.raises(DataRefused, match="larger than the 1000 bytes"):
        read_source(source, LIMIT, LOAN)


def test_refuses_a_missing_file_without_showing_a_signature(tmp_path, files_url):
    with pytest.raises(DataRefused, match="no such file"):
        read_source(str(tmp_path / "nothing.csv"), LIMIT, LOAN)
    with pytest.raises(DataRefused, match="answered 404") as refused:
        read_source(f"{files_url}/nothing.csv?signature=secret", LIMIT, LOAN)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("source", ["synthetic:10", "synthetic:ten:1", "synthetic:99999999:1"])
def test_refuses_an_ill_formed_synthetic_source(source):
    with pytest.raises(DataRefused, match="synthetic"):
        read_source(source, LIMIT, LOAN)


@pytest.mark.parametrize("status", [206, 204, 304, 403])
def test_only_a_whole_answer_is_the_file(status):
    class Answering(QuietHandler):
        def do_GET(self):  # noqa: N802
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with local_http(Answering) as url, pytest.raises(DataRefused, match=f"answered {status}") as refused:
        read_source(f"{url}/a.csv?signature=secret", LIMIT, LOAN)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("target", ["/a.csv?signature=secret", "ftp://127.0.0.1/a.csv?signature=secret"])
def test_a_redirect_that_leads_nowhere_is_refused_without_the_signature(target):
    class Redirecting(QuietHandler):
        def do_GET(self):  # noqa: N802
            self.send_response(302)
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with local_http(Redirecting) as url, pytest.raises(DataRefused, match="where it redirects to") as refused:
        read_source(f"{url}/a.csv?signature=secret", LIMIT, LOAN)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("status", [429, 503])
def test_the_failure_of_a_server_is_transient(status):
    class Failing(QuietHandler):
        def do_GET(self):  # noqa: N802
            self.send_error(status)

    from loan_training.orchestration import is_transient

    with local_http(Failing) as url, pytest.raises(Unreachable, match=str(status)) as failure:
        read_source(f"{url}/a.csv?signature=secret", LIMIT, LOAN)
    assert is_transient(failure.value)
    assert "secret" not in str(failure.value)


def test_the_options_of_a_file_are_not_for_made_up_rows():
    reading = Reading(delimiter=";", encoding="utf-16")
    assert reading_of("loans.csv", reading) == reading
    assert reading_of("synthetic:10:1", reading).delimiter == ","


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://user:secret@host.example:8443/a.csv?signature=secret#x", "https://host.example:8443/a.csv"),
        ("s3://bucket/a.csv", "s3://bucket/a.csv"),
        ("odd?name.csv", "odd?name.csv"),
        ("synthetic:10:1", "synthetic:10:1"),
    ],
)
def test_no_password_and_no_query_is_shown(source, shown):
    assert shown_source(source) == shown
