"""What the checks of all clients share: the scene, the arrays that they send, and the way to run them.

The scene comes from the test on standard input. It has the URLs and models of two services: `loan` with a contract, and `types`
with one input of each datatype. The result goes to standard output: a JSON object from check to "ok" or a traceback.
"""

import importlib.util
import json
import sys
import traceback
import types

import numpy as np

CHECKS = {}


def check(function):
    """Registers a check, which gets the scene."""
    CHECKS[function.__name__] = function
    return function


def run_checks():
    scene = json.load(sys.stdin)
    json.dump({name: result_of(function, scene) for name, function in CHECKS.items()}, sys.stdout)


def result_of(function, scene):
    try:
        function(scene)
    except Exception:
        return traceback.format_exc()
    return "ok"


def without_its_server(package):
    """Makes a package importable without its __init__, which imports a whole server."""
    spec = importlib.util.find_spec(package)
    module = types.ModuleType(package)
    module.__path__ = list(spec.submodule_search_locations)
    sys.modules[package] = module


# Arrays of every datatype, with different first dimensions: an empty one, a scalar, and the limits of each type.
ARRAYS = {
    "bool": np.array([[True, False], [False, True]]),
    "int8": np.array([[-128], [127]], np.int8),
    "int16": np.array([[-(2**15), 2**15 - 1]], np.int16),
    "int32": np.array([[-(2**31)], [0], [2**31 - 1]], np.int32),
    "int64": np.array([[-(2**63), 2**53 + 1, 2**63 - 1]], np.int64),
    "uint8": np.array([[0, 255]], np.uint8),
    "uint16": np.array([[0, 65535]], np.uint16),
    "uint32": np.array([[0, 2**32 - 1]], np.uint32),
    "uint64": np.array([[0, 2**53 + 1, 2**64 - 1]], np.uint64),
    "float16": np.array([[0.5, -65504]], np.float16),
    "float32": np.array([[1.5, np.nan, np.finfo(np.float32).max]], np.float32),
    "float64": np.array([[0.1, np.nan, np.finfo(np.float64).max]], np.float64),
    "string": np.array([["é", "", 'a,b\n"c"']], np.object_),
    "empty": np.empty((0, 3), np.float32),
    "scalar": np.array(2.5, np.float32),
}


def same(given, name):
    wanted = ARRAYS[name]
    assert given is not None, name
    given = np.array(given).reshape(wanted.shape)
    if wanted.dtype == np.object_:
        given = np.array(
            [v.decode() if isinstance(v, bytes) else v for v in given.flat], np.object_
        )
        assert list(given) == list(wanted.flat), (name, given)
    else:
        assert given.dtype == wanted.dtype, (name, given.dtype)
        assert np.array_equal(given, wanted, equal_nan=wanted.dtype.kind == "f"), (name, given)


def loan_columns(scene):
    """The columns as pandas gives them: whole numbers as int64, other numbers as float64, texts as objects."""
    for name in scene["fields"]:
        values = [row.get(name) for row in scene["rows"]]
        if name in scene["texts"]:
            array = np.array(["" if v is None else v for v in values], np.object_)
        elif any(v is None for v in values):
            array = np.array([np.nan if v is None else v for v in values], np.float64)
        else:
            array = np.array(values, np.int64)
        yield name, array.reshape(-1, 1)


def probabilities_are(given, scene):
    assert np.allclose(np.array(given).ravel(), scene["probabilities"], atol=1e-5), given
