import random

import pytest

from loan_training.schema.draft.bounds import widened


@pytest.mark.parametrize(
    ("least", "median", "most", "bounds"),
    [
        (0, 0.4, 0.93, (0, 1)),
        (150, 3812, 81_000, (0, 200_000)),
        (300, 600, 900, (0, 1_000)),
        (18, 34, 79, (0, 100)),
        (-120, 10, 400, (-500, 1_000)),
        (-9, -5, -2, (-20, 0)),
        (5, 5, 5, (0, 10)),
    ],
)
def test_ranges_are_round_and_wider_than_the_file(least, median, most, bounds):
    assert widened(least, median, most) == bounds


def test_every_number_of_a_file_is_inside():
    rng = random.Random(1)
    for _ in range(1_000):
        least, median, most = sorted(rng.uniform(-1, 1) * 10 ** rng.randint(-25, 30) for _ in range(3))
        low, high = widened(least, median, most)
        assert low <= least <= most <= high
