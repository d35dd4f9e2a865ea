from loan_training.evaluation.scores import Scores
from loan_training.model.recipe import Recipe
from loan_training.selection.hyperparameter_search import search
from loan_training.selection.study import UNPRUNED_TRIALS


def test_the_search_repeats_itself_and_never_ends_below_its_start(training):
    start = Recipe.default("xgboost", 3)
    first, second = (search(start, training, trials=3, jobs=jobs) for jobs in (1, 2))
    assert first.best == second.best
    assert first.trials[0].parameters == start.parameters
    assert first.log_loss <= first.trials[0].log_loss


def test_a_pruned_trial_has_no_loss_beside_those_of_whole_trials(training, monkeypatch):
    losses = iter([0.4] * 2 * UNPRUNED_TRIALS + [0.9])

    def validate_repeat(*_arguments):
        return [Scores(accuracy=0.8, f1=0.8, auc=0.8, log_loss=next(losses), brier=0.1, ece=0.0)]

    monkeypatch.setattr("loan_training.selection.hyperparameter_search.validate_repeat", validate_repeat)
    found = search(Recipe.default("xgboost", 3), training, trials=UNPRUNED_TRIALS + 1, jobs=1)
    assert [trial.log_loss for trial in found.trials] == [0.4] * UNPRUNED_TRIALS + [None]
