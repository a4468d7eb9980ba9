"""The checks that stand in the notebooks: they name a wrong answer's mistake, and answer anything at all in words."""

import contextlib
import functools
import io
import json
import linecache
from pathlib import Path

import numpy as np
import pytest

from gmm_teach import Mixture, practice

SOLUTIONS = Path(__file__).parents[2] / "notebooks" / "solutions"
CHECKED = ("01b", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "17", "18")
SLOW = ("09", "10", "11", "12")  # their checks run EM many times
# of a whole answer, and of what a function returns
ODD_ANSWERS = (None, "abc", [[1.0], [1.0, 2.0]], np.full((7, 7), 1.0), np.nan, Mixture)
USED_LATER = ("own-adds-check",)  # what it computes is used further down


def cells(path):
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def run(source, names, filename):
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), names)


@functools.cache
def solved(number):
    """Run the solutions; return the names after each check, its source and the answer's untouched source, by id."""
    (path,) = SOLUTIONS.glob(f"{number}_*.ipynb")
    empty = ["".join(cell["source"]) for cell in cells(SOLUTIONS.parent / path.name) if "answer" in tags(cell)]
    names, found = {}, {}
    for cell in cells(path):
        source = "".join(cell["source"])
        if "%pip" not in source and ("check" not in tags(cell) or cell["id"] in USED_LATER):
            with contextlib.redirect_stdout(io.StringIO()):  # what the solutions print is not what a check says
                run(source, names, f"<{cell['id']}>")
        if "check" in tags(cell):
            found[cell["id"]] = (dict(names), source, empty[len(found)])
    return found


def tags(cell):
    return cell["metadata"].get("tags", ())


def checks():
    for number in CHECKED:
        (path,) = SOLUTIONS.glob(f"{number}_*.ipynb")
        for cell in cells(path):
            if "check" in tags(cell):
                marks = [pytest.mark.slow] if number in SLOW else []
                yield pytest.param(number, cell["id"], id=f"{number}-{cell['id']}", marks=marks)


every_check = pytest.mark.parametrize(("number", "cell"), list(checks()))


def words(number, cell, **answers):
    """Return what the check says of these answers: those of the NotYet, on one line."""
    names, source, _ = solved(number)[cell]
    with pytest.raises(practice.NotYet) as caught:
        run(source, {**names, **answers}, "<check>")
    return " ".join(str(caught.value).split()).lower()


@every_check
def test_the_solution_is_right(number, cell, capsys):
    names, source, _ = solved(number)[cell]
    run(source, dict(names), "<check>")
    assert "right" in capsys.readouterr().out.lower()


@every_check
def test_an_untouched_exercise_is_not_started(number, cell, capsys):
    names, source, empty = solved(number)[cell]
    names = dict(names)
    run(empty, names, "<answer>")
    run(source, names, "<check>")
    assert capsys.readouterr().out.startswith("Not started.")


@every_check
def test_odd_answers_are_answered_in_words(number, cell, capsys):
    names, source, empty = solved(number)[cell]
    if "practice.check_answer(" not in source:
        return  # one of the module's checks, which has tests of its own
    left = dict(names)
    run(empty, left, "<answer>")
    for name, value in left.items():
        if value is ...:
            for odd in ODD_ANSWERS:
                assert name.lower() in words(number, cell, **{name: odd})
        elif callable(value) and value is not names.get(name) and f"def {name}(" in empty:
            for odd in ODD_ANSWERS:
                told = words(number, cell, **{name: named(name, lambda *given, odd=odd: odd)})
                assert name.lower() in told
            assert "zerodivisionerror" in words(number, cell, **{name: named(name, lambda *given: 1 / 0)})
            assert name.lower() in words(number, cell, **{name: 3.5})


def named(name, function):
    function.__name__ = name
    return function


# Wrong answers that readers gave, each an expression in the names of its notebook, with words that the check must say.

