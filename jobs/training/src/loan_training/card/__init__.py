"""The model card: what a version is, what it is for, and what was measured before it could be promoted."""
