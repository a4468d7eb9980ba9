"""EM with a reader's own half-steps: they run as the module's do, and what goes wrong in them is told in words."""

import copy
import functools
import inspect
import linecache
import pickle
import re
from itertools import count, cycle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.compilerop import CachingCompiler
from scipy.stats import multivariate_normal

from gmm_teach import CollapsedComponent, Mixture, Run, State, datasets, e_step, iterate, m_step, run_em, starts
from gmm_teach.practice.own_code import OwnCodeError, run_own

X = np.random.default_rng(0).normal(size=(60, 2)) + 6 * (np.arange(60) % 2)[:, None]
START = starts.from_means([[0.0, 1.0], [5.0, 6.0], [7.0, 4.0]])
T = e_step(X, START)[0]  # 60 rows, 3 columns
SEEDS = st.integers(0, 2**32 - 1)

CELL_NUMBERS = count(1)


def in_cell(source, name):
    """Define a function as a notebook does, compiled and cached by IPython itself; return it by its name."""
    compiler = CachingCompiler()
    file = compiler.cache(source, number=next(CELL_NUMBERS))
    namespace = {"np": np, "Mixture": Mixture, "e_step": e_step, "m_step": m_step}
    exec(compiler(source, file, "exec"), namespace)
    return namespace[name]


def marked(source):
    """The number of the one line that ends in `# here`, and its text without margins."""
    ((number, line),) = [(i, line) for i, line in enumerate(source.splitlines(), 1) if line.endswith("# here")]
    return number, line.strip()


def own_error(max_steps=5, x=X, start=START, **functions):
    with pytest.raises(OwnCodeError) as caught:
        run_own(x, start, max_steps, 0, **functions)
    return caught.value


def assert_same_states(states, expected):
    assert len(states) == len(expected)
    for state, other in zip(states, expected, strict=True):
        assert state.step == other.step
        assert state.log_likelihood == other.log_likelihood
        np.testing.assert_array_equal(state.responsibilities, other.responsibilities)
        for name in ("proportions", "means", "covariances"):
            np.testing.assert_array_equal(getattr(state.mixture, name), getattr(other.mixture, name))


def assert_same_run(run, expected):
    """To the last bit."""
    assert (run.converged, run.reason) == (expected.converged, expected.reason)
    assert_same_states(run.states, expected.states)


# ---- the loop with other half-steps


