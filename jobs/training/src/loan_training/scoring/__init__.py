"""Scores files of applications with any model that has a serving.json."""
