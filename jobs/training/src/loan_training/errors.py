"""What stops a run, each with the exit code that a script can act on."""


class TrainingError(Exception):
    """The run cannot give a model that may be shipped. Another run would not either, unless it is Unreachable."""

    exit_code = 1
    reason = "failed"


class DataRefused(TrainingError):
    """The data does not keep its schema; the message names file, row, column, value and rule."""

    exit_code = 2
    reason = "data_refused"


class Unreachable(TrainingError):
    """A server that the run needs does not answer. Another run may end better."""

    exit_code = 3
    reason = "unreachable"


class RegistryUnreachable(Unreachable):
    """MLflow does not answer, so nothing that is trained could be kept."""

    reason = "registry_unreachable"


class ModelRefused(TrainingError):
    """The exported graph is not the model that was fitted, or does not behave as it must."""

    reason = "model_refused"