def test_iterate_takes_other_half_steps():
    calls = []

    def other_e_step(x, mixture):
        calls.append(("e", x, mixture))
        return T, -7.0

    def other_m_step(x, responsibilities):
        calls.append(("m", x, responsibilities))
        return last

    last = starts.from_means([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    states = iterate(X, START, other_e_step, other_m_step)
    first, second = next(states), next(states)
    assert (first.mixture, first.log_likelihood, second.mixture) == (START, -7.0, last)
    assert [(kind, x is X) for kind, x, _ in calls] == [("e", True), ("m", True), ("e", True)]
    assert [what for *_, what in calls] == [START, T, last]


def test_iterate_has_the_module_s_own_half_steps_unless_told():
    parameters = inspect.signature(iterate).parameters
    assert (parameters["e_step"].default, parameters["m_step"].default) == (e_step, m_step)


def test_iterate_numbers_a_collapse_that_another_m_step_found():
    def other(x, responsibilities):
        raise CollapsedComponent(1, "I say so")

    states = iterate(X, START, m_step=other)
    next(states)
    with pytest.raises(CollapsedComponent, match=r"^component 2 collapsed at step 1: I say so") as caught:
        next(states)
    assert caught.value.step == 1


# ---- the module's functions as own ones

HOUSE = {
    "neither": {},
    "e_step": {"e_step": e_step},
    "m_step": {"m_step": m_step},
    "both": {"e_step": e_step, "m_step": m_step},
}
house = pytest.mark.parametrize("functions", HOUSE.values(), ids=HOUSE)


@house
@pytest.mark.parametrize("tol", [0, 1e-8, 1e-3, 100.0])
@pytest.mark.parametrize("max_steps", [0, 1, 4, 200])
def test_the_module_s_functions_give_its_own_run(post, functions, tol, max_steps):
    run = run_own(post.x, post.start, max_steps, tol, **functions)
    assert type(run) is Run
    assert_same_run(run, run_em(post.x, post.start, max_steps, tol))


LAYOUTS = {
    "list": np.ndarray.tolist,
    "Fortran order": np.asfortranarray,
    "every other row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "every other column": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "float32": np.float32,
    "DataFrame": pd.DataFrame,
    "read-only": lambda x: np.frombuffer(x.tobytes()).reshape(x.shape),
    "columns of a wider table": lambda x: np.hstack([x, x])[:, : x.shape[1]],
}


@house
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_points_may_lie_in_memory_as_they_like(layout, functions):
    # NumPy sums in another order where they lie otherwise, and so rounds otherwise, most often with one coordinate
    for d in (1, 2):
        x, start = layout(X[:, :d]), START.marginal(range(d))
        assert_same_run(run_own(x, start, 30, 0, **functions), run_em(x, start, 30, 0))


# ---- a reader's own correct functions, by scipy and NumPy


def plain_e_step(x, mixture):
    parts = zip(mixture.proportions, mixture.means, mixture.covariances, strict=True)
    joint = np.column_stack([pi * multivariate_normal(m, Sigma).pdf(x) for pi, m, Sigma in parts])
    return joint / joint.sum(axis=1, keepdims=True), np.log(joint.sum(axis=1)).sum()


def plain_m_step(x, responsibilities):
    means = [np.average(x, axis=0, weights=share) for share in responsibilities.T]
    covariances = [np.cov(x.T, aweights=share, ddof=0) for share in responsibilities.T]
    return Mixture(responsibilities.mean(axis=0), means, covariances)


OWN = {
    "e_step": {"e_step": plain_e_step},
    "m_step": {"m_step": plain_m_step},
    "both": {"e_step": plain_e_step, "m_step": plain_m_step},
}


@pytest.mark.parametrize("functions", OWN.values(), ids=OWN)
@pytest.mark.parametrize("tol", [0, 1e-8])
def test_correct_functions_climb_as_the_module_s_do(post, functions, tol):
    run, expected = run_own(post.x, post.start, 100, tol, **functions), run_em(post.x, post.start, 100, tol)
    assert run.converged
    assert "fell" not in run.reason
    for state, other in zip(
        run.states, expected.states, strict=False
    ):  # at tol = 0, rounding may end one before the other
        assert type(state) is State
        assert type(state.log_likelihood) is float
        assert state.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-12)
        np.testing.assert_allclose(state.responsibilities, other.responsibilities, atol=1e-10)
    if tol > 0:
        assert len(run.states) == len(expected.states)


# ---- when it stops: log-likelihoods by the script


def scripted(values, x=X, shares=T):
    """An E step that reports these log-likelihoods, one after the other."""
    values = iter(values)
    return lambda x, mixture: (shares, next(values))


def scripted_run(values, tol=0.0, x=X, shares=T):
    return run_own(x, START, len(values) - 1, tol, e_step=scripted(values, x, shares))


@pytest.mark.parametrize(
    ("values", "tol", "last", "reason"),
    [
        ([-9, -5, -5, -4], 0, 2, "converged: step 2 no longer raised the log-likelihood"),
        ([-9, -5, -4.5, -4], 1, 2, "converged: step 2 raised the log-likelihood by 5.0e-01, less than tol = 1"),
        ([-9, -5, -4, -3.5], 1, 3, "converged: step 3 raised the log-likelihood by 5.0e-01, less than tol = 1"),
        (
            [-9, -5, -4, -3],
            1,
            3,
            "stopped at max_steps = 3, before convergence; allow more, or start from where it stopped",
        ),
        ([-9, -8], 0, 1, "stopped at max_steps = 1, before convergence; allow more, or start from where it stopped"),
        ([-9], 0, 0, "stopped at max_steps = 0, before convergence; allow more, or start from where it stopped"),
        (
            [-9, np.nextafter(-9, 0), -8],
            0,
            2,
            "stopped at max_steps = 2, before convergence; allow more, or start from where it stopped",
        ),  # any gain is a gain
    ],
)
def test_without_a_fall_it_stops_as_run_em_does(values, tol, last, reason):
    run = scripted_run(values, tol)
    assert [state.log_likelihood for state in run.states] == values[: last + 1]
    assert run.reason == reason
    assert run.converged is reason.startswith("converged")


FELL = (
    "; the log-likelihood fell at {} steps, first at step {}, by {} nats at most: "
    "a correct EM step never lowers it by more than rounding"
)


@pytest.mark.parametrize(
    ("values", "tol", "last", "reason"),
    [
        (
            [-9, -5, -6, -4],
            0,
            3,
            "stopped at max_steps = 3, before convergence; allow more, or start from where it stopped"
            + FELL.format("1 of 3", 2, "1.0e+00"),
        ),
        (
            [-9, -9.5, -9.75, -5, -7],
            4,
            4,
            "stopped at max_steps = 4, before convergence; allow more, or start from where it stopped"
            + FELL.format("3 of 4", 1, "2.0e+00"),
        ),
        (
            [5, 4, 6, 3],
            0,
            3,
            "stopped at max_steps = 3, before convergence; allow more, or start from where it stopped"
            + FELL.format("2 of 3", 1, "3.0e+00"),
        ),
        (
            [-5, -6, -6, 0],
            0,
            2,
            "converged: step 2 no longer raised the log-likelihood" + FELL.format("1 of 2", 1, "1.0e+00"),
        ),
        (
            [-5, -6, -5.5, 0],
            1,
            2,
            "converged: step 2 raised the log-likelihood by 5.0e-01, less than tol = 1"
            + FELL.format("1 of 2", 1, "1.0e+00"),
        ),
    ],
)
def test_a_fall_does_not_stop_it_and_is_told(values, tol, last, reason):
    run = scripted_run(values, tol)
    assert [state.log_likelihood for state in run.states] == values[: last + 1]
    assert run.reason == reason


@pytest.mark.parametrize(("level", "size"), [(-3e5, 3e5), (3e5, 3e5), (-1e-3, 60), (0.0, 60)])
def test_a_fall_within_rounding_counts_as_no_gain(level, size):
    # rounding goes with the log-likelihood; and with the 60 points, where the terms of the sum cancel
    smaller, larger = (scripted_run([level, level - factor * size, 1e6], tol=1e-3) for factor in (5e-13, 2e-12))
    assert smaller.reason == "converged: step 1 no longer raised the log-likelihood"
    assert len(smaller.states) == 2
    assert "fell at 1 of 2 steps, first at step 1" in larger.reason
    assert len(larger.states) == 3


def test_a_wrong_m_step_is_caught_by_its_falls(post):
    def squared(x, responsibilities):
        right = m_step(x, responsibilities)
        covariances = [np.cov(x.T, aweights=share**2, ddof=0) for share in responsibilities.T]
        return Mixture(right.proportions, right.means, covariances)

    run = run_own(post.x, post.start, 8, 1e-8, m_step=squared)
    falls = -np.diff([state.log_likelihood for state in run.states])
    steps = np.flatnonzero(falls > 1e-4) + 1
    assert 1 < len(steps) < 8
    assert (
        run.reason
        == "stopped at max_steps = 8, before convergence; allow more, or start from where it stopped"
        + FELL.format(f"{len(steps)} of 8", steps[0], f"{falls.max():.1e}")
    )


def test_up_and_down_for_ever_goes_on_to_max_steps():
    turn = cycle([START, m_step(X, T)])
    run = run_own(X, m_step(X, T), 7, 1e-8, m_step=lambda x, responsibilities: next(turn))
    assert run.converged is False
    assert "fell at 4 of 7 steps, first at step 1, " in run.reason


# ---- wrong results of an E step

LOG_T = START.log_joint(X) - START.log_density(X)[:, None]
ENDING = r"end it with `return responsibilities, log_likelihood`$"
CANNOT = "^your e_step returned responsibilities that cannot be right: "


def with_row(row):
    shares = T.copy()
    shares[4] = row
    return shares


E_MISTAKES = {
    "no return": (
        None,
        r"^your e_step returned None \(is its `return` missing\?\), but it must return two things: " + ENDING,
    ),
    "responsibilities alone": (
        T,
        r"^your e_step returned an array of shape \(60, 3\), but it must return two things: " + ENDING,
    ),
    "log-likelihood alone": (-3.0, r"^your e_step returned -3.0 \(float\), but it must return two things: " + ENDING),
    "three things": ((T, -3.0, 1), r"^your e_step returned a tuple of 3, but it must return two things: " + ENDING),
    "two points alone": (
        T[:2],
        r"^your e_step returned an array of shape \(2, 3\), but it must return two things: " + ENDING,
    ),
    "a generator": (
        (i for i in [T, -3.0]),
        r"^your e_step returned <generator .* \(generator\), but it must return two",
    ),
    "the wrong way round": (
        (-3.0, T),
        r"^your e_step returned -3.0 \(float\) in the place of responsibilities, which must be an array of shape",
    ),
    "None for responsibilities": ((None, -3.0), r"^your e_step returned None .* in the place of responsibilities"),
    "transposed": (
        (T.T, -3.0),
        r"^your e_step returned responsibilities of shape \(3, 60\), but they must be \(60, 3\): one row per point, "
        r"one column per component; transpose them$",
    ),
    "transposed, as a list": (
        (T.T.tolist(), -3.0),
        r"of shape \(3, 60\), but they must be \(60, 3\): .*; transpose them$",
    ),
    "another K": (
        (T[:, :2], -3.0),
        r"of shape \(60, 2\), but they must be \(60, 3\): one row .* one column per component$",
    ),
    "hard labels": (
        (T.argmax(axis=1), -3.0),
        r"of shape \(60,\), but they must be \(60, 3\): one row per point, one column",
    ),
    "a column vector too many": ((T[:, :, None], -3.0), r"of shape \(60, 3, 1\), but they must be \(60, 3\): "),
    "ragged": (([[1.0]] + [[0.5, 0.5]] * 59, -3.0), r"of shape \(60,\), but they must be \(60, 3\): one row per point"),
    "logarithms": (
        (LOG_T, -3.0),
        CANNOT + r"none is above 0, so they look like logarithms; take np.exp of them$",
    ),
    "not divided": (
        (0.1 * T, -3.0),
        CANNOT + r"responsibilities\[\d+\] sums to 0.1, not to 1; divide each row by its sum",
    ),
    "columns divided": (
        (T / T.sum(axis=0), -3.0),
        CANNOT + r"their columns sum to 1, but each row must; divide by the sum over axis=1$",
    ),
    "all 0": ((0 * T, -3.0), CANNOT + r"responsibilities\[0\] sums to 0, not to 1"),
    "negative": (
        (with_row([1.5, -0.5, 0]), -3.0),
        CANNOT + r"responsibilities\[4, 1\] is -0.5, but a probability is 0",
    ),
    "nan": (
        (with_row([1, np.nan, 0]), -3.0),
        CANNOT + r"responsibilities\[4, 1\] is nan, perhaps 0/0; where every density of a point is rounded to 0, "
        r"subtract the largest of its logarithms before you take np.exp$",
    ),
    "infinite": ((with_row([np.inf, 0, 0]), -3.0), CANNOT + r"responsibilities holds inf at index \(4, 0\)"),
    "bools": ((T > 0.5, -3.0), CANNOT + r"responsibilities holds bool values, not real numbers"),
    "complex": ((T + 0j, -3.0), CANNOT + r"responsibilities holds complex128 values"),
    "words": ((T.astype(str).tolist(), -3.0), CANNOT + r"responsibilities holds <U\d+ values, not real numbers"),
    "masked": ((np.ma.masked_array(T, T > 0.5), -3.0), CANNOT + r"responsibilities has masked entries"),
    "log-likelihood a point": (
        (T, np.zeros(60)),
        r"^your e_step returned a log-likelihood of shape \(60,\), but it must be one number: sum it over the points$",
    ),
    "log-likelihood in brackets": ((T, [-3.0]), r"a log-likelihood of shape \(1,\), but it must be one number"),
    "log-likelihood nan": (
        (T, np.nan),
        r"^your e_step returned the log-likelihood nan \(float\), but it must be a finite",
    ),
    "log-likelihood -inf": (
        (T, -np.inf),
        r"returned the log-likelihood -inf \(float\), but it must be a finite number$",
    ),
    "log-likelihood inf": (
        (T, np.float32(np.inf)),
        r"returned the log-likelihood .*inf.* \(float32\), but it must be a fin",
    ),
    "log-likelihood None": (
        (T, None),
        r"returned the log-likelihood None \(NoneType\), but it must be a finite number$",
    ),
    "log-likelihood complex": (
        (T, -3 + 0j),
        r"returned the log-likelihood \(-3\+0j\) \(complex\), but it must be a finite",
    ),
    "log-likelihood in words": (
        (T, "-3"),
        r"returned the log-likelihood '-3' \(str\), but it must be a finite number$",
    ),
    "log-likelihood bool": ((T, True), r"returned the log-likelihood True \(bool\), but it must be a finite number$"),
}


@pytest.mark.parametrize(("result", "words"), E_MISTAKES.values(), ids=E_MISTAKES)
def test_a_wrong_result_of_the_e_step_is_told(result, words):
    error = own_error(e_step=lambda x, mixture: result)
    assert re.search(words, str(error)), str(error)
    assert (error.function, error.step, error.line, error.line_number) == ("e_step", 0, None, None)
    assert str(error) == f"your e_step {error.what}"
    assert error.states == ()


def test_logarithms_of_0_are_logarithms():
    logarithms = LOG_T.copy()
    logarithms[4] = [0, -np.inf, -np.inf]
    assert "they look like logarithms" in str(own_error(e_step=lambda x, mixture: (logarithms, -3.0)))


def test_as_many_points_as_components_are_told_by_their_sums():
    # a transposed square has the right shape; its columns give it away
    x, shares = X[:3], np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    error = own_error(x=x, e_step=lambda x, mixture: (shares.T, -3.0))
    assert "their columns sum to 1, but each row must" in error.what


@pytest.mark.parametrize(
    "log_likelihood", [-3, -3.0, np.float64(-3), np.float32(-3), np.int64(-3), np.int8(-3), np.array(-3.0)], ids=repr
)
def test_a_log_likelihood_of_any_make_is_fine(log_likelihood):
    run = run_own(X, START, 0, 0, e_step=lambda x, mixture: (T, log_likelihood))
    assert run.states[0].log_likelihood == -3
    assert type(run.states[0].log_likelihood) is float


@pytest.mark.parametrize("kind", [np.ndarray.tolist, np.asfortranarray, np.float32, pd.DataFrame])
@pytest.mark.parametrize("pair", [tuple, list])
def test_responsibilities_of_any_make_are_fine(kind, pair):
    run = run_own(
        X, START, 3, 0, e_step=lambda x, mixture: pair([kind(e_step(x, mixture)[0]), mixture.log_likelihood(x)])
    )
    for state, other in zip(run.states, run_em(X, START, 3, 0).states, strict=True):
        np.testing.assert_allclose(state.responsibilities, other.responsibilities, atol=1e-5)


# ---- wrong results of an M step

FITTED = m_step(X, T)
M_ENDING = r"but it must return a Mixture: end it with `return Mixture\(proportions, means, covariances\)`$"
M_MISTAKES = {
    "no return": (None, r"^your m_step returned None \(is its `return` missing\?\), " + M_ENDING),
    "a tuple": (
        (FITTED.proportions, FITTED.means, FITTED.covariances),
        r"^your m_step returned a tuple of 3, " + M_ENDING,
    ),
    "the means alone": (FITTED.means, r"^your m_step returned an array of shape \(3, 2\), " + M_ENDING),
    "the class": (Mixture, r"^your m_step returned <class '.*Mixture'> \(type\), " + M_ENDING),
    "another K": (
        m_step(X, T[:, :2] + T[:, 2:] / 2),
        r"^your m_step returned a Mixture with K = 2 and d = 2, but it must have K = 3 and d = 2$",
    ),
    "another d": (
        m_step(X[:, :1], T),
        r"^your m_step returned a Mixture with K = 3 and d = 1, but it must have K = 3 and d = 2$",
    ),
    "K for d": (
        m_step(np.random.default_rng(0).normal(size=(60, 3)), T[:, :2] + T[:, 2:] / 2),
        r"with K = 2 and d = 3, but it must have K = 3 and d = 2$",
    ),
    "no width at all": (
        Mixture(FITTED.proportions, FITTED.means, np.tile(1e-308 * np.eye(2), (3, 1, 1))),
        r"^your m_step returned a Mixture that does not fit the points: x\[0\] is so many standard deviations",
    ),
}


@pytest.mark.parametrize(("result", "words"), M_MISTAKES.values(), ids=M_MISTAKES)
@pytest.mark.parametrize("e_step", [None, e_step, plain_e_step])
def test_a_wrong_result_of_the_m_step_is_told(result, words, e_step):
    error = own_error(e_step=e_step, m_step=lambda x, responsibilities: result)
    assert re.search(words, str(error)), str(error)
    assert (error.function, error.step, error.line, error.line_number) == ("m_step", 1, None, None)
    assert str(error) == f"your m_step {error.what}"
    assert [state.step for state in error.states] == [0]


# ---- errors in the reader's code, and the line

SHAPES = """\
# a cell with a comment first
def my_m_step(x, T):
    S = T.sum(axis=0)
    means = T.T @ x / S  # here
    return Mixture(S / len(x), means, None)
"""


def test_the_line_of_a_cell_is_told():
    error = own_error(m_step=in_cell(SHAPES, "my_m_step"))
    assert (error.line_number, error.line) == marked(SHAPES)
    assert (error.function, error.step) == ("m_step", 1)
    assert str(error) == (
        "your m_step, line 4, `means = T.T @ x / S  # here`: ValueError: "
        "operands could not be broadcast together with shapes (3,2) (3,)"
    )
    assert error.what == "ValueError: operands could not be broadcast together with shapes (3,2) (3,)"
    assert type(error.__cause__) is ValueError


DEEP = """\
def my_e_step(x, mixture):
    return np.ones((len(x), 3)) / 3, shared(x)


def shared(x):
    return sum(
        np.linalg.inv(x[0])  # here
        for _ in range(3)
    )
"""
MASKED = """\
class Steps:
    def my_e_step(self, x, mixture):
        return np.linalg.cholesky(x[0]), 1.0  # here

    def __call__(self, x, mixture):
        return self.my_e_step(x, mixture)


steps = Steps()
method = steps.my_e_step
"""
SORTED = """\
def by_rank(i):
    return x_of_nobody[i]  # here

def my_e_step(x, mixture):
    return sorted(range(3), key=by_rank), 1.0
"""
NESTED = """\
def make(name):
    def inner(x, mixture, extra=0):
        raise KeyError(name)  # here
    return inner

inner = make("a key")
"""
NO_MATRIX = "numpy.linalg.LinAlgError: 1-dimensional array given. Array must be at least two-dimensional"
CELLS = {
    "deep inside numpy": (DEEP, "my_e_step", NO_MATRIX),
    "a bound method": (MASKED, "method", NO_MATRIX),
    "a callable object": (MASKED, "steps", NO_MATRIX),
    "through a builtin and back": (SORTED, "my_e_step", "NameError: name 'x_of_nobody' is not defined"),
    "a closure": (NESTED, "inner", "KeyError: 'a key'"),
}


@pytest.mark.parametrize(("source", "name", "words"), CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("wrap", [lambda f: f, functools.partial, lambda f: functools.partial(functools.partial(f))])
def test_it_is_the_last_line_in_the_reader_s_own_cell(source, name, words, wrap):
    error = own_error(e_step=wrap(in_cell(source, name)))
    number, line = marked(source)
    assert (error.line_number, error.line) == (number, line)
    assert str(error) == f"your e_step, line {number}, `{line}`: {words}"


def test_partial_arguments_reach_the_function():
    def tempered(power, x, mixture, *, base):
        assert (power, base) == (2, 10)
        return e_step(x, mixture)

    assert_same_run(run_own(X, START, 3, 0, e_step=functools.partial(tempered, 2, base=10)), run_em(X, START, 3, 0))


def test_a_helper_in_another_cell_is_told_by_the_line_that_calls_it():
    helper = in_cell("def helper(x):\n    return x[10**6]\n", "helper")
    source = "def my_e_step(x, mixture):\n    a = 1\n    return helper(x), a  # here\n"
    function = in_cell(source, "my_e_step")
    function.__globals__["helper"] = helper
    error = own_error(e_step=function)
    assert (error.line_number, error.line) == marked(source)
    assert error.what.startswith("IndexError: index 1000000 is out of bounds")


def test_what_a_decorator_from_elsewhere_wraps_is_found():
    source = "def my_e_step(x, mixture):\n    return 1 / 0  # here\n"
    function = in_cell(source, "my_e_step")

    @functools.wraps(function)
    def decorated(*arguments):
        return function(*arguments)

    error = own_error(e_step=decorated)
    assert (error.line_number, error.line) == marked(source)


def test_the_line_of_a_file_is_told():
    def mine(x, mixture):
        raise RuntimeError("in a file")

    error = own_error(e_step=mine)
    lines, first = inspect.getsourcelines(mine)
    assert error.line_number == first + 1
    assert error.line == lines[1].strip() == 'raise RuntimeError("in a file")'


def test_the_mixture_s_own_refusal_is_told_with_the_reader_s_line():
    source = "def my_m_step(x, T):\n    S = T.sum(axis=0)\n    return Mixture(S, T.T @ x, [np.eye(2)] * 3)  # here\n"
    error = own_error(m_step=in_cell(source, "my_m_step"))
    assert (error.line_number, error.line) == marked(source)
    assert error.what == "ValueError: proportions sum to 60, not to 1; divide them by their sum"


def test_source_that_is_nowhere_has_a_number_and_no_text():
    namespace = {}
    exec("def nowhere(x, mixture):\n    return 1 / 0\n", namespace)
    error = own_error(e_step=namespace["nowhere"])
    assert (error.line, error.line_number) == (None, 2)
    assert str(error) == "your e_step, line 2: ZeroDivisionError: division by zero"


def test_source_in_linecache_is_found_whoever_put_it_there():
    source = "def mine(x, mixture):\n    return 1 / 0  # here\n"
    linecache.cache["<a cell>"] = (len(source), None, source.splitlines(keepends=True), "<a cell>")
    namespace = {}
    exec(compile(source, "<a cell>", "exec"), namespace)
    error = own_error(e_step=namespace["mine"])
    assert (error.line_number, error.line) == marked(source)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (len, r"^your e_step raised TypeError: .*len\(\) takes exactly one argument \(2 given\)"),
        (functools.partial(len), r"^your e_step raised TypeError: .*len\(\) takes exactly one argument \(2 given\)"),
        (np.add, r"^your e_step raised TypeError: unsupported operand"),
        ("abc".join, r"^your e_step raised TypeError: .*join\(\) takes exactly one argument"),
        (int, r"^your e_step raised TypeError: "),
        (np.linalg.eigvalsh, r"^your e_step.*: "),
    ],
)
def test_functions_without_code_of_their_own_have_no_line(function, words):
    error = own_error(e_step=function)
    assert re.search(words, str(error)), str(error)
    if function is not np.linalg.eigvalsh:
        assert (error.line, error.line_number) == (None, None)


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        (
            "e_step",
            lambda x: None,
            r"takes 1 positional argument but 2 were given; it is called as e_step\(x, mixture\)$",
        ),
        ("e_step", lambda x, pi, m, Sigma: None, r"'m' and 'Sigma'; it is called as e_step\(x, mixture\)$"),
        ("m_step", lambda T: None, r"but 2 were given; it is called as m_step\(x, responsibilities\)$"),
    ],
)
def test_other_arguments_than_it_is_called_with(name, function, words):
    error = own_error(**{name: function})
    assert re.search(rf"^your {name} raised TypeError: .*{words}", str(error)), str(error)
    assert (error.line, error.line_number) == (None, None)


