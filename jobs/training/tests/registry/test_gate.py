from dataclasses import replace

import pytest

from loan import LOAN
from loan_training.evaluation.chance import Chance
from loan_training.evaluation.evidence import Evidence
from loan_training.evaluation.scores import MORE_IS_BETTER, Scores
from loan_training.registry.gate import TOLERANCES, Baseline, Contender, Unreadable
from loan_training.registry.gate import decide as decide_all

GOOD = Scores(accuracy=0.82, f1=0.88, auc=0.78, log_loss=0.46, brier=0.145, ece=0.03)
BASELINE = Baseline(
    majority=Scores(accuracy=0.69, f1=0.81, auc=0.5, log_loss=0.62, brier=0.21, ece=0.0),
    rule=Scores(accuracy=0.81, f1=0.87, auc=0.70, log_loss=0.48, brier=0.15, ece=0.02),
)


EVIDENCE = Evidence(Chance(0.0005, 123), Chance(0.0005, 614), 0.47, 0.48)


def decide(mode, challenger, champion, baseline, evidence=EVIDENCE):
    return decide_all(mode, challenger, champion, baseline, evidence, 100)


def ratios(every, **columns):
    return dict.fromkeys(LOAN.judged, every) | columns


CHAMPION = Contender("1", "sha256:old", GOOD, ratios(0.9), LOAN.judged)


def challenger(four_fifths=0.9, digest="sha256:new", **scores):
    return Contender("2", digest, replace(GOOD, **scores), ratios(four_fifths), LOAN.judged)


def test_never_and_always_do_not_look_at_the_scores():
    assert decide("never", challenger(), None, BASELINE).code == "never"
    assert not decide("never", challenger(), None, BASELINE).promoted
    forced = decide("always", challenger(log_loss=2.0), CHAMPION, BASELINE)
    assert (forced.promoted, forced.code) == (True, "always")


def test_the_first_version_is_promoted_if_it_beats_the_baselines():
    decision = decide("if-not-worse", challenger(), None, BASELINE)
    assert (decision.promoted, decision.code) == (True, "first")


@pytest.mark.parametrize(
    ("scores", "named"),
    [({"log_loss": 0.62}, "majority"), ({"auc": 0.5}, "chance"), ({"log_loss": 0.4901}, "rule")],
)
@pytest.mark.parametrize("champion", [None, CHAMPION])
def test_a_version_below_a_baseline_is_not_promoted(scores, named, champion):
    decision = decide("if-not-worse", challenger(**scores), champion, BASELINE)
    assert (decision.promoted, decision.code) == (False, "below_baseline")
    assert named in decision.reason


def test_as_good_as_the_rule_within_the_tolerance_is_enough():
    assert decide("if-not-worse", challenger(log_loss=0.489), None, BASELINE).promoted


def test_a_champion_that_cannot_be_read_stays():
    decision = decide("if-not-worse", challenger(), Unreadable("1", "no model.onnx"), BASELINE)
    assert (decision.promoted, decision.code) == (False, "champion_unreadable")
    assert "no model.onnx" in decision.reason


def test_the_same_model_is_not_rolled_out_again():
    decision = decide("if-not-worse", challenger(digest="sha256:old"), CHAMPION, BASELINE)
    assert (decision.promoted, decision.code) == (False, "unchanged")


def test_an_equal_model_is_promoted():
    decision = decide("if-not-worse", challenger(), CHAMPION, BASELINE)
    assert (decision.promoted, decision.code) == (True, "not_worse")


@pytest.mark.parametrize("name", list(TOLERANCES))
def test_each_score_may_be_worse_by_its_tolerance_and_no_more(name):
    strong = Contender("1", "sha256:old", replace(GOOD, **{name: getattr(GOOD, name)}), ratios(0.9))
    step = -TOLERANCES[name] if name in MORE_IS_BETTER else TOLERANCES[name]
    within = decide("if-not-worse", challenger(**{name: getattr(GOOD, name) + 0.9 * step}), strong, BASELINE)
    beyond = decide("if-not-worse", challenger(**{name: getattr(GOOD, name) + 1.1 * step}), strong, BASELINE)
    assert within.promoted
    assert (beyond.promoted, beyond.code) == (False, "worse")
    assert name in beyond.reason


