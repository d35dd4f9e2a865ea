"""Fits a model that knows nothing of this project, and exports it to ONNX. See bring-your-own-model.md."""

from pathlib import Path

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

directory = Path("churn")
directory.mkdir(exist_ok=True)

# 1. Data and model. Replace this part by your own.
random = np.random.default_rng(7)
rows = pd.DataFrame({"plan": random.choice(["basic", "pro"], 2000), "months": random.integers(1, 60, 2000)})
leaves = random.random(2000) < 1 / (1 + np.exp(0.1 * rows.months - 1.5 * (rows.plan == "basic")))
columns = make_column_transformer((OneHotEncoder(), ["plan"]), (StandardScaler(), ["months"]))
model = make_pipeline(columns, LogisticRegression()).fit(rows, leaves)
rows.to_csv(directory / "rows.csv", index=False)

# 2. One graph: an input [N, 1] for each column, and the probability of the positive class as output [N, 1].
inputs = [("plan", StringTensorType([None, 1])), ("months", FloatTensorType([None, 1]))]
graph = to_onnx(model, initial_types=inputs, options={"zipmap": False}, target_opset={"": 21, "ai.onnx.ml": 3})
graph.graph.initializer.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "positive"))
graph.graph.node.append(helper.make_node("Gather", ["probabilities", "positive"], ["probability"], axis=1))
del graph.graph.output[:]
graph.graph.output.append(helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N", 1]))
onnx.checker.check_model(graph)
onnx.save(graph, directory / "model.onnx")