def test_a_type_error_further_in_is_not_taken_for_the_call():
    error = own_error(e_step=lambda x, mixture: len(3))
    assert error.what == "TypeError: object of type 'int' has no len()"


class Mute(Exception):
    def __str__(self):
        raise RuntimeError


class Lines(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AssertionError(), r": AssertionError$"),
        (Lines("one\n   two\n"), r"Lines: one two$"),
        (Mute(), r"Mute: <exception str\(\) failed>$"),
        (StopIteration(), r": StopIteration$"),
        (OwnCodeError("m_step", "returned None"), r"OwnCodeError: your m_step returned None$"),
        (MemoryError("no room"), r": MemoryError: no room$"),
        (RuntimeWarning("divide"), r": RuntimeWarning: divide$"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("name", ["e_step", "m_step"])
def test_any_exception_is_told(name, error, words):
    def mine(x, given):
        raise error

    told = own_error(**{name: mine})
    assert re.search(rf"^your {name}, line \d+, `raise error`: ", str(told)), str(told)
    assert re.search(words, str(told)), str(told)


def test_a_recursion_without_end_is_told():
    source = "def mine(x, mixture):\n    return mine(x, mixture)  # here\n"
    error = own_error(e_step=in_cell(source, "mine"))
    assert (error.line_number, error.line) == marked(source)
    assert "RecursionError: maximum recursion depth exceeded" in error.what


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("name", ["e_step", "m_step"])
def test_what_is_meant_to_stop_everything_does(name, stop):
    def mine(x, given):
        raise stop

    with pytest.raises(stop):
        run_own(X, START, 5, 0, **{name: mine})


# ---- when it happens: the step, and the states before it


class FailsAt:
    """The module's function, for so many calls."""

    def __init__(self, function, calls, error):
        self.function, self.left, self.error = function, calls, error

    def __call__(self, x, given):
        if self.left == 0:
            raise self.error
        self.left -= 1
        return self.function(x, given)


@pytest.mark.parametrize(
    ("functions", "step"),
    [
        (lambda error: {"e_step": FailsAt(e_step, 0, error)}, 0),
        (lambda error: {"e_step": FailsAt(e_step, 2, error)}, 2),
        (lambda error: {"m_step": FailsAt(m_step, 0, error)}, 1),
        (lambda error: {"m_step": FailsAt(m_step, 2, error)}, 3),
        (lambda error: {"e_step": e_step, "m_step": FailsAt(m_step, 2, error)}, 3),
    ],
)
@pytest.mark.parametrize(
    ("error", "kind"),
    [(ZeroDivisionError("by hand"), OwnCodeError), (CollapsedComponent(1, "it holds nothing"), CollapsedComponent)],
    ids=["error", "collapse"],
)
def test_the_step_and_the_states_before_it(functions, step, error, kind):
    with pytest.raises(kind) as caught:
        run_own(X, START, 9, 0, **functions(error))
    assert type(caught.value) is kind
    assert caught.value.step == step
    assert type(caught.value.states) is tuple
    assert_same_states(caught.value.states, run_em(X, START, 9, 0).states[:step])


@house
def test_a_collapse_that_the_module_finds(functions):
    x = datasets.cluster_and_one_outlier().x
    start = starts.k_means(x, 2)
    with pytest.raises(CollapsedComponent) as expected:
        run_em(x, start)
    with pytest.raises(CollapsedComponent) as caught:
        run_own(x, start, 99, 0, **functions)
    assert str(caught.value) == str(expected.value)
    assert caught.value.step == expected.value.step > 0
    assert_same_states(caught.value.states, expected.value.states)


def test_own_shares_may_make_the_module_s_m_step_collapse():
    shares = np.tile([0.5, 0.5, 0], (60, 1))
    with pytest.raises(CollapsedComponent, match=r"^component 3 collapsed at step 1: it holds no points") as caught:
        run_own(X, START, 9, 0, e_step=lambda x, mixture: (shares, -3.0))
    assert [state.step for state in caught.value.states] == [0]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_the_error_can_be_copied(again):
    error = own_error(m_step=FailsAt(m_step, 1, ZeroDivisionError()))
    other = again(error)
    assert str(other) == str(error)
    assert (other.function, other.line, other.line_number, other.what, other.step) == (
        (error.function, error.line, error.line_number, error.what, error.step)
    )
    assert_same_states(other.states, error.states)


# ---- what the reader's functions are given is write-protected

IN_PLACE = {
    "x -= mean": ("x", "x -= x.mean(axis=0)"),
    "x[0] = 0": ("x", "x[0] = 0"),
    "x.sort()": ("x", "x.sort(axis=0)"),
    "out=x": ("x", "np.exp(x, out=x)"),
    "a view of x": ("x", "x.T[0] += 1"),
    "asarray(x)": ("x", "np.asarray(x)[:] = 0"),
    "given": ("given", "given /= 2"),
    "given[0]": ("given", "given[0] = 0"),
    "given.fill": ("given", "given.fill(0)"),
}
MINE = """\
def mine(x, given):
    given = getattr(given, "means", given)
    %s  # here
"""


@pytest.mark.parametrize("writeable", [True, False])
@pytest.mark.parametrize("line", [line for _, line in IN_PLACE.values()])
@pytest.mark.parametrize(("name", "given"), [("e_step", "mixture"), ("m_step", "responsibilities")])
def test_in_place_changes_are_refused_in_the_reader_s_line(name, given, line, writeable):
    source = MINE % line
    x = X.copy()
    x.flags.writeable = writeable
    others = {"e_step": plain_e_step} if name == "m_step" and writeable else {}
    error = own_error(x=x, **{name: in_cell(source, "mine")}, **others)
    assert (error.line_number, error.line) == marked(source)
    assert re.search(r": ValueError: .*is read-only; ", str(error))
    assert str(error).endswith(f"; x and {given} are read-only: make a new array")
    np.testing.assert_array_equal(x, X)
    assert x.flags.writeable is writeable


def test_another_value_error_says_nothing_of_read_only():
    assert "read-only" not in str(own_error(m_step=in_cell(SHAPES, "my_m_step")))


def test_an_array_that_the_reader_uses_again_does_not_change_the_states():
    shares = np.empty((60, 3), order="F")  # as those of e_step lie: sums over it round alike

    def thrifty(x, mixture):
        shares[:], log_likelihood = e_step(x, mixture)
        return shares, log_likelihood

    assert_same_run(run_own(X, START, 6, 0, e_step=thrifty), run_em(X, START, 6, 0))


# ---- arguments


@pytest.mark.parametrize("name", ["e_step", "m_step"])
@pytest.mark.parametrize("function", [3, "e_step", (T, -3.0), T, False])
def test_what_cannot_be_called_is_refused_by_name(name, function):
    with pytest.raises(
        TypeError, match=rf"^{name} must be a function, but it is .*; pass the function itself, without"
    ):
        run_own(X, START, 5, 0, **{name: function})


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"start": 3}, TypeError, r"^start must be a Mixture, but it is 3 \(int\)"),
        ({"start": None}, TypeError, r"^start must be a Mixture, but it is None"),
        ({"start": starts.from_means([[0.0]])}, ValueError, r"^x must have shape \(n, 1\), but its shape is \(60, 2\)"),
        ({"x": [[0.0, np.nan]]}, ValueError, r"^x holds nan at index \(0, 1\)"),
        ({"x": [0.0, 1.0]}, ValueError, r"^x must have shape \(n, 2\), but its shape is \(2,\)"),
        ({"max_steps": -1}, ValueError, r"^max_steps must be 0 or more, but it is -1"),
        ({"max_steps": 2.0}, TypeError, r"^max_steps must be a whole number, but it is 2.0 \(float\)"),
        ({"tol": -1.0}, ValueError, r"^tol must be finite and 0 or more, but it is -1.0"),
        ({"tol": None}, TypeError, r"^tol must be a real number, but it is None"),
    ],
)
@pytest.mark.parametrize("functions", [{}, {"e_step": lambda x, mixture: 1 / 0}], ids=["house", "own"])
def test_bad_arguments_are_refused_before_the_reader_s_code_runs(settings, error, words, functions):
    with pytest.raises(error, match=words) as caught:
        run_own(**{"x": X, "start": START, "max_steps": 5, "tol": 0, **settings}, **functions)
    assert not isinstance(caught.value, OwnCodeError)