def test_an_unfair_first_version_is_not_promoted():
    decision = decide("if-not-worse", challenger(four_fifths=0.79), None, BASELINE)
    assert (decision.promoted, decision.code) == (False, "unfair")
    assert decide("if-not-worse", challenger(four_fifths=0.8), None, BASELINE).promoted


def test_below_four_fifths_it_must_not_be_less_fair_than_the_champion():
    unfair_champion = replace(CHAMPION, four_fifths=ratios(0.75))
    assert decide("if-not-worse", challenger(four_fifths=0.76), unfair_champion, BASELINE).promoted
    assert decide("if-not-worse", challenger(four_fifths=0.731), unfair_champion, BASELINE).promoted
    refused = decide("if-not-worse", challenger(four_fifths=0.72), unfair_champion, BASELINE)
    assert (refused.promoted, refused.code) == (False, "unfair")


def test_each_column_is_compared_with_the_same_column_of_the_champion():
    champion = replace(CHAMPION, four_fifths=ratios(0.98, Property_Area=0.76))
    fell = replace(challenger(), four_fifths=ratios(0.98, Gender=0.76, Property_Area=0.76))
    decision = decide("if-not-worse", fell, champion, BASELINE)
    assert (decision.promoted, decision.code) == (False, "unfair")
    assert "Gender 0.760 against 0.980" in decision.reason
    assert "Property_Area" not in decision.reason


@pytest.mark.parametrize(
    ("before", "after", "promoted"), [(0.71, 0.7, True), (0.71, 0.695, False), (0.65, 0.69, False)]
)
def test_small_losses_do_not_add_up_below_the_floor(before, after, promoted):
    champion = replace(CHAMPION, four_fifths=ratios(0.9, Gender=before))
    decision = decide("if-not-worse", replace(challenger(), four_fifths=ratios(0.9, Gender=after)), champion, BASELINE)
    assert decision.promoted == promoted


def test_a_column_without_a_ratio_of_the_champion_must_reach_four_fifths():
    champion = replace(CHAMPION, four_fifths={})
    assert decide("if-not-worse", challenger(four_fifths=0.79), champion, BASELINE).code == "unfair"
    assert decide("if-not-worse", challenger(four_fifths=0.8), champion, BASELINE).promoted


@pytest.mark.parametrize("champion", [None, CHAMPION])
def test_the_reason_names_a_ratio_that_could_not_be_measured(champion):
    measured = decide("if-not-worse", challenger(), champion, BASELINE)
    assert "not measured" not in measured.reason
    without = replace(challenger(), four_fifths={"Married": 0.9})
    decision = decide("if-not-worse", without, champion, BASELINE)
    assert decision.promoted
    assert "four-fifths ratio not measured: Gender, Property_Area (needs two groups of 100 rows)" in decision.reason


def test_the_reason_of_a_first_champion_states_the_tests():
    reason = decide("if-not-worse", challenger(), None, BASELINE).reason
    assert "majority (p = 0.0005 on 123 applications of the holdout)" in reason
    assert "rule (p = 0.0005 on 614 applications, out of fold)" in reason


@pytest.mark.parametrize(
    ("evidence", "named"),
    [
        ({"majority": Chance(0.011, 123)}, "majority: p = 0.0110 on 123 different applications"),
        ({"rule": Chance(0.011, 614)}, "rule: p = 0.0110 on 614 different applications"),
        ({"model_log_loss": 0.48}, "log loss 0.4800 does not beat the rule's 0.4800"),
    ],
)
def test_a_first_champion_must_exclude_chance(evidence, named):
    decision = decide("if-not-worse", challenger(), None, BASELINE, replace(EVIDENCE, **evidence))
    assert (decision.promoted, decision.code) == (False, "chance")
    assert named in decision.reason
    assert "--promote always" in decision.reason


def test_without_a_rule_the_majority_is_the_baseline():
    evidence = Evidence(Chance(0.0005, 123), None, None, None)
    decision = decide("if-not-worse", challenger(), None, replace(BASELINE, rule=None), evidence)
    assert (decision.promoted, decision.code) == (True, "first")
    assert "rule" not in decision.reason
