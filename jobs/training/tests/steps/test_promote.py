"""The gate between a new version and a champion that differs, with a real MLflow server."""

import base64
import json
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import httpx
import numpy as np
import onnx
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from conftest import local_http
from loan import LOAN
from loan_training.artifact.digest import MODEL_FILE, SERVING_FILE, digest
from loan_training.artifact.serving_json import build_serving, golden_rows
from loan_training.data.dataset import split
from loan_training.data.reading import Reading
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import OUTPUT, open_session
from loan_training.model.recipe import Recipe, fit
from loan_training.orchestration import is_transient
from loan_training.registry.model_registry import DIGEST_TAG, ArtifactUnreadable, Registry
from loan_training.registry.tracking import Tracking
from loan_training.scoring.cut_graph import cut_graph
from loan_training.settings import Settings
from loan_training.steps import Context, all_steps
from loan_training.workspace import Workspace
from signing_keys import new_key
from version_1_graph import export_version_1

STEPS = {step.name: step.run for step in all_steps()}


@pytest.fixture(scope="module")
def trained(mlflow_url, dataset, tmp_path_factory):
    """A run of the default recipe, up to and with the step `evaluate`."""
    settings = Settings(
        work_dir=tmp_path_factory.mktemp("trained"),
        schema=LOAN,
        data="synthetic:614:7",
        reading=Reading(),
        seed=7,
        trials=0,
        cv_repeats=1,
        jobs=2,
        promote="if-not-worse",
        fairness_minimum=100,
        model_name="trained",
        experiment="promotion",
        tracking_uri=mlflow_url,
        optuna_storage=None,
        optuna_storage_password_file=None,
        search_run=None,
        prefect_api_url=None,
    )
    context = Context(settings, Workspace(settings.work_dir, LOAN), Tracking.start(mlflow_url, "promotion", "trained"))
    STEPS["data"](context)
    context.workspace.write_recipe(Recipe.default("xgboost", settings.seed))
    context.workspace.write_json("comparison", {"chosen": "xgboost", "rows": 0, "candidates": []})
    STEPS["fit"](context)
    STEPS["evaluate"](context)
    return context


def files_of(dataset):
    """An artifact that is fitted on these rows."""
    graph = export(fit(Recipe.default("xgboost", 7), dataset))
    return {MODEL_FILE: graph, SERVING_FILE: build_serving(open_session(graph), dataset, 7, 0.5)}


def crown(context, name, files):
    """Registers these files as version 1 of a new model, and makes the version champion."""
    run_id = Tracking.start(context.settings.tracking_uri, "promotion", name).run_id
    registry = Registry(context.tracking.client, name)
    model_id = registry.log_model(run_id, files, golden_rows(LOAN, 7).head(1), context.settings.tracking_uri)
    champion = registry.register(model_id, run_id, {DIGEST_TAG: digest(files)})
    registry.promote(champion)
    return champion


def challenge(context, name):
    """Registers the trained model as the next version of that model, and runs the step `promote`."""
    challenger = replace(context, settings=replace(context.settings, model_name=name))
    STEPS["register"](challenger)
    STEPS["promote"](challenger)
    champion = Registry(context.tracking.client, name).champion()
    return context.workspace.read_json("promotion"), champion.version


def test_a_version_that_is_not_worse_replaces_a_champion_of_less_data(trained, training):
    crown(trained, "half", files_of(training.take(np.arange(0, len(training), 2))))
    promotion, champion = challenge(trained, "half")
    assert (promotion["promoted"], promotion["code"], champion) == (True, "not_worse", "2")


def test_a_promotion_is_signed_before_the_alias_moves(trained, training, tmp_path):
    key = tmp_path / "key.pem"
    key.write_bytes(new_key())
    signing = replace(trained, settings=replace(trained.settings, signing_key=key))
    challenge(signing, "signed")
    version = trained.tracking.client.get_model_version("signed", "1")
    (statement,) = [value for tag, value in version.tags.items() if tag.startswith("statement.")]
    payload = json.loads(base64.b64decode(json.loads(statement)["payload"]))
    assert payload | {"at": ""} == {
        "kind": "promote",
        "model": "signed",
        "version": "1",
        "digest": version.tags["digest"],
        "alias": "champion",
        "card": version.tags["card_digest"],
        "actor": "training",
        "reason": version.tags["promotion_reason"],
        "at": "",
    }


