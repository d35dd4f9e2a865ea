"""Rows: their columns, where they come from, how they are read, checked and made up."""
