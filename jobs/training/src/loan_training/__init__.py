"""Trains the loan-eligibility model, gates it and registers it in MLflow."""
