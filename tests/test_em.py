"""The two half-steps, the loop that alternates them, when it stops, and how it fails."""

import copy
import inspect
import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.mixture import GaussianMixture

from gmm_teach import CollapsedComponent, Mixture, State, datasets, e_step, fit, iterate, m_step, run_em, starts
from gmm_teach.runs import alike


def two_clusters(d=2, n=60, seed=0):
    """Points in two round clusters, 6 standard deviations apart along every coordinate, and which is which."""
    labels = np.arange(n) % 2
    x = np.random.default_rng(seed).normal(size=(n, d)) + 6 * labels[:, None]
    return x, labels


@pytest.fixture(scope="module")
def long_run(post):
    return run_em(post.x, post.start, tol=0)


def gains(run):
    return np.diff([state.log_likelihood for state in run.states])


# ---- the E step


def test_e_step_shapes_and_types():
    x, labels = two_clusters()
    responsibilities, log_likelihood = e_step(x, starts.from_labels(x, labels))
    assert responsibilities.shape == (60, 2)
    assert type(log_likelihood) is float


def test_e_step_agrees_with_the_mixture_itself(post):
    responsibilities, log_likelihood = e_step(post.x, post.start)
    assert log_likelihood == pytest.approx(post.start.log_likelihood(post.x), rel=1e-15)
    np.testing.assert_array_equal(responsibilities.argmax(axis=1), post.start.predict(post.x))


def test_a_point_40_deviations_away_is_shared_out_all_the_same():
    far = datasets.point_40_deviations_away()
    start = starts.from_means([[-2], [2]])
    log_joint = start.log_joint(far.x)
    assert (np.exp(log_joint[-1]) == 0).all(), "in plain arithmetic this point would be 0/0"
    responsibilities, log_likelihood = e_step(far.x, start)
    # the log odds of x = 42 between means 2 and -2 are (44^2 - 40^2) / 2 = 168
    np.testing.assert_allclose(responsibilities[-1], [np.exp(-168), 1], rtol=1e-12)
    # and its log density is that of the nearer component alone, 40 standard deviations away
    others = start.log_density(far.x[:-1]).sum()
    assert log_likelihood - others == pytest.approx(np.log(0.5) - 0.5 * np.log(2 * np.pi) - 800, rel=1e-14)


@pytest.mark.parametrize("mixture", [None, 2, "mixture", ([1], [[0]], [[[1]]]), Mixture, np.eye(2)])
def test_e_step_needs_a_mixture(mixture):
    with pytest.raises(TypeError, match=r"^mixture must be a Mixture, but it is .* \(\w+\)$"):
        e_step([[0.0, 0.0]], mixture)


def test_arguments_the_wrong_way_round_are_noticed():
    x, labels = two_clusters()
    with pytest.raises(TypeError, match=r"^mixture must be a Mixture, but it is array.* \(ndarray\)$"):
        e_step(starts.from_labels(x, labels), x)


# ---- the M step


def test_m_step_by_hand():
    # by hand: points 0 and 2 with shares 3/4 and 1/4 have mean 1/2, and variance 3/4 about it
    mixture = m_step([[0], [2]], [[0.75, 0.25], [0.25, 0.75]])
    np.testing.assert_allclose(mixture.means, [[0.5], [1.5]], rtol=1e-15)
    np.testing.assert_allclose(mixture.covariances, [[[0.75]], [[0.75]]], rtol=1e-15)
    np.testing.assert_allclose(mixture.proportions, [0.5, 0.5], rtol=1e-15)


def test_m_step_covariances_are_symmetric_to_the_last_bits():
    rng = np.random.default_rng(0)
    mixture = m_step(rng.normal(size=(200, 5)), rng.dirichlet(np.ones(3), size=200))
    np.testing.assert_allclose(mixture.covariances, mixture.covariances.swapaxes(1, 2), rtol=0, atol=1e-16)


def test_m_step_does_not_change_its_inputs():
    x, labels = two_clusters()
    T = np.eye(2)[labels]
    x_before, T_before = x.copy(), T.copy()
    m_step(x, T)
    np.testing.assert_array_equal(x, x_before)
    np.testing.assert_array_equal(T, T_before)


