"""A model: features, families, fit, calibration, and the ONNX graph that the model becomes."""
