"""The whole pipeline against a real MLflow server."""

import base64
import hashlib
import json
import shutil
from pathlib import Path

import mlflow
import numpy as np
import pytest
from click.testing import CliRunner
from mlflow import MlflowClient

from loan import LOAN
from loan_training.artifact.digest import digest
from loan_training.cli import STEPS, cli
from loan_training.data.dataset import parse
from loan_training.data.source import read_source
from loan_training.model.onnx_session import open_session, probabilities
from loan_training.registry.model_registry import Registry
from signing_keys import new_key

DATA = "synthetic:614:7"
QUICK = ("--trials", "2", "--cv-repeats", "1")


def run(url, name, *arguments, command="run"):
    return CliRunner().invoke(cli, (command, "--tracking-uri", url, "--model-name", name, *QUICK, *arguments))


@pytest.fixture(scope="module")
def client(mlflow_url):
    mlflow.set_tracking_uri(mlflow_url)
    return MlflowClient(mlflow_url)


@pytest.fixture(scope="module")
def first(mlflow_url, tmp_path_factory):
    """The summary of a first run."""
    path = tmp_path_factory.mktemp("first") / "summary.json"
    key = path.with_name("key.pem")
    key.write_bytes(new_key())
    answer = run(mlflow_url, "first", "--data", DATA, "--summary-json", str(path), "--model-signing-key", str(key))
    assert answer.exit_code == 0, answer.output
    return json.loads(path.read_text()), answer.output


@pytest.fixture(scope="module")
def artifact(client, first, tmp_path_factory):
    summary, _ = first
    uri = f"models:/{summary['model']}/{summary['version']}"
    return Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(tmp_path_factory.mktemp("artifact"))))


def test_prints_the_scores_with_the_rule_beside_them(first):
    summary, output = first
    for text in (
        "cross-validation, xgboost",
        "searched on some of these rows",
        "holdout, rule",
        "promoted to champion",
        summary["digest"],
    ):
        assert text in output


def test_the_first_version_is_champion_and_challenger_and_says_why(client, first):
    summary, _ = first
    assert (summary["promoted"], summary["code"]) == (True, "first")
    aliases = client.get_registered_model("first").aliases
    assert {alias: str(version) for alias, version in aliases.items()} == {"champion": "1", "challenger": "1"}
    tags = client.get_model_version("first", "1").tags
    assert tags["promotion"] == "first"
    assert tags["promotion_reason"] == summary["reason"]
    assert tags["digest"] == summary["digest"]


def test_a_card_lies_beside_the_model_and_its_digest_is_on_the_version(client, artifact, first):
    summary, _ = first
    card = {name: (artifact / name).read_bytes() for name in ("card.html", "card.md")}
    assert client.get_model_version("first", "1").tags["card_digest"] == digest(card)
    text = card["card.md"].decode()
    for said in (summary["digest"], summary["run_id"], summary["data_fingerprint"], "Promoted by the gate", "Annex IV"):
        assert said in text
    assert text.count("data:image") == 0
    assert card["card.html"].decode().count("data:image/png;base64,") == 4


def test_the_run_holds_a_page_about_the_data(client, first):
    summary, _ = first
    assert [one.path for one in client.list_artifacts(summary["run_id"], "explore")] == ["explore/report.html"]


def test_the_artifact_holds_model_and_contract_and_no_file_of_the_working_directory(artifact, first):
    summary, _ = first
    assert not {"uv.lock", "pyproject.toml"} & {path.name for path in artifact.iterdir()}
    files = {name: (artifact / name).read_bytes() for name in ("model.onnx", "serving.json")}
    assert digest(files) == summary["digest"]
    serving = json.loads(files["serving.json"])
    assert [field["name"] for field in serving["fields"]] == [
        value.name for value in open_session(files["model.onnx"]).get_inputs()
    ]


def test_the_signature_lists_the_files_of_the_digest_and_mlmodel(artifact):
    bundle = json.loads((artifact / "model.sig").read_text())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    assert {one["name"]: one["digest"] for one in statement["predicate"]["resources"]} == {
        name: hashlib.sha256((artifact / name).read_bytes()).hexdigest()
        for name in ("MLmodel", "model.onnx", "serving.json")
    }


def test_mlflow_loads_the_model_and_agrees_with_onnxruntime(artifact, first):
    summary, _ = first
    dataset = parse(read_source("synthetic:300:99", 1 << 20, LOAN), "other rows", LOAN)
    loaded = mlflow.pyfunc.load_model(f"models:/{summary['model']}@champion")
    assert [one.name for one in loaded.metadata.get_input_schema().inputs] == list(LOAN.names)
    by_mlflow = np.asarray(loaded.predict(dataset.applications)["probability"]).reshape(-1)
    direct = probabilities(open_session(artifact / "model.onnx"), dataset.applications)
    np.testing.assert_allclose(by_mlflow, direct, atol=1e-5, rtol=0)


def test_score_writes_the_probabilities_that_pyfunc_gives(mlflow_url, artifact, tmp_path):
    path = tmp_path / "scores.json"
    model = ("--tracking-uri", mlflow_url, "--model-uri", "models:/first/1")
    answer = CliRunner().invoke(cli, ("score", *model, "--data", DATA, "--probabilities-only", "--output", str(path)))
    assert answer.exit_code == 0, answer.output
    direct = probabilities(
        open_session(artifact / "model.onnx"),
        parse(read_source(DATA, 1 << 20, LOAN), DATA, LOAN).applications,
    )
    np.testing.assert_allclose(json.loads(path.read_text())["probabilities"], direct, atol=1e-5)


