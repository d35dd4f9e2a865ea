"""Logs a model that was not trained here, with serving.json, and registers it. See bring-your-own-model.md."""

import json
import tempfile
from hashlib import sha256
from pathlib import Path

import mlflow
import numpy as np
import onnx
import onnxruntime
import pandas as pd
from mlflow.models import infer_signature
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NAME, OUTPUT = "churn", "probability"
PLANS = ["basic", "pro"]

# 1. Data and model. Replace this part by your own.
random = np.random.default_rng(7)
rows = pd.DataFrame({"plan": random.choice(PLANS, 2000), "months": random.integers(1, 60, 2000).astype(float)})
leaves = random.random(2000) < 1 / (1 + np.exp(0.1 * rows.months - 1.5 * (rows.plan == "basic")))
columns = make_column_transformer((OneHotEncoder(), ["plan"]), (StandardScaler(), ["months"]))
model = make_pipeline(columns, LogisticRegression()).fit(rows, leaves)

# 2. One graph: an input [N, 1] for each column, and the probability of the positive class as output [N, 1].
inputs = [("plan", StringTensorType([None, 1])), ("months", FloatTensorType([None, 1]))]
graph = to_onnx(model, initial_types=inputs, options={"zipmap": False}, target_opset={"": 21, "ai.onnx.ml": 3})
graph.graph.initializer.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "positive"))
graph.graph.node.append(helper.make_node("Gather", ["probabilities", "positive"], [OUTPUT], axis=1))
del graph.graph.output[:]
graph.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["N", 1]))
onnx.checker.check_model(graph)


# 3. serving.json. The golden samples are computed by onnxruntime, on the exported graph.
def score(frame):
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    feeds = {
        "plan": frame[["plan"]].to_numpy(dtype=object),
        "months": frame[["months"]].to_numpy(dtype=np.float32),
    }
    return session.run([OUTPUT], feeds)[0][:, 0]


def shares(values, edges):
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    return {"edges": edges, "shares": (counts / len(values)).tolist(), "missing": 0}


golden = rows.head(10)
serving = {
    "schemaVersion": 1,
    "output": OUTPUT,
    "decision": {"name": "leaves", "positiveClass": "leaves", "negativeClass": "stays", "threshold": 0.5},
    "fields": [
        {"name": "plan", "type": "string", "required": True, "values": PLANS},
        {"name": "months", "type": "number", "required": True, "minimum": 0, "maximum": 600},
    ],
    "groups": ["plan"],
    "reference": {
        "rows": len(rows),
        "fields": {
            "plan": {"values": rows.plan.value_counts(normalize=True).to_dict(), "missing": 0},
            "months": shares(rows.months, [12, 24, 36, 48]),
        },
        "probability": shares(score(rows), [0.1, 0.3, 0.5, 0.7, 0.9]),
    },
    "background": rows.tail(20).to_dict("records"),
    "golden": [
        {"input": row, "probability": float(probability)}
        for row, probability in zip(golden.to_dict("records"), score(golden), strict=True)
    ],
}

# 4. Log, register, and set the tag `digest` and the alias.
files = {
    "model.onnx": graph.SerializeToString(),
    "serving.json": json.dumps(serving, indent=1).encode(),
}
lines = "".join(f"{path} {sha256(files[path]).hexdigest()}\n" for path in sorted(files))
digest = "sha256:" + sha256(lines.encode()).hexdigest()

client = mlflow.MlflowClient()
mlflow.set_experiment(NAME)
with mlflow.start_run() as run:
    logged = mlflow.onnx.log_model(
        graph, name="model", signature=infer_signature(rows, score(rows)), save_as_external_data=False
    )
with tempfile.TemporaryDirectory() as directory:
    for name, content in files.items():
        (Path(directory) / name).write_bytes(content)
        client.log_model_artifact(logged.model_id, str(Path(directory) / name))
if not client.search_registered_models(f"name = '{NAME}'"):
    client.create_registered_model(NAME)
version = client.create_model_version(
    NAME, f"models:/{logged.model_id}", run_id=run.info.run_id, tags={"digest": digest}, model_id=logged.model_id
).version
client.set_registered_model_alias(NAME, "champion", version)
print(f"{NAME} version {version}, {digest}")
