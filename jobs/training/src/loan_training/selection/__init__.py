"""Which recipe is fitted: cross-validation, baselines, choice of a family, search of its hyper-parameters."""
