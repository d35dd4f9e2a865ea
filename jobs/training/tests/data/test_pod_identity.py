"""Training reads S3 with the credentials that the agent of EKS Pod Identity gives."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest

from loan_training.data.source import open_s3


class _Aws(BaseHTTPRequestHandler):
    """The agent and S3 in one. The agent gives credentials for the token that is in the file."""

    token_file: Path
    session_token: str
    used: list[str]

    def do_GET(self) -> None:
        if self.path != "/v1/credentials":
            self.used.append(self.headers["x-amz-security-token"])
            self._answer(200, b"age\n1\n")
        elif self.headers["Authorization"] != self.token_file.read_text():
            self._answer(401, b"{}")
        else:
            # boto3 renews credentials that have less than ten minutes left before each call.
            expiration = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
            given = {
                "AccessKeyId": "ASIAEXAMPLE",
                "SecretAccessKey": "secret",
                "Token": self.session_token,
                "Expiration": expiration,
            }
            self._answer(200, json.dumps(given).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_s3_is_read_with_the_agents_credentials_which_are_renewed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Aws(_Aws):
        token_file = tmp_path / "eks-pod-identity-token"
        session_token = "session-1"
        used: list[str] = []  # noqa: RUF012

    Aws.token_file.write_text("pod-token-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ROLE_ARN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "missing"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    # The session of the module may hold the credentials of another test.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with _served(Aws) as url:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{url}/v1/credentials")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(Aws.token_file))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)

        assert open_s3("s3://bucket/data.csv").read() == b"age\n1\n"
        Aws.token_file.write_text("pod-token-2")
        Aws.session_token = "session-2"
        open_s3("s3://bucket/data.csv").read()

    assert Aws.used == ["session-1", "session-2"]
