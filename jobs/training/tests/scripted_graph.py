"""A stand-in for a graph, for tests of the checks of graphs."""

import numpy as np


class Scripted:
    """A graph whose probability is a given function of the raw columns."""

    def __init__(self, function):
        self.function = function

    def run(self, _outputs, inputs):
        columns = {name: values.reshape(-1) for name, values in inputs.items()}
        return [np.asarray(self.function(columns), dtype=np.float32).reshape(-1, 1)]