@pytest.mark.parametrize("offset", [0.0, 1e6, -1e9])
def test_m_step_far_from_the_origin(offset):
    # sums of x^2 would lose every digit of the variance here; sums of (x - m)^2 lose only those that x has lost
    x = np.array([[0.0], [1.0], [3.0]])
    assert m_step(x + offset, [[1], [1], [1]]).covariances[0, 0, 0] == pytest.approx(14 / 9, rel=1e-6)


def test_m_step_when_one_cluster_is_much_wider_and_further_out():
    # the narrow one is 10^14 times smaller than the coordinates of the other, and has its width all the same
    x, labels = two_clusters()
    x[labels == 1] *= 1e14
    narrow = m_step(x, np.eye(2)[labels]).covariances[0]
    np.testing.assert_allclose(narrow, np.cov(x[labels == 0], rowvar=False, ddof=0), rtol=1e-12)


GOOD_T = np.full((4, 2), 0.5)


def with_row(row, where=2):
    T = GOOD_T.copy()
    T[where] = row
    return T


@pytest.mark.parametrize("kind", [np.ndarray.tolist, np.asfortranarray, np.float32, pd.DataFrame])
def test_responsibilities_of_every_kind_work_alike(kind):
    x = np.random.default_rng(0).normal(size=(4, 1))
    np.testing.assert_array_equal(m_step(x, kind(GOOD_T)).covariances, m_step(x, GOOD_T).covariances)


@pytest.mark.parametrize(
    ("T", "error", "words"),
    [
        (with_row([0.5, 0.4]), ValueError, r"^responsibilities\[2\] sums to 0.9, not to 1; divide each row by its sum"),
        (with_row([0.5, 0.500002]), ValueError, r"^responsibilities\[2\] sums to 1.000002, not to 1"),
        (with_row([0, 0]), ValueError, r"^responsibilities\[2\] sums to 0, not to 1"),
        (with_row([1.5, -0.5]), ValueError, r"^responsibilities\[2, 1\] is -0.5, but a probability is 0 or more"),
        (with_row([np.nan, 1]), ValueError, r"^responsibilities holds nan at index \(2, 0\)"),
        (with_row([np.inf, 1]), ValueError, r"^responsibilities holds inf at index \(2, 0\)"),
        (with_row([1e308, 1e308]), ValueError, r"^responsibilities holds numbers beyond 1e\+140"),
        (GOOD_T[:3], ValueError, r"^responsibilities must have shape \(4, K\), but its shape is \(3, 2\)"),
        (GOOD_T.T, ValueError, r"^responsibilities must have shape \(4, K\), but its shape is \(2, 4\)"),
        ([0, 1, 0, 1], ValueError, r"^responsibilities must have shape \(4, K\), but its shape is \(4,\)$"),
        (GOOD_T > 0, TypeError, r"^responsibilities holds bool values"),
        (GOOD_T.astype(str), TypeError, r"^responsibilities holds <U\d+ values"),
        (GOOD_T + 0j, TypeError, r"^responsibilities holds complex128 values"),
        ([[1], [0.5, 0.5], [1], [1]], ValueError, r"^responsibilities is ragged"),
        (np.empty((4, 0)), ValueError, r"^responsibilities is empty"),
        (None, TypeError, r"^responsibilities must be an array of numbers, but it is None"),
    ],
)
def test_bad_responsibilities_are_refused_in_words(T, error, words):
    with pytest.raises(error, match=words) as caught:
        m_step([[0.0], [1.0], [2.0], [4.0]], T)
    assert not isinstance(caught.value, CollapsedComponent)


# ---- a collapse, from m_step

HALF = np.full((12, 2), 0.5)
FIRST = np.tile([1.0, 0.0], (12, 1))
ROUND = np.random.default_rng(5).normal(size=(12, 2))
LINE = datasets.points_on_one_line(12).x


def only(*rows):
    """All points in component 0, but for these rows, which component 1 holds."""
    T = FIRST.copy()
    T[list(rows)] = [0, 1]
    return T


