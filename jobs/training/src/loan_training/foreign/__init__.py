"""serving.json for a model that was not trained here, and its registration."""