@pytest.mark.parametrize("uri", ["models:/first/1", "models:/first@champion"])
def test_score_decides_with_a_registered_version(mlflow_url, first, artifact, tmp_path, uri):
    path = tmp_path / "decisions.jsonl"
    model = ("--tracking-uri", mlflow_url, "--model-uri", uri)
    answer = CliRunner().invoke(cli, ("score", *model, "--data", DATA, "--output", str(path)))
    assert answer.exit_code == 0, answer.output
    records = [json.loads(line) for line in path.read_text().splitlines()]
    direct = probabilities(
        open_session(artifact / "model.onnx"),
        parse(read_source(DATA, 1 << 20, LOAN), DATA, LOAN).applications,
    )
    np.testing.assert_allclose([one["probability"] for one in records], direct, atol=1e-6)
    identity = {(one["model"], one["version"], one["digest"]) for one in records}
    assert identity == {("first", "1", first[0]["digest"])}


def test_score_refuses_a_version_that_is_not_there(mlflow_url, first):
    model = ("--tracking-uri", mlflow_url, "--model-uri", "models:/first/99")
    answer = CliRunner().invoke(cli, ("score", *model, "--data", DATA))
    assert answer.exit_code == 1
    assert "models:/first/99" in answer.output


def test_every_family_baseline_and_evaluation_is_a_nested_run_in_mlflow(client, first):
    summary, _ = first
    parent = client.get_run(summary["run_id"])
    assert parent.info.status == "FINISHED"
    assert parent.data.params["data_fingerprint"] == summary["data_fingerprint"]
    assert parent.data.metrics["holdout_auc"] == pytest.approx(summary["metrics"]["auc"])
    assert parent.data.metrics["onnx_parity"] < 1e-5
    children = client.search_runs([parent.info.experiment_id], f"tags.`mlflow.parentRunId` = '{summary['run_id']}'")
    names = {child.info.run_name for child in children}
    families = ("majority", "rule", "logistic_regression", "random_forest", "gradient_boosting", "svc", "xgboost")
    assert names >= {f"compare {name}" for name in families} | {"search xgboost", "evaluate rule"}
    files = {file.path for file in client.list_artifacts(summary["run_id"], "evaluation")}
    assert files >= {
        f"evaluation/{name}"
        for name in ("roc.png", "calibration.png", "confusion.png", "influence.png", "fairness.csv", "evaluation.json")
    }


def test_the_same_seed_and_data_give_the_same_digest_which_is_not_promoted_again(client, mlflow_url, first, tmp_path):
    summary, _ = first
    again = run(mlflow_url, "first", "--data", DATA, "--jobs", "1", "--summary-json", str(tmp_path / "again.json"))
    assert again.exit_code == 0, again.output
    second = json.loads((tmp_path / "again.json").read_text())
    assert (second["version"], second["digest"]) == ("2", summary["digest"])
    assert (second["promoted"], second["code"]) == (False, "unchanged")
    aliases = {alias: str(version) for alias, version in client.get_registered_model("first").aliases.items()}
    assert aliases == {"champion": "1", "challenger": "2"}


def test_refused_data_ends_the_run_with_exit_code_2(client, mlflow_url, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(read_source(DATA, 1 << 20, LOAN).replace(b"Semiurban", b"Moon", 1))
    answer = run(mlflow_url, "refused", "--data", str(path))
    assert answer.exit_code == 2
    assert "bad.csv: row" in answer.output
    assert "'Moon'" in answer.output
    failed = client.search_runs([client.get_experiment_by_name("loan-eligibility").experiment_id], max_results=1)[0]
    assert failed.info.status == "FAILED"
    assert "'Moon'" in failed.data.tags["error"]


def test_steps_run_one_by_one_in_one_run_and_the_champion_is_compared(client, mlflow_url, tmp_path):
    work = str(tmp_path / "work")
    for step, _ in STEPS:
        answer = run(mlflow_url, "stepwise", "--data", DATA, "--work-dir", work, command=step)
        assert answer.exit_code == 0, (step, answer.output)
    run_id = json.loads((tmp_path / "work" / "run.json").read_text())["run_id"]
    assert client.get_run(run_id).info.status == "FINISHED"
    version = client.get_model_version("stepwise", "1")
    assert version.run_id == run_id

    # A step that is tried again does not register twice.
    assert run(mlflow_url, "stepwise", "--work-dir", work, command="register").exit_code == 0
    assert len(client.search_model_versions("name = 'stepwise'")) == 1

    # A champion whose files are not those of its digest cannot be compared, and stays.
    client.set_model_version_tag("stepwise", "1", "digest", "sha256:other")
    champion = Registry(client, "stepwise").champion()
    assert (champion.version, champion.digest) == ("1", "sha256:other")
    copied = tmp_path / "second"
    shutil.copytree(work, copied)
    registration = json.loads((copied / "registration.json").read_text())
    (copied / "registration.json").write_text(json.dumps(registration | {"version": "2"}))
    model_id = version.source.removeprefix("models:/")
    client.create_model_version("stepwise", version.source, run_id=run_id, model_id=model_id)
    assert run(mlflow_url, "stepwise", "--work-dir", str(copied), command="promote").exit_code == 0
    promotion = json.loads((copied / "promotion.json").read_text())
    assert (promotion["promoted"], promotion["code"]) == (False, "champion_unreadable")
    assert str(client.get_model_version_by_alias("stepwise", "champion").version) == "1"


def test_a_step_without_the_earlier_ones_says_so(mlflow_url, tmp_path):
    answer = run(mlflow_url, "nothing", "--work-dir", str(tmp_path), command="fit")
    assert answer.exit_code == 1
    assert "run the earlier steps first" in answer.output
