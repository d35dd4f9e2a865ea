"""The reasons of a declined application: Shapley values of factors against a reference row."""
