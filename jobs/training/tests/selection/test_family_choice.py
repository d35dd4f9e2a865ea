from loan_training.selection.family_choice import Candidate, choose


def test_the_least_log_loss_is_chosen():
    worse, best = Candidate("a", 0.50, 0.9, True), Candidate("b", 0.46, 0.7, True)
    assert choose([worse, best]) is best


def test_the_ranking_decides_between_equals():
    first, second = Candidate("a", 0.4600, 0.77, True), Candidate("b", 0.4615, 0.78, True)
    assert choose([first, second]) is second


def test_what_is_not_monotone_is_not_chosen():
    loose, monotone = Candidate("a", 0.40, 0.9, False), Candidate("b", 0.48, 0.7, True)
    assert choose([loose, monotone]) is monotone


def test_nothing_is_chosen_where_nothing_is_monotone():
    assert choose([Candidate("a", 0.40, 0.9, False)]) is None