NO_POINTS = r"it holds no points: its responsibilities sum to "
NO_WIDTH = r"it has no width along coordinate %d"
FLAT = r"its points lie in one hyperplane \(a line, when d = 2\)"
COLLAPSES = {
    "an empty component": (ROUND, FIRST, 1, NO_POINTS + r"0\.0e\+00"),
    "all but empty": (ROUND, np.tile([1, 5e-324], (12, 1)), 1, NO_POINTS + r"5\.9e-323"),
    "one point": (ROUND, only(3), 1, NO_WIDTH % 1),
    "two points in the plane": (ROUND, only(3, 4), 1, FLAT),
    "identical points": (np.tile([0.1, 0.7], (12, 1)), HALF, 0, NO_WIDTH % 1),
    "identical points far out": (np.tile([1e6 + 0.1, 2.3e6], (12, 1)), HALF, 0, NO_WIDTH % 1),
    "identical points at the origin": (np.zeros((12, 2)), HALF, 0, NO_WIDTH % 1),
    "a constant coordinate": (np.column_stack([ROUND[:, 0], np.full(12, 0.1)]), HALF, 0, NO_WIDTH % 2),
    "points on a line": (LINE, HALF, 0, FLAT),
    "points on a line far out": (LINE + 1e6, HALF, 0, FLAT),
    "points on a line in wild units": (LINE * [1e9, 1e-9], HALF, 0, FLAT),
    "points on a line that rounding bends": (LINE @ [[np.pi, 0], [0, np.e]] + 1 / 3, HALF, 0, FLAT),
    "points in a plane of space": (np.column_stack([ROUND, ROUND.sum(axis=1)]), HALF, 0, FLAT),
    "no more points than coordinates": (np.random.default_rng(0).normal(size=(12, 12)), HALF, 0, FLAT),
    "far fewer points than coordinates": (
        np.random.default_rng(0).normal(size=(12, 20)),
        HALF,
        0,
        "in 11 of 20 dimensions",
    ),
    "squares that underflow": (ROUND * 1e-170, HALF, 0, NO_WIDTH % 1),
    "squares that lose digits": (ROUND * 1e-158, HALF, 0, NO_WIDTH % 1),
}


@pytest.mark.parametrize(("x", "T", "component", "words"), COLLAPSES.values(), ids=COLLAPSES)
def test_a_component_without_width_or_points_collapses(x, T, component, words):
    with pytest.raises(CollapsedComponent, match=words) as caught:
        m_step(x, T)
    assert caught.value.component == component
    assert type(caught.value.component) is int
    assert caught.value.step is None
    assert caught.value.states == ()
    assert str(caught.value).startswith(f"component {component + 1} collapsed: ")


RNG = np.random.default_rng(0)
OUTLIERS = np.vstack([ROUND, [[40.0, 40.0]]])
ADVICE = {
    "a point far away": (OUTLIERS, [0] * 12 + [1], "then try another start or fewer components"),
    "a constant coordinate": (
        np.c_[ROUND, np.full(12, 3.0)],
        [0] * 12,
        r"for all points that count: leave that coordinate out$",
    ),
    "a constant that rounds": (
        np.c_[ROUND, np.full(12, 0.1)],
        [0] * 12,
        "for all points that count: leave that coordinate out",
    ),
    "shares that sum to 1": (
        RNG.dirichlet([1, 2, 3], 30),
        [0] * 30,
        "leave one coordinate out, since coordinate 1 and coordinate 2 and coordinate 3 follow from each other",
    ),
    "a sum beside what it sums": (
        np.c_[ROUND @ [1, 1], ROUND, np.arange(12) ** 2],
        [0, 1] * 6,
        "leave one coordinate out, since coordinate 1 and coordinate 2 and coordinate 3 follow from each other",
    ),
    "fewer points than coordinates": (RNG.normal(size=(15, 20)), [0] * 15, "use fewer coordinates, 14 at most"),
    "ticks of 100 ns": (
        np.r_[RNG.normal(0, 1, 300), RNG.normal(8, 1, 200)][:, None] + 1e14,
        [0] * 300 + [1] * 200,
        "subtract a const",
    ),
    "farther still": (RNG.normal(0, 1, 300)[:, None] + 1e16, [0] * 300, "or subtract a constant"),
    "widths that underflow": (1e-170 * ROUND, [0] * 12, "or rescale it"),
}


@pytest.mark.parametrize(("x", "labels", "words"), ADVICE.values(), ids=ADVICE)
def test_the_advice_is_one_that_can_help(x, labels, words):
    with pytest.raises(CollapsedComponent, match=words) as caught:
        starts.from_labels(x, labels)
    assert ("another start" in str(caught.value)) == ("another start" in words)


