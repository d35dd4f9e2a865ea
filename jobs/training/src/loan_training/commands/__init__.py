"""Commands beside the steps of a run. cli.py adds them."""
