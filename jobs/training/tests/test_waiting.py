import pytest

from loan_training.waiting import wait_for


class Clock:
    """A clock that sleeping moves, and that each question costs a second."""

    def __init__(self):
        self.now = 0.0
        self.asked = 0

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds

    def answers_at(self, moment):
        def why_not():
            self.asked += 1
            self.now += 1
            return None if self.now >= moment else "it starts"

        return why_not


@pytest.mark.parametrize("moment", [0, 1, 5, 59])
def test_a_server_that_answers_in_time_is_waited_for(moment):
    clock = Clock()
    assert wait_for("it", 60, clock.answers_at(moment), lambda: clock.now, clock.sleep) is None
    assert clock.now < moment + 4


@pytest.mark.parametrize("seconds", [0, 1, 7, 60])
def test_a_server_that_never_answers_is_given_up_at_the_deadline_with_its_reason(seconds):
    clock = Clock()
    assert wait_for("it", seconds, clock.answers_at(10_000), lambda: clock.now, clock.sleep) == "it starts"
    assert seconds <= clock.now <= seconds + 3


def test_without_a_wait_it_is_asked_twice_without_a_pause():
    clock = Clock()
    assert wait_for("it", 0, clock.answers_at(10_000), lambda: clock.now, clock.sleep) == "it starts"
    assert (clock.asked, clock.now) == (2, 2)


def test_progress_tells_what_is_awaited_why_and_how_long_once_in_a_while(caplog):
    caplog.set_level("INFO", logger="wait")
    clock = Clock()
    wait_for("MLflow", 100, clock.answers_at(40), lambda: clock.now, clock.sleep)
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == "waiting at most 99 s for MLflow: it starts"
    assert told[-1].startswith("MLflow answers, after 4")
    assert 3 <= len(told) <= 5
