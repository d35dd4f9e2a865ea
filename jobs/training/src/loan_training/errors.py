"""The errors that stop a run. Each has an exit code for scripts, and a reason for the metrics."""


class TrainingError(Exception):
    """The run gives no model that may be shipped. Only after Unreachable may another run succeed."""

    exit_code = 1
    reason = "failed"


class DataRefused(TrainingError):
    """The data breaks its schema. The message names file, row, column, value and rule."""

    exit_code = 2
    reason = "data_refused"


class SchemaRefused(TrainingError):
    """The schema file breaks its rules. The message names file, place, value and rule."""

    exit_code = 2
    reason = "schema_refused"


class SigningKeyRefused(TrainingError):
    """The private key cannot be read or used. The message names the file, and never its content."""

    exit_code = 2
    reason = "signing_key_refused"


class CardNotesRefused(TrainingError):
    """The notes for the model card break their rules. The message names file, place, value and rule."""

    exit_code = 2
    reason = "card_notes_refused"


class Unreachable(TrainingError):
    """A server that the run needs does not answer. Another run may succeed."""

    exit_code = 3
    reason = "unreachable"


class RegistryUnreachable(Unreachable):
    """MLflow does not answer, so a trained model could not be kept."""

    reason = "registry_unreachable"


class HelperFailed(TrainingError):
    """A process that helps with a search failed. Its run goes on, so it must not end the Job that both are part of."""

    exit_code = 3


class ModelRefused(TrainingError):
    """The exported graph differs from the fitted model, is not monotone, or approves a loan without income."""

    reason = "model_refused"
