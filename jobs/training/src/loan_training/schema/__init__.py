"""The schema of a data set, from a YAML file: columns, label, decision, features, groups and reasons."""