@pytest.mark.parametrize("run", [run_em, fit])
def test_a_collapse_calls_a_coordinate_by_its_name(run):
    frame = pd.DataFrame({"length": RNG.normal(size=60), "breadth": np.full(60, 3.0)})
    with pytest.raises(CollapsedComponent, match=r"^component 1 collapsed at step 1: it has no width along breadth; "):
        run(frame, 1)


@pytest.mark.parametrize("run", [run_em, fit])
@pytest.mark.parametrize("unit", [1e-9, 1e-6, 1e-4])
def test_components_that_are_all_alike_are_said_to_be_so(run, unit):
    x = unit * datasets.load_old_faithful().x
    ended = run(x, 2)
    assert "all components are alike" in ended.reason
    assert "starts.k_means_clusters" in ended.reason
    apart = run(x, starts.k_means_clusters(x, 2))
    assert "alike" not in apart.reason
    assert np.ptp(apart.mixture.means[:, 0]) > unit
    # and so says who knows: scikit-learn without its guard finds these two
    theirs = GaussianMixture(2, reg_covar=0, tol=1e-9, max_iter=1000, random_state=0).fit(x)
    assert apart.mixture.log_likelihood(x) == pytest.approx(theirs.score(x) * len(x), abs=1e-3)


def test_one_component_is_not_alike_and_wide_and_narrow_are_not():
    assert "alike" not in run_em(ROUND, 1).reason
    assert not alike(Mixture([0.5, 0.5], [[0.0], [0.0]], [[[1.0]], [[1.1]]]))
    assert not alike(Mixture([0.5, 0.5], [[0.0], [0.1]], [[[1.0]], [[1.0]]]))
    assert alike(Mixture([0.3, 0.7], [[0.0], [1e-4]], [[[1.0]], [[1.0]]]))


@pytest.mark.parametrize("x", [np.empty((0, 2)), np.array(3.0), np.zeros(4), np.zeros((2, 2, 2))])
@pytest.mark.parametrize("run", [run_em, fit])
def test_points_that_are_none_are_named_not_the_start(x, run):
    with pytest.raises(ValueError, match=r"^x (must have shape|is empty)"):
        run(x, 2)


def test_what_a_run_prints_in_a_cell_is_a_few_lines(post):
    run, found = run_em(post.x, post.start), fit(post.x, post.start)
    for shown in (run, found, run.states[-1], post, run.mixture):
        assert len(repr(shown).splitlines()) < 12
        assert len(repr(shown)) < 800
    assert repr(run).startswith(f"Run of {len(run.states) - 1} steps, log L from -4144.924 to -2966.94")
    assert repr(found).startswith(f"Fit of {len(found.log_likelihoods) - 1} steps, log L = -2966.94")
    assert repr(run.states[3]).startswith("State of step 3: K = 3 components, n = 1100 points, log L = ")
    assert run.mixture is run.states[-1].mixture


def test_one_point_more_than_coordinates_is_enough():
    x = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_allclose(m_step(x, np.ones((4, 1))).covariances[0], np.cov(x.T, ddof=0), rtol=1e-12)


# ---- the loop


def test_each_state_is_a_whole_step(post):
    states = run_em(post.x, post.start, max_steps=4).states
    assert [state.step for state in states] == [0, 1, 2, 3, 4]
    assert states[0].mixture is post.start
    for before, after in pairwise(states):
        again = m_step(post.x, before.responsibilities)
        for name in ("proportions", "means", "covariances"):
            np.testing.assert_array_equal(getattr(after.mixture, name), getattr(again, name))
    for state in states:
        responsibilities, log_likelihood = e_step(post.x, state.mixture)
        np.testing.assert_array_equal(state.responsibilities, responsibilities)
        assert state.log_likelihood == log_likelihood


def test_iterate_gives_the_same_steps_without_end(post, long_run):
    states = iterate(post.x, post.start)
    for expected in long_run.states:
        assert next(states).log_likelihood == expected.log_likelihood
    assert next(states).step == len(long_run.states)


@pytest.mark.parametrize("start", [2, None, "mixture", np.eye(2)])
def test_iterate_needs_a_mixture(start):
    states = iterate([[0.0], [1.0]], start)
    with pytest.raises(TypeError, match=r"^start must be a Mixture, but it is"):
        next(states)


COPIES = {
    "itself": lambda value: value,
    "deepcopy": copy.deepcopy,
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
}


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_a_state_is_write_protected_and_so_are_its_copies(long_run, make):
    state = make(long_run.states[1])
    for array in (state.responsibilities, state.mixture.means):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert state.log_likelihood == long_run.states[1].log_likelihood


