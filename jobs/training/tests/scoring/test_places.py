"""Reads and writes over HTTP and S3. The S3 is a stand-in that keeps objects in memory."""

import gzip
import json
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from conftest import free_port, local_http
from loan_training.cli import cli

ROWS = "id,area,income\nA,town,30\nB,village,5\n"


@pytest.fixture
def bucket(monkeypatch):
    """Objects of the stand-in, by path."""
    objects = {"/loans/in/rows.csv.gz": gzip.compress(ROWS.encode())}

    class S3(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_arguments):
            pass

        def do_GET(self):
            self._answer(objects.get(urlsplit(self.path).path))

        def do_PUT(self):
            body = self._chunked() if "chunked" in self.headers.get("Content-Encoding", "") else self._body()
            path = urlsplit(self.path).path
            if path.startswith("/denied/"):
                self._answer(None, 403)
                return
            objects[path] = body
            self._answer(b"")

        def _body(self):
            return self.rfile.read(int(self.headers["Content-Length"]))

        def _chunked(self):
            """The payload of aws-chunked: a length, the bytes, and a trailer."""
            raw, content = self._body(), b""
            while raw:
                length, raw = raw.split(b"\r\n", 1)
                size = int(length.split(b";")[0], 16)
                if not size:
                    break
                content, raw = content + raw[:size], raw[size + 2 :]
            return content

        def _answer(self, content, status=404):
            self.send_response(200 if content is not None else status)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

    with local_http(S3) as url:
        for name, value in {
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        yield objects


def score(model, data, output):
    arguments = ("--model-uri", str(model), "--data", str(data), "--output", str(output))
    return CliRunner().invoke(cli, ("score", *arguments))


def test_reads_and_writes_s3(model_directory, bucket):
    answer = score(model_directory, "s3://loans/in/rows.csv.gz", "s3://loans/out/decisions.jsonl")
    assert answer.exit_code == 0, answer.output
    lines = bucket["/loans/out/decisions.jsonl"].decode().splitlines()
    assert [json.loads(line)["decision"] for line in lines] == ["yes", "no"]


def test_a_missing_object_is_refused(model_directory, bucket, tmp_path):
    answer = score(model_directory, "s3://loans/in/other.csv", tmp_path / "out.csv")
    assert answer.exit_code == 2
    assert "check bucket, key and credentials" in answer.output


def test_an_output_that_s3_refuses_is_told(model_directory, bucket):
    answer = score(model_directory, "s3://loans/in/rows.csv.gz", "s3://denied/out.csv")
    assert answer.exit_code == 2
    assert "s3://denied/out.csv" in answer.output


def test_reads_http(model_directory, files_url, tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    answer = score(model_directory, f"{files_url}/rows.csv?signature=secret", tmp_path / "out.jsonl")
    assert answer.exit_code == 0, answer.output
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2


def test_a_url_that_is_not_there_is_refused_without_its_signature(model_directory, files_url, tmp_path):
    answer = score(model_directory, f"{files_url}/none.csv?signature=secret", tmp_path / "out.jsonl")
    assert answer.exit_code == 2
    assert "answered 404" in answer.output
    assert "secret" not in answer.output


def test_a_server_that_does_not_answer_ends_with_exit_code_3(model_directory, tmp_path):
    answer = score(model_directory, f"http://127.0.0.1:{free_port()}/rows.csv", tmp_path / "out.jsonl")
    assert answer.exit_code == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(b"id,income\n1,1\n")[:-4], "damaged or cut"),
        (gzip.compress(gzip.compress(b"id,income\n1,1\n")), "compressed twice"),
        (b"", "the file is empty"),
        (b"[{}]", "JSON array"),
        (b"PK\x03\x04xl/", "an Excel workbook"),
        (b"PAR1nothing", "damaged or cut"),
        (b"income,income\n1,2\n", "there 2 times"),
        (b"income;area\n1;town\n", "--delimiter"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_what_it_is(model_directory, tmp_path, content, message):
    (tmp_path / "file").write_bytes(content)
    answer = score(model_directory, tmp_path / "file", tmp_path / "out.csv")
    assert answer.exit_code == 2, answer.output
    assert message in answer.output
    assert not (tmp_path / "out.csv").exists()


def test_a_file_that_grows_too_large_is_refused(model_directory, tmp_path):
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(b"income\n" + b"1\n" * 1_000_000))
    arguments = ("--data", str(tmp_path / "rows.csv.gz"), "--output", str(tmp_path / "out.csv"))
    answer = CliRunner().invoke(
        cli, ("score", "--model-uri", str(model_directory), *arguments, "--max-data-bytes", "100000")
    )
    assert answer.exit_code == 2
    assert "--max-data-bytes raises the limit" in answer.output


def test_an_output_that_cannot_be_written_is_told(model_directory, tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "taken").write_text("a file")
    answer = score(model_directory, tmp_path / "rows.csv", tmp_path / "taken" / "out.csv")
    assert answer.exit_code == 2
    assert "cannot be written" in answer.output


@pytest.mark.parametrize(
    ("status", "headers", "exit_code"),
    [
        (206, {}, 2),
        (404, {}, 2),
        (429, {}, 3),
        (503, {}, 3),
        (302, {"Location": "ftp://127.0.0.1/rows.csv"}, 2),
        (302, {"Location": "/rows.csv"}, 2),
    ],
)
def test_only_a_whole_answer_is_the_file(model_directory, tmp_path, status, headers, exit_code):
    class Server(BaseHTTPRequestHandler):
        def log_message(self, *_arguments):
            pass

        def do_GET(self):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(ROWS.encode())

    with local_http(Server) as url:
        answer = score(model_directory, f"{url}/rows.csv?signature=secret", tmp_path / "out.csv")
    assert answer.exit_code == exit_code, answer.output
    assert "secret" not in answer.output
    assert not (tmp_path / "out.csv").exists()


def test_an_encoded_answer_that_is_cut_is_not_the_file(model_directory, tmp_path):
    class Server(BaseHTTPRequestHandler):
        def log_message(self, *_arguments):
            pass

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(gzip.compress(ROWS.encode())[:-6])

    with local_http(Server) as url:
        answer = score(model_directory, f"{url}/rows.csv", tmp_path / "out.csv")
    assert answer.exit_code == 2
    assert "damaged or cut" in answer.output