STRIDE = "2 / (S * np.linalg.eigvalsh(precision).max())"
FAR = "lambda x, w, m: x.T @ (w[:, None] * x) "
LEFT = "lambda filled, T_k, mean, left: (lambda z: "
MAP = "lambda W, S_k, nu, Psi: "
DISTANCE = "lambda x, m, Sigma, nu: (lambda D: "
PULLED = "lambda x, T_k, u, m: (lambda z: "
WRONG = {
    ("01b", "own-shares-check", "shares"): [
        ("[0.12, 0.88]", "proportions are missing"),
        ("[0.034, 0.75]", "by their sum"),
        ("[0, 1]", "hard label"),
        ("[0.96, 0.04]", "comes first"),
        ("[0.109, 0.891]", "is squared"),
        ("[0.006, 0.994]", "one half"),
        ("[0.5, 0.5]", "sum to 1"),
    ],
    ("01b", "own-coins-check", "new_p"): [
        ("np.array([heads[[0, 1, 2, 4]].mean(), heads[3]]) / 10", "hard labels"),
        ("T @ heads / 50", "not by all 50"),
        ("T @ heads / T.sum(axis=1)", "by the ten"),
        ("T @ heads / heads.sum()", "share of all heads"),
        ("T @ heads", "expected tosses"),
        ("1 - new_p", "tails"),
        ("new_p[::-1]", "A comes first"),
        ("[0.5, 0.5]", "what does T @ heads count"),
        (
            "(share := joint / pi[:, None] / (joint / pi[:, None]).sum(axis=0)) @ heads / (10 * share.sum(axis=1))",
            "pi is missing",
        ),
    ],
    ("02", "check-1", "half_radius"): [("2 * np.log(2)", "take the root"), ("stats.norm.ppf(0.75)", "on a line")],
    ("02", "check-2", "border"): [("0", "half-way"), ("-5.0", "between the two means")],
    ("02", "check-4", "slope_of_a_twin"): [("-2", "one term"), ("4", "which sign")],
    ("02", "check-5", "apart"): [("1.0", "from the middle"), ("3", "two peaks already"), ("-2", "positive")],
    ("02", "check-6", "ratio_of_spreads"): [("lambda s: (1 + s) / (1 - s)", "variances"), ("lambda s: 1", "disagree")],
    ("03", "check-1", "gap_of_equal_shares"): [
        ("bound.lower_bound(post.x, start, equal_shares)", "that is the bound"),
        ("bound.kl_divergence(e_step(post.x, start)[0], equal_shares)", "the other way round"),
        ("-gap_of_equal_shares", "cannot be negative"),
        ("gap_of_equal_shares / 1100", "for each point"),
    ],
    ("03", "check-2", "best_labelling"): [
        ("1 - theta_0.predict(x)", "the lowest of all"),
        ("theta_0.predict(x) + 1", "0 and 1"),
        ("np.zeros(5)", "shape (6,)"),
    ],
    ("03", "check-5", "on_the_way"): [
        ("lambda fraction: theta_1", "a tenth"),
        ("lambda fraction: fraction", "Mixture"),
    ],
    ("03", "check-6", "too_far"): [
        ("1.5", "no mixture"),
        ("1.2", "go further"),
        ("0.9", "beyond theta_1"),
        ("1e9", "no mixture"),
        ("-3", "beyond"),
    ],
    ("07", "cell-04", "resting_place"): [("x[0]", "where they start"), ("x.sum(axis=0)", "not there")],
    ("07", "cell-19", "own_em"): [
        ("lambda x, mixture, tol: own_em(x, mixture, tol)[:-1]", "stopped early"),
        ("lambda x, mixture, tol: own_em(x, mixture, tol)[1:]", "before any M step"),
        ("lambda x, mixture, tol: []", "empty"),
        ("lambda x, mixture: []", "it is called as own_em(x, mixture, tol)"),
    ],
    ("07", "cell-23", "harden"): [("lambda T: T", "single 1"), ("lambda T: T.argmax(axis=1)", "shape")],
    ("08", "cell-06", "too_much"): [("-too_much", "which of the two"), ("too_much / 150", "for one flower")],
    ("08", "cell-10", "own_gap"): [("lambda T: np.log(T.max(axis=1)).sum()", "the sign is not")],
    ("08", "cell-14", "own_second_derivative"): [
        ("lambda f, p, v, h: (f(p + h * v) - f(p)) / h", "does not bend"),
        ("lambda f, p, v, h: (f(p + h * v) - 2 * f(p) + f(p - h * v)) / h", "not by h^2"),
    ],
    ("08", "cell-18", "upward"): [("np.eye(2)", "too symmetric"), ("[[0, 1], [-1, 0]]", "antisymmetric")],
    ("08", "cell-22", "tie"): [("-130", "go narrower"), ("-140.0", "it won before"), ("5", "negative")],
    ("04", "check-1", "all_means"): [
        ("T.T @ x", "not divided"),
        ("T.T @ x / len(x)", "number of all points"),
        ("(T.T @ x / T.sum(axis=0)[:, None]).T", "transposed"),
        ("np.array([[3], [2], [1]]) * T.T @ x", "right up to a factor"),
    ],
    ("04", "check-2", "third_mean"): [
        ("3 * x.mean(axis=0) - mean_update(x, T[:, 0]) - mean_update(x, T[:, 1])", "S_k")
    ],
    ("04", "check-4", "landed"): [("np.array([1e300, 1.0])", "1e+140"), ("[0, 0]", "still a slope")],
    ("04", "check-5", "longest_stride"): [
        ("S * " + STRIDE, "S_k is missing"),
        ("2 / np.linalg.eigvalsh(precision).max()", "S_k is missing"),
        ("2 / (S * np.linalg.eigvalsh(precision).min())", "the last to fail"),
        ("2 / (S * np.trace(precision))", "trace of Lambda"),
        ("2 / (S * np.linalg.eigvalsh(covariance).max())", "largest eigenvalue of Sigma"),
        ("0.5 * " + STRIDE, "by a factor 2"),
        ("0.9 * " + STRIDE, "longer strides settle too"),
        ("1.1 * " + STRIDE, "does not settle"),
        ("1e200", "does not settle"),
    ],
    ("04", "check-6", "mean_with_guess"): [
        ("lambda x, w, g, trust: (w @ x + trust * g) / w.sum()", "divided by too"),
        ("lambda x, w, g, trust: (w @ x + trust * g) / (len(x) + trust)", "not n"),
        ("lambda x, w, g: w @ x", "it is called as mean_with_guess(x, weights, guess, trust)"),
    ],
    ("05", "check-1", "cost_of_width"): [
        ("lambda r: np.log(r)", "B of the points loses something else"),
        ("lambda r: -np.log(r) - (1 / r**2 - 1) / 2", "the sign"),
        ("lambda r: np.log(r) / 2 + (1 / r - 1) / 2", "of standard deviations"),
    ],
    ("05", "check-2", "diagonal_covariance"): [
        ("lambda x, w, m: np.diag(x.var(axis=0))", "weights are missing"),
        ("lambda x, w, m: np.diag(np.sqrt(w @ (x - m) ** 2 / w.sum()))", "standard deviations"),
        ("lambda x, w, m: np.diag(np.linalg.eigvalsh(updates.covariance_update(x, w, m)))", "these are eigenvalues"),
        ("lambda x, w, m: np.diag(w @ (x - m) ** 2)", "not divided"),
        ("lambda x, w, m: w @ (x - m) ** 2 / w.sum()", "have shape (3, 3)"),
    ],
    ("05", "check-3", "textbook_covariance"): [
        (FAR + "/ len(x) - np.outer(m, m)", "number of all points"),
        (FAR + "- np.outer(m, m)", "a sum still"),
        (FAR + "/ w.sum() - m @ m", "one number"),
        ("updates.covariance_update", "is a mean subtracted"),
    ],
    ("05", "check-4", "shift"): [
        ("1e3", "go further"),
        ("1e16", "stay nearer"),
        ("-1e8", "a power of ten"),
        ("3e8", "ten"),
    ],
    ("05", "check-5", "covariance_by_sums"): [
        ("updates.covariance_update", "around c"),
        (FAR.replace(", m:", ", c:") + "/ w.sum() - np.outer(w @ x, w @ x) / w.sum() ** 2", "digits are lost"),
    ],
    ("05", "check-6", "shared_covariance"): [
        ("lambda x, T: m_step(x, T).covariances.mean(axis=0)", "few points counts as much"),
        ("lambda x, T: np.cov(x.T, bias=True)", "around one mean"),
    ],
    ("06", "check-2", "enough"): [
        ("100", "not enough"),
        ("100000", "fewer will do"),
        ("0.5", "whole"),
        ("-3", "whole"),
    ],
    ("06", "check-3", "so_far_away"): [("10", "tiny, and not 0"), ("100", "is exactly 0 already")],
    ("06", "check-4", "with_imaginary_points"): [
        ("lambda S, a: (S + a) / (S.sum() + a)", "for each component"),
        ("lambda S, a: S / S.sum()", "change nothing"),
    ],
    ("06", "check-5", "inverse_curvature"): [
        ("lambda S: np.linalg.inv(-proportions_hessian((S / S.sum())[:-1], S))", "by machine"),
        ("lambda S: np.linalg.solve(-proportions_hessian((S / S.sum())[:-1], S), np.eye(len(S) - 1))", "by machine"),
        ("lambda S: np.diag((S / S.sum())[:-1]) / S.sum()", "not independent"),
        ("lambda S: S[:, None] * np.eye(len(S))", "shape"),
    ],
    ("06", "check-6", "with_floor"): [
        ("lambda S, floor: np.maximum(S / S.sum(), floor) / np.maximum(S / S.sum(), floor).sum()", "sinks some again"),
        (
            "lambda S, floor: np.where(S / S.sum() < floor, floor, (1 - floor * (S / S.sum() < floor).sum())"
            " * S / S[S / S.sum() >= floor].sum())",
            "one round is not enough",
        ),
        ("lambda S, floor: S / S.sum()", "no floor yet"),
    ],
    ("17", "own-mean-check", "mean_of"): [
        ("lambda x, T_k, w: T_k @ x / T_k.sum()", "weights are not used"),
        ("lambda x, T_k, w: w * T_k @ x / T_k.sum()", "S_k needs them"),
        ("lambda x, T_k, w: w**2 * T_k @ x / (w**2 * T_k).sum()", "applied twice"),
        ("lambda x, T_k, w: w @ x / w.sum()", "responsibilities are not used"),
    ],
    ("17", "own-fill-check", "filled"): [
        ("lambda point, m, S: np.where(np.isnan(point), m, point)", "mean of the component"),
        ("lambda point, m, S: np.where(np.isnan(point), 0, point)", "density is higher elsewhere"),
    ],
    ("17", "own-spread-check", "covariance_of"): [
        (LEFT + "z.T @ z / T_k.sum())(np.sqrt(T_k)[:, None] * (filled - mean))", "too thin"),
        (LEFT + "(z.T @ z + left.sum(axis=0)) / T_k.sum())(np.sqrt(T_k)[:, None] * (filled - mean))", "by T_k"),
    ],
    ("18", "own-pi-check", "map_proportions"): [
        ("lambda S, alpha: S / S.sum()", "prior is not used"),
        ("lambda S, alpha: (S + alpha) / (S + alpha).sum()", "mean of the posterior"),
        ("lambda S, alpha: (S + alpha - 1) / S.sum()", "not by n"),
        ("lambda S, alpha: (S + alpha - 1) / (S + alpha).sum()", "it too has a -1"),
        ("lambda S, alpha: (S + alpha - 1) / ((S + alpha).sum() - 1)", "not only one"),
        ("lambda S, alpha: S * alpha / (S @ alpha)", "does not multiply"),
        ("lambda S, alpha: (alpha - 1) / (alpha - 1).sum()", "points are not used"),
    ],
    ("18", "own-sigma-check", "map_covariance"): [
        (MAP + "W / S_k", "prior is not used"),
        (MAP + "(W + Psi) / S_k", "adds to the count too"),
        (MAP + "(W + Psi) / (S_k + nu)", "nu + d + 1, not nu"),
        (MAP + "(W + Psi) / (S_k + nu + 2)", "is one more"),
        (MAP + "(W + Psi) / (S_k + nu - 3)", "mean of the posterior"),
        (MAP + "(W + Psi) / (S_k + nu + 4)", "prior on the mean as well"),
        (MAP + "W / S_k + Psi", "before you divide"),
        (MAP + "W / S_k + Psi / (nu + 3)", "by its own count"),
        (MAP + "(W / S_k + Psi) / (S_k + nu + 3)", "W is a scatter already"),
        (MAP + "(W + Psi / nu) / (S_k + nu + 3)", "divided twice"),
        (MAP + "(W + Psi / (nu + 3)) / (S_k + nu + 3)", "divided twice"),
        (MAP + "(W + nu * Psi) / (S_k + nu + 3)", "does not multiply"),
        (MAP + "W / (S_k + nu + 3)", "Psi is missing"),
    ],
    ("18", "own-u-check", "hidden_precision"): [
        ("lambda x, m, Sigma, nu: np.ones(len(x))", "a Gaussian component"),
        (DISTANCE + "nu / (nu + D))(((x - m) @ np.linalg.inv(Sigma) * (x - m)).sum(1))", "tell of u too"),
        (
            DISTANCE + "(nu + 1) / (nu + D))(((x - m) @ np.linalg.inv(Sigma) * (x - m)).sum(1))",
            "each of the d coordinates",
        ),
        (DISTANCE + "(nu + 3) / D)(((x - m) @ np.linalg.inv(Sigma) * (x - m)).sum(1))", "nu is missing below"),
        (DISTANCE + "(nu + 3) / (nu + np.sqrt(D)))(((x - m) @ np.linalg.inv(Sigma) * (x - m)).sum(1))", "is squared"),
        (DISTANCE + "(nu + D) / (nu + 3))(((x - m) @ np.linalg.inv(Sigma) * (x - m)).sum(1))", "upside down"),
        ("lambda x, m, Sigma, nu: (nu + 3) / (nu + ((x - m) ** 2).sum(axis=1))", "as if it were round"),
        ("lambda x, m, Sigma, nu: (nu + 3) / (nu + ((x - m) @ Sigma * (x - m)).sum(axis=1))", "inverse of Sigma"),
    ],
    ("18", "own-t-check", "t_covariance"): [
        (PULLED + "(T_k * z.T) @ z / T_k.sum())(x - m)", "u is forgotten"),
        (PULLED + "(T_k * u * z.T) @ z / (T_k @ u))(x - m)", "does not know u"),
        (PULLED + "(T_k * u * z.T) @ z / len(x))(x - m)", "not by the number of points"),
        (PULLED + "(T_k * u * z.T) @ z)(x - m)", "not divided by anything"),
        (PULLED + "(T_k * u**2 * z.T) @ z / T_k.sum())(x - m)", "applied twice"),
        (PULLED + "(T_k / u * z.T) @ z / T_k.sum())(x - m)", "multiplies the squares"),
        (PULLED + "(u * z.T) @ z / u.sum())(x - m)", "responsibilities are not used"),
    ],
}


@pytest.mark.parametrize(
    ("exercise", "answer", "expected"),
    [
        pytest.param(exercise, *each, id="-".join((*exercise, each[0])))
        for exercise in WRONG
        for each in WRONG[exercise]
    ],
)
def test_a_wrong_answer_is_named(exercise, answer, expected):
    number, cell, name = exercise
    assert expected.lower() in words(number, cell, **{name: eval(answer, solved(number)[cell][0])})
