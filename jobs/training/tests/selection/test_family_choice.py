from loan_training.selection.family_choice import Candidate, choose


def test_the_lowest_log_loss_is_chosen():
    worse, best = Candidate("a", 0.50, 0.9, True), Candidate("b", 0.46, 0.7, True)
    assert choose([worse, best]) is best


def test_the_auc_decides_between_equal_log_losses():
    first, second = Candidate("a", 0.4600, 0.77, True), Candidate("b", 0.4615, 0.78, True)
    assert choose([first, second]) is second


def test_a_family_that_is_not_monotone_is_not_chosen():
    loose, monotone = Candidate("a", 0.40, 0.9, False), Candidate("b", 0.48, 0.7, True)
    assert choose([loose, monotone]) is monotone


def test_no_family_is_chosen_if_none_is_monotone():
    assert choose([Candidate("a", 0.40, 0.9, False)]) is None