def test_what_the_gate_refuses_is_not_signed(trained, dataset, tmp_path):
    key = tmp_path / "key.pem"
    key.write_bytes(new_key())
    crown(trained, "not-signed", files_of(split(dataset)[1]))
    challenge(replace(trained, settings=replace(trained.settings, signing_key=key)), "not-signed")
    tags = trained.tracking.client.get_model_version("not-signed", "2").tags
    assert not [tag for tag in tags if tag.startswith("statement.")]


def test_a_worse_version_does_not_replace_a_champion_that_knows_the_holdout(trained, dataset):
    crown(trained, "oracle", files_of(split(dataset)[1]))
    promotion, champion = challenge(trained, "oracle")
    assert (promotion["promoted"], promotion["code"], champion) == (False, "worse", "1")
    assert "log_loss" in promotion["reason"]


def test_a_champion_of_contract_version_1_is_compared_with_a_version_2(trained, training):
    half = training.take(np.arange(0, len(training), 2))
    files = files_of(half)
    document = json.loads(files[SERVING_FILE]) | {"schemaVersion": 1}
    del document["encoding"]
    graph = export_version_1(fit(Recipe.default("xgboost", 7), half))
    crown(trained, "version-1", {MODEL_FILE: graph, SERVING_FILE: json.dumps(document).encode()})
    promotion, champion = challenge(trained, "version-1")
    assert (promotion["promoted"], promotion["code"], champion) == (True, "not_worse", "2")


def test_a_champion_that_takes_the_matrix_itself_is_compared(trained, training):
    files = files_of(training.take(np.arange(0, len(training), 2)))
    graph = onnx.load_from_string(files[MODEL_FILE])
    cut_graph(graph, "matrix", OUTPUT, len(LOAN.columns))
    crown(trained, "matrix", files | {MODEL_FILE: graph.SerializeToString()})
    promotion, champion = challenge(trained, "matrix")
    assert (promotion["promoted"], promotion["code"], champion) == (True, "not_worse", "2")


def test_a_champion_with_another_output_cannot_be_compared(trained, training):
    files = files_of(training)
    graph = onnx.load_from_string(files[MODEL_FILE])
    for names in [node.output for node in graph.graph.node]:
        names[:] = ["score" if name == OUTPUT else name for name in names]
    graph.graph.output[0].name = "score"
    crown(trained, "other-output", files | {MODEL_FILE: graph.SerializeToString()})
    promotion, champion = challenge(trained, "other-output")
    assert (promotion["promoted"], promotion["code"], champion) == (False, "champion_unreadable", "1")
    assert OUTPUT in promotion["reason"]


def test_a_version_without_one_of_its_files_is_unreadable(trained, training):
    champion = crown(trained, "without-serving", {MODEL_FILE: files_of(training)[MODEL_FILE]})
    with pytest.raises(ArtifactUnreadable, match=r"serving\.json is not there"):
        Registry(trained.tracking.client, "without-serving").download(champion)


def test_an_unknown_version_is_unreadable(trained, training):
    champion = crown(trained, "gone", files_of(training))
    with pytest.raises(ArtifactUnreadable, match="not found"):
        Registry(trained.tracking.client, "gone").download(replace(champion, version="9"))


@pytest.mark.parametrize("failing", ["artifacts?path=", "model.onnx", "model-versions"])
def test_an_outage_is_transient_and_does_not_make_a_version_unreadable(failing, trained, training, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    champion = crown(trained, "outage", files_of(training))
    with local_http(proxy(trained.settings.tracking_uri, failing)) as url:
        registry = Registry(MlflowClient(url), "outage")
        with pytest.raises(MlflowException) as failure:
            registry.verify(champion)
    assert is_transient(failure.value)


def proxy(upstream, failing):
    """Passes requests on to MLflow, but answers 503 if the path holds `failing`."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self):
            if failing in self.path:
                self.send_error(503)
                return
            answer = httpx.get(f"{upstream}{self.path}", timeout=30)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_args):
            pass

    return Proxy
