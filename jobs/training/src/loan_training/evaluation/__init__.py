"""How good and how fair a model is: scores, rates by group, influence of columns, plots."""