# ---- on any data


@st.composite
def problems(draw):
    """Any d, K and unit; an origin up to 10^8 widths away; clouds up to 10^4 times as long as wide."""
    rng = np.random.default_rng(draw(SEEDS))
    d, K = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    n = draw(st.integers(10, 200))
    apart = draw(st.sampled_from([0.0, 1.0, 4.0]))
    x = apart * rng.normal(size=(K, d))[rng.integers(K, size=n)] + rng.normal(size=(n, d))
    narrow, away = draw(st.sampled_from([(1, 0), (1, 1e6), (1, 1e8), (1e-2, 0), (1e-2, 1e6), (1e-4, 0), (1e-4, 1e3)]))
    if d > 1:
        x[:, -1] = x[:, 0] + narrow * x[:, -1]
    means = x[rng.integers(n, size=K)]
    covariances = np.tile(np.cov(x.T).reshape(d, d), (K, 1, 1))
    unit = 10.0 ** draw(st.integers(-6, 6))
    return unit * (x + away), Mixture(np.full(K, 1 / K), unit * (means + away), unit**2 * covariances)


@given(problems(), st.sampled_from([0, 1e-8, 1e-3]))
@pytest.mark.slow
def test_the_module_s_functions_give_its_own_run_on_any_data(problem, tol):
    x, start = problem
    try:
        expected = run_em(x, start, 40, tol)
    except CollapsedComponent as error:
        expected = error
    if isinstance(expected, Run):
        assert_same_run(run_own(x, start, 40, tol, e_step, m_step), expected)
        return
    with pytest.raises(CollapsedComponent) as caught:
        run_own(x, start, 40, tol, e_step, m_step)
    assert str(caught.value) == str(expected)
    assert (caught.value.component, caught.value.step) == (expected.component, expected.step)
    assert_same_states(caught.value.states, expected.states)


@pytest.mark.slow
@settings(max_examples=30)  # scipy takes its time
@given(SEEDS, st.sampled_from([1e-3, 1.0, 1e3]))
def test_the_rounding_of_correct_functions_is_no_fall(seed, unit):
    rng = np.random.default_rng(seed)
    x = unit * (rng.normal(size=(80, 2)) + 2 * rng.normal(size=(2, 2))[rng.integers(2, size=80)])
    start = m_step(x, rng.dirichlet([1, 1], size=80))
    run = run_own(x, start, 80, 0, plain_e_step, plain_m_step)
    assert "fell" not in run.reason
