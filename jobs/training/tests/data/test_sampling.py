import numpy as np
import pandas as pd
import pytest

from loan import LOAN
from loan_training.data.dataset import MINIMUM_ROWS_PER_LABEL, Dataset
from loan_training.data.sampling import PART_ROWS, sample


def rows(count, distinct, positives, seed=0):
    """`count` rows with about `distinct` different applications, and the share `positives` of them approved."""
    rng = np.random.default_rng(seed)
    values = rng.integers(distinct, size=count)
    applications = pd.DataFrame({"word": [f"w{value % 7}" for value in values], "number": values.astype(float)})
    return Dataset(applications, (rng.random(count) < positives).astype(np.int64), LOAN)


def as_set(dataset):
    return sorted(zip(map(tuple, dataset.applications.astype(str).to_numpy()), dataset.labels, strict=True))


@pytest.mark.parametrize("count", [1, 99, 100])
def test_a_data_set_within_the_budget_is_returned_itself(count):
    whole = rows(count, 50, 0.5)
    assert sample(whole, 100, seed=1) is whole


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("distinct", "positives"), [(4_000, 0.7), (300, 0.5), (40, 0.3), (3, 0.7), (1, 0.5)])
def test_a_sample_keeps_to_its_rows_and_to_the_share_of_labels(distinct, positives, seed):
    whole = rows(5_000, distinct, positives, seed)
    drawn = sample(whole, 1_000, seed)
    assert 1_000 - 2 * PART_ROWS <= len(drawn) <= 1_000
    assert abs(drawn.labels.mean() - whole.labels.mean()) <= 2 * PART_ROWS / 1_000


@pytest.mark.parametrize("seed", range(8))
def test_copies_of_a_row_are_drawn_together(seed):
    whole = rows(5_000, 400, 0.7, seed)
    drawn = sample(whole, 1_000, seed)
    before = whole.applications.value_counts(dropna=False)
    assert before.max() < PART_ROWS
    for application, count in drawn.applications.value_counts(dropna=False).items():
        assert count == before[application]


def test_a_row_with_many_copies_keeps_its_share():
    whole = rows(10_000, 5_000, 0.7)
    whole.applications.loc[:3_999] = ["same", 1.0]
    for seed in range(8):
        share = (sample(whole, 2_000, seed).applications["word"] == "same").mean()
        assert share == pytest.approx(0.4, abs=0.2)


def test_the_seed_decides_the_draw_and_the_order_in_the_file_does_not():
    whole = rows(5_000, 4_000, 0.7)
    shuffled = whole.take(np.random.default_rng(3).permutation(5_000))
    assert as_set(sample(whole, 1_000, 1)) == as_set(sample(shuffled, 1_000, 1))
    assert as_set(sample(whole, 1_000, 1)) != as_set(sample(whole, 1_000, 2))


@pytest.mark.parametrize("positives", [0.001, 0.999])
def test_a_rare_label_is_not_lost(positives):
    whole = rows(50_000, 49_000, positives)
    counts = np.bincount(sample(whole, 1_000, 1).labels)
    assert counts.min() >= MINIMUM_ROWS_PER_LABEL
    assert counts.sum() <= 1_000
