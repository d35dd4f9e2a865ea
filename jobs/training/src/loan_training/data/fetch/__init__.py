"""Fetches a data file from a URL, from S3 or from Kaggle, and says under which licence."""