def test_a_state_copies_its_responsibilities(post):
    T = np.full((len(post.x), 3), 1 / 3)
    state = State(0, post.start, T, -1.0)
    T[:] = 0
    assert (state.responsibilities == 1 / 3).all()


def test_a_run_does_not_change_its_inputs():
    x, labels = two_clusters()
    before = x.copy()
    start = starts.from_labels(x, labels)
    means = start.means.copy()
    run_em(x, start)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(start.means, means)


def test_the_run_remembers_the_points_as_they_were():
    x, labels = two_clusters()
    run = run_em(x, starts.from_labels(x, labels), max_steps=2)
    expected = run.states[-1].log_likelihood
    x += 100
    assert run.states[-1].log_likelihood == expected


@pytest.mark.parametrize("seed", [0, 5])
def test_k_as_the_start_means_k_means(seed):
    x, _ = two_clusters()
    by_count, by_mixture = run_em(x, 2, seed=seed), run_em(x, starts.k_means(x, 2, seed))
    assert [state.log_likelihood for state in by_count.states] == [state.log_likelihood for state in by_mixture.states]


def test_the_seed_reaches_k_means():
    # with many components on one round cloud, K-means ends elsewhere from every seed
    x = np.random.default_rng(0).normal(size=(200, 2))
    first, same, other = (run_em(x, 9, max_steps=0, seed=seed).states[0].mixture.means for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert not np.allclose(first, other)


# ---- when it stops


def test_the_defaults():
    parameters = inspect.signature(run_em).parameters
    assert {name: parameters[name].default for name in ("max_steps", "tol", "seed")} == {
        "max_steps": 1000,
        "tol": 1e-8,
        "seed": 0,
    }


@pytest.mark.parametrize("tol", [100.0, 1.0, 1e-2, 1e-5, 1e-8])
def test_it_stops_at_the_first_gain_below_tol(post, tol):
    run = run_em(post.x, post.start, tol=tol)
    assert run.converged
    assert gains(run)[-1] < tol
    assert (gains(run)[:-1] >= tol).all()
    last = len(run.states) - 1
    assert run.reason == (
        f"converged: step {last} raised the log-likelihood by {gains(run)[-1]:.1e}, less than tol = {tol:g}"
    )


def test_a_gain_of_exactly_tol_is_not_less(post, long_run):
    run = run_em(post.x, post.start, tol=gains(long_run)[3])
    assert run.states[-1].step == 5  # step 4 gains exactly tol


def test_with_tol_0_it_runs_until_nothing_is_gained(long_run):
    assert long_run.converged
    assert gains(long_run)[-1] <= 0
    assert (gains(long_run)[:-1] > 0).all()
    assert long_run.reason == f"converged: step {len(long_run.states) - 1} no longer raised the log-likelihood"


@pytest.mark.parametrize("max_steps", [0, 1, 5])
def test_max_steps_ends_the_run(post, max_steps):
    run = run_em(post.x, post.start, max_steps=max_steps)
    assert len(run.states) == max_steps + 1
    assert run.converged is False
    assert (
        run.reason
        == f"stopped at max_steps = {max_steps}, before convergence; allow more, or start from where it stopped"
    )


def test_converging_on_the_very_last_step_counts(post):
    last = run_em(post.x, post.start).states[-1].step
    assert run_em(post.x, post.start, max_steps=last).converged
    assert not run_em(post.x, post.start, max_steps=last - 1).converged


@pytest.mark.parametrize("tol", [0, 1e-8])
def test_a_gain_of_exactly_0_ends_the_run(tol):
    # the points -1 and 1 under their own mean and variance: every step gives back the same to the last bit
    run = run_em([[-1.0], [1.0]], Mixture([1], [[0.0]], [[[1.0]]]), tol=tol, max_steps=5)
    assert gains(run).tolist() == [0.0]
    assert run.converged
    assert run.reason == "converged: step 1 no longer raised the log-likelihood"


def test_equal_components_stay_equal():
    # a fixed point: nothing ever moves them apart, and the run says that it has converged
    x, _ = two_clusters()
    run = run_em(x, starts.from_means([[1.0, 2.0], [1.0, 2.0]]))
    assert run.converged
    last = run.states[-1].mixture
    np.testing.assert_allclose(last.means, np.tile(x.mean(axis=0), (2, 1)), rtol=1e-12)


BAD_SETTINGS = {
    "max_steps negative": ({"max_steps": -1}, ValueError, r"^max_steps must be 0 or more, but it is -1"),
    "max_steps float": ({"max_steps": 3.0}, TypeError, r"^max_steps must be a whole number, but it is 3.0 \(float\)"),
    "max_steps NaN": ({"max_steps": np.nan}, TypeError, r"^max_steps must be a whole number, but it is nan"),
    "max_steps infinite": ({"max_steps": np.inf}, TypeError, r"^max_steps must be a whole number, but it is inf"),
    "max_steps bool": ({"max_steps": True}, TypeError, r"^max_steps must be a whole number, but it is True \(bool\)"),
    "max_steps string": ({"max_steps": "5"}, TypeError, r"^max_steps must be a whole number, but it is '5' \(str\)"),
    "max_steps None": ({"max_steps": None}, TypeError, r"^max_steps must be a whole number, but it is None"),
    "tol negative": ({"tol": -1e-9}, ValueError, r"^tol must be finite and 0 or more, but it is -1e-09"),
    "tol NaN": ({"tol": np.nan}, ValueError, r"^tol must be finite and 0 or more, but it is nan"),
    "tol infinite": ({"tol": np.inf}, ValueError, r"^tol must be finite and 0 or more, but it is inf"),
    "tol bool": ({"tol": False}, TypeError, r"^tol must be a real number, but it is False \(bool\)"),
    "tol string": ({"tol": "1e-3"}, TypeError, r"^tol must be a real number, but it is '1e-3' \(str\)"),
    "tol None": ({"tol": None}, TypeError, r"^tol must be a real number, but it is None"),
    "tol complex": ({"tol": 1j}, TypeError, r"^tol must be a real number, but it is 1j"),
    "tol enormous": ({"tol": 10**400}, ValueError, r"^tol must be finite and 0 or more, but it is 1000"),
    "seed negative": ({"seed": -1}, ValueError, r"^seed must be 0 or more, but it is -1"),
    "seed float": ({"seed": 1.0}, TypeError, r"^seed must be a whole number, but it is 1.0"),
    "seed bool": ({"seed": True}, TypeError, r"^seed must be a whole number, but it is True"),
    "seed None": ({"seed": None}, TypeError, r"^seed must be a whole number, but it is None"),
    "seed enormous": ({"seed": 2**32}, ValueError, r"^seed must be 4294967295 or less, but it is 4294967296"),
    "seed a generator": ({"seed": np.random.default_rng()}, TypeError, r"^seed must be a whole number, .*Generator"),
    "K zero": (
        {"start": 0},
        ValueError,
        r"^start, when it is the number of components K, must be 1 or more, but it is 0",
    ),
    "K negative": ({"start": -2}, ValueError, r"^start, .* K, must be 1 or more, but it is -2"),
    "K above n": ({"start": 61}, ValueError, r"^start, .* K, must be 60, the number of points, or less, but it is 61"),
    "K float": ({"start": 2.0}, TypeError, r"^start must be a Mixture or a whole number of components, but it is 2.0"),
    "K NumPy float": ({"start": np.float64(2)}, TypeError, r"^start must be a Mixture or a whole .* \(float64\)"),
    "K bool": ({"start": True}, TypeError, r"^start must be a Mixture or a whole number .* it is True \(bool\)"),
    "K NumPy bool": ({"start": np.True_}, TypeError, r"^start must be a Mixture or a whole number .* np.True_"),
    "K string": ({"start": "2"}, TypeError, r"^start must be a Mixture or a whole number .* it is '2' \(str\)"),
    "start None": ({"start": None}, TypeError, r"^start must be a Mixture or a whole number .* it is None"),
    "start the class": ({"start": Mixture}, TypeError, r"^start must be a Mixture or a whole number .* \(type\)"),
    "start means": (
        {"start": np.zeros((2, 2))},
        TypeError,
        r"^start must be a Mixture or a whole number .* \(ndarray\)",
    ),
    "start of another d": ({"start": starts.from_means([[0.0]])}, ValueError, r"^x must have shape \(n, 1\), but"),
}


@pytest.mark.parametrize(("settings", "error", "words"), BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_bad_settings_are_refused_in_words(settings, error, words):
    x, _ = two_clusters()
    with pytest.raises(error, match=words):
        run_em(x, **{"start": 2, **settings})


@pytest.mark.parametrize("K", [2, np.int64(2), np.uint8(2)])
def test_k_may_be_a_whole_number_of_any_make(K):
    assert run_em(two_clusters()[0], K).converged


# ---- sizes, units and origins


def test_one_component_is_fitted_in_one_step():
    x, _ = two_clusters()
    run = run_em(x, 1)
    assert run.states[-1].step == 2, "step 1 fits, step 2 gains nothing"
    last = run.states[-1]
    np.testing.assert_allclose(last.mixture.means[0], x.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(last.mixture.covariances[0], np.cov(x.T, ddof=0), rtol=1e-12)
    assert (last.responsibilities == 1).all()


@pytest.mark.parametrize("d", [1, 2, 10])
def test_any_dimension(d):
    x, labels = two_clusters(d=d, n=200)
    last = run_em(x, 2).states[-1].mixture
    assert last.covariances.shape == (2, d, d)
    assert (last.predict(x) == labels).mean() > 0.99


def test_one_point():
    start = starts.from_means([[0.0, 0.0]])
    run = run_em([[1.0, 2.0]], start, max_steps=0)
    assert run.states[0].log_likelihood == pytest.approx(-np.log(2 * np.pi) - 2.5)
    with pytest.raises(CollapsedComponent, match=r"^component 1 collapsed at step 1: it has no width"):
        run_em([[1.0, 2.0]], start)


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9, [1e-9, 1e9]])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_wild_units_and_far_origins_change_nothing_but_the_units(unit, offset):
    x, labels = two_clusters()
    moved = unit * (x + offset)
    expected, last = (run_em(points, starts.from_labels(points, labels)).states[-1] for points in (x, moved))
    shift = -len(x) * np.log(np.ones(2) * unit).sum()
    assert last.log_likelihood - shift == pytest.approx(expected.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(last.responsibilities, expected.responsibilities, atol=1e-6)


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_post_start_in_wild_units_stays_finite(unit):
    # identity covariances are then absurd, but neither an overflow nor a NaN
    x, _ = two_clusters()
    for state in run_em(unit * x, 2).states:
        assert np.isfinite(state.log_likelihood)
        assert np.isfinite(state.responsibilities).all()


def test_coordinates_as_large_as_may_be():
    x, labels = two_clusters()
    x *= 1e140 / np.abs(x).max()
    run = run_em(x, starts.from_labels(x, labels))
    assert run.converged
    assert np.isfinite(run.states[-1].log_likelihood)


# ---- a collapse, from a run


def test_a_collapse_names_component_and_step_and_keeps_the_states():
    outlier = datasets.cluster_and_one_outlier()
    start = starts.from_means([[0.0, 0.0], [12.0, 12.0]])
    with pytest.raises(CollapsedComponent) as caught:
        run_em(outlier.x, start)
    collapse = caught.value
    assert collapse.component == 1
    assert [state.step for state in collapse.states] == list(range(collapse.step))
    # the step before was the last good one, and the M step from it is what fails
    with pytest.raises(CollapsedComponent) as again:
        m_step(outlier.x, collapse.states[-1].responsibilities)
    assert again.value.component == 1
    assert str(collapse).startswith(
        f"component 2 collapsed at step {collapse.step}: {again.value.what}; {again.value.advice}"
    )


def test_a_start_too_far_away_holds_no_points():
    x, _ = two_clusters()
    with pytest.raises(CollapsedComponent, match=r"^component 2 collapsed at step 1: it holds no points") as caught:
        run_em(x, starts.from_means([[0.0, 0.0], [60.0, 60.0]]))
    assert len(caught.value.states) == 1


def test_a_collapse_is_a_value_error_that_survives_a_pickle():
    collapse = CollapsedComponent(2, "no width", 7)
    again = pickle.loads(pickle.dumps(collapse))
    assert isinstance(again, ValueError)
    assert (again.component, again.what, again.step) == (2, "no width", 7)
    assert str(again) == str(collapse)


def test_iterate_too_names_the_step():
    states = iterate(datasets.points_on_one_line().x, starts.from_means([[0.0, 1.0]]))
    assert next(states).step == 0
    with pytest.raises(CollapsedComponent, match=r"collapsed at step 1: "):
        next(states)
