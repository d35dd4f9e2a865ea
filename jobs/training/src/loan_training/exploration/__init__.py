"""Explores a data set: one page of tables, pictures and warnings."""
