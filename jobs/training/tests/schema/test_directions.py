import pytest

from loan_training.schema.build import build
from loan_training.schema.checks import problems
from loan_training.schema.directions import Directions


def schema(derived, bounded=None, **minimums):
    columns = [
        {"name": name, "type": "number", "minimum": minimums.get(name, 0), "maximum": 9}
        | ({"better": better} if better else {})
        for name, better in (("up", "higher"), ("up2", "higher"), ("down", "lower"), ("free", None))
    ]
    return build(
        {
            "name": "s",
            "label": {"column": "l", "positive": ["y"], "negative": ["n"]},
            "decision": {"name": "d", "positive": "Y", "negative": "N"},
            "columns": columns,
            "derived": [{"name": "x", **derived}],
            "features": [{"of": "x"}],
        }
        | ({"bounded": bounded} if bounded else {})
    )


@pytest.mark.parametrize(
    ("derived", "direction"),
    [
        ({"sum": ["up", "up2"]}, 1),
        ({"sum": ["up", "free"]}, 1),
        ({"sum": ["free", "free"]}, 0),
        ({"difference": ["up", "down"]}, 1),
        ({"difference": ["down", "up"]}, -1),
        ({"difference": ["free", "up"]}, -1),
        ({"ratio": ["down", "up"]}, -1),
        ({"ratio": ["up", "free"]}, 1),
        ({"log": "down"}, -1),
        ({"log1p": "up"}, 1),
    ],
)
def test_the_direction_of_a_derived_number_follows_from_its_columns(derived, direction):
    made = schema(derived)
    assert Directions(made).of("x") == direction
    assert problems(made) == []


@pytest.mark.parametrize(
    "derived",
    [{"sum": ["up", "down"]}, {"difference": ["up", "up2"]}, {"ratio": ["up", "up2"]}, {"ratio": ["down", "down"]}],
)
def test_a_feature_that_no_direction_serves_is_refused(derived):
    assert "take a direction (`better`) away, or take the feature out" in problems(schema(derived))[0]


@pytest.mark.parametrize(("derived", "negative"), [(["free", "up"], "free"), (["down", "up"], "down")])
def test_the_divisor_of_a_numerator_that_may_be_negative_has_no_direction(derived, negative):
    assert f"{negative} may be negative" in problems(schema({"ratio": derived}, **{negative: -1}))[0]


@pytest.mark.parametrize(("derived", "negative"), [(["up", "free"], "free"), (["up", "free"], "up")])
def test_a_numerator_moves_a_ratio_in_one_direction_because_the_divisor_is_above_0(derived, negative):
    made = schema({"ratio": derived}, **{negative: -1})
    assert problems(made) == []
    assert Directions(made).of("x") == 1


@pytest.mark.parametrize("outer", [{"sum": ["inner", "up"]}, {"ratio": ["up", "inner"]}, {"log": "inner"}])
@pytest.mark.parametrize("inner", [{"sum": ["up", "down"]}, {"difference": ["up", "up2"]}])
def test_a_number_computed_from_a_contradictory_number_is_contradictory(outer, inner):
    made = build(
        {
            "name": "s",
            "label": {"column": "l", "positive": ["y"], "negative": ["n"]},
            "decision": {"name": "d", "positive": "Y", "negative": "N"},
            "columns": [
                {"name": name, "type": "number", "minimum": 0, "maximum": 9, "better": better}
                for name, better in (("up", "higher"), ("up2", "higher"), ("down", "lower"))
            ],
            "derived": [{"name": "inner", **inner}, {"name": "x", **outer}],
            "features": [{"of": "x"}],
        }
    )
    assert "no direction serves inner" in problems(made)[0]


def test_a_bounded_feature_must_not_be_negative_or_better_when_higher():
    assert "may be negative" in problems(schema({"difference": ["free", "free"]}, bounded="x"))[0]
    assert "better when higher" in problems(schema({"sum": ["up", "up2"]}, bounded="x"))[0]
    assert problems(schema({"ratio": ["down", "up"]}, bounded="x")) == []


@pytest.mark.parametrize("name", ["probability", "features", "affordability", "classifier/x", "tail/1"])
def test_a_column_may_not_have_a_name_of_the_graph(name):
    made = build(
        {
            "name": "s",
            "label": {"column": "l", "positive": ["y"], "negative": ["n"]},
            "decision": {"name": "d", "positive": "Y", "negative": "N"},
            "columns": [{"name": name, "type": "number", "minimum": 0, "maximum": 1}],
        }
    )
    assert "the graph uses the name" in problems(made)[0]
