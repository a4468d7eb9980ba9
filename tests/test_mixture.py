"""A mixture as a value, its densities, and the mixtures that cannot be."""

import copy
import pickle
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

from gmm_teach import Mixture, datasets, e_step

EYE = np.eye(2)
GOOD = {"proportions": [0.25, 0.75], "means": [[0.0, 0.0], [4.0, 1.0]], "covariances": [EYE, [[2.0, 0.5], [0.5, 1.0]]]}


def mixture(**changes):
    return Mixture(**{**GOOD, **changes})


# ---- densities


@pytest.mark.parametrize(("K", "d"), [(1, 1), (3, 1), (1, 2), (3, 2)])
def test_the_density_integrates_to_1(K, d):
    # an independent check of the factor (2 pi)^(d/2): with K in its place, only d = K would pass
    side = np.linspace(-12, 12, 241)
    grid = np.stack(np.meshgrid(*[side] * d), axis=-1).reshape(-1, d)
    some = Mixture(np.full(K, 1 / K), np.arange(K * d).reshape(K, d) - 2.0, [np.eye(d) + 0.5] * K)
    cell = (side[1] - side[0]) ** d
    assert np.exp(some.log_density(grid)).sum() * cell == pytest.approx(1, rel=1e-8)


def test_shapes_and_types():
    x = np.zeros((7, 2))
    assert mixture().log_joint(x).shape == (7, 2)
    assert mixture().log_density(x).shape == (7,)
    assert type(mixture().log_likelihood(x)) is float
    assert mixture().predict(x).shape == (7,)


def test_log_likelihood_is_the_sum_over_points():
    x = np.random.default_rng(0).normal(size=(30, 2))
    one_by_one = [mixture().log_likelihood(point[None]) for point in x]
    assert mixture().log_likelihood(x) == pytest.approx(sum(one_by_one), rel=1e-14)


def test_log_density_by_hand():
    # standard normal in the plane: log p(0) = -log 2 pi, and a point at distance r has r^2 / 2 less
    standard = Mixture([1], [[0, 0]], [EYE])
    np.testing.assert_allclose(standard.log_density([[0, 0], [3, 4]]), -np.log(2 * np.pi) - [0, 12.5], rtol=1e-15)


def test_predict_weighs_by_the_proportions():
    # midway between equal widths, the larger proportion takes the point
    means, covariances = [[-1.0], [1.0]], [[[1.0]], [[1.0]]]
    assert Mixture([0.6, 0.4], means, covariances).predict([[0.0]]).tolist() == [0]
    assert Mixture([0.4, 0.6], means, covariances).predict([[0.0]]).tolist() == [1]


@pytest.mark.parametrize("deviations", [40, 1e3, 1e8, 1e60])
def test_far_points_have_a_finite_log_density(deviations):
    standard = Mixture([0.5, 0.5], [[0.0], [0.0]], [[[1.0]], [[1.0]]])
    expected = -0.5 * np.log(2 * np.pi) - 0.5 * deviations**2
    assert standard.log_density([[deviations]]) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("offset", [0.0, 1e6, -1e6])
@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_the_density_moves_with_its_units_and_origin(unit, offset):
    x = np.random.default_rng(1).normal(size=(20, 2))
    moved = mixture(
        means=unit * (np.array(GOOD["means"]) + offset),
        covariances=[unit**2 * np.array(covariance) for covariance in GOOD["covariances"]],
    )
    expected = mixture().log_density(x) - 2 * np.log(unit)
    # an offset of 1e6 leaves ten decimals of the coordinates
    np.testing.assert_allclose(moved.log_density(unit * (x + offset)), expected, atol=1e-8)


def test_a_density_that_overflows_even_in_logs_is_an_error():
    narrow = Mixture([1], [[0.0]], [[[1e-300]]])
    with pytest.raises(ValueError, match=r"^x\[1\] is so many standard deviations from means\[0\].*rescale x"):
        narrow.log_density([[0.0], [1e10]])


@pytest.mark.parametrize("points", [[[1.0]], [[1.0, 2.0, 3.0]]])
def test_points_of_another_dimension_are_refused(points):
    with pytest.raises(ValueError, match=r"^x must have shape \(n, 2\), but its shape is \(1, [13]\)"):
        mixture().log_joint(points)


def test_units_that_differ_between_coordinates_are_no_singularity():
    wild = Mixture([1], [[0, 0]], [np.diag([1e18, 1e-18])])
    assert wild.log_density([[0, 0]]) == pytest.approx(-np.log(2 * np.pi), rel=1e-12)


def test_marginal_is_the_density_of_some_coordinates():
    some = Mixture([0.3, 0.7], [[0, 1, 2], [3, 4, 5]], [np.diag([1, 4, 9]) + 0.5, np.eye(3) + 0.2])
    marginal = some.marginal([2, 0])
    np.testing.assert_array_equal(marginal.means, [[2, 0], [5, 3]])
    np.testing.assert_array_equal(marginal.covariances[0], [[9.5, 0.5], [0.5, 1.5]])
    # integrating the middle coordinate out gives the same
    middle = np.linspace(-30, 30, 3001)
    grid = np.column_stack([np.full(3001, 0.4), middle, np.full(3001, 1.1)])
    integral = np.exp(some.log_density(grid)).sum() * (middle[1] - middle[0])
    assert np.exp(marginal.log_density([[1.1, 0.4]])) == pytest.approx(integral, rel=1e-8)


@pytest.mark.parametrize(
    ("coordinates", "error"),
    [([2], ValueError), ([-1], ValueError), ([], ValueError), ([0, 0], ValueError), ([0.0], TypeError)],
)
def test_marginal_refuses_a_coordinate_that_is_not_there(coordinates, error):
    mixture = Mixture([1.0], [[0.0, 1.0]], [np.eye(2)])
    with pytest.raises(error, match="coordinates must be"):
        mixture.marginal(coordinates)


# ---- a value that stays as it is


def test_the_arrays_are_copies():
    given = {name: np.array(value, dtype=float) for name, value in GOOD.items()}
    some = Mixture(**given)
    before = some.log_density([[1.0, 1.0]])
    for array in given.values():
        array *= 2
    np.testing.assert_array_equal(some.proportions, GOOD["proportions"])
    np.testing.assert_array_equal(some.log_density([[1.0, 1.0]]), before)


COPIES = {
    "itself": lambda value: value,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "replace": replace,
}
every_copy = pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)


@every_copy
@pytest.mark.parametrize("name", GOOD)
def test_the_arrays_of_every_copy_are_write_protected(make, name):
    # a copy that could be changed would go on using the factors of its old covariances
    array = getattr(make(mixture()), name)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


@every_copy
def test_every_copy_has_the_same_density(make):
    x = np.random.default_rng(2).normal(size=(5, 2))
    np.testing.assert_array_equal(make(mixture()).log_joint(x), mixture().log_joint(x))


def test_the_fields_cannot_be_set():
    with pytest.raises(FrozenInstanceError):
        mixture().means = np.zeros((2, 2))


def test_replace_checks_again():
    changed = replace(mixture(), covariances=[EYE, EYE])
    assert changed.log_density([[4.0, 1.0]]) == pytest.approx(
        Mixture(**{**GOOD, "covariances": [EYE] * 2}).log_density([[4.0, 1.0]])
    )
    with pytest.raises(ValueError, match=r"^proportions sum to 0.9, not to 1"):
        replace(mixture(), proportions=[0.5, 0.4])


@pytest.mark.parametrize(
    "convert",
    [
        tuple,
        lambda value: np.asarray(value, dtype=np.float32),
        lambda value: np.asfortranarray(np.array(value, dtype=float)),
        lambda value: np.array(value, dtype=float)[::-1].copy()[::-1],
        lambda value: np.array(value, dtype=float).astype(object),
    ],
    ids=["tuple", "float32", "Fortran order", "reversed twice", "object"],
)
def test_parameters_of_every_kind_work_alike(convert):
    some = Mixture(**{name: convert(value) for name, value in GOOD.items()})
    for name in GOOD:
        np.testing.assert_array_equal(getattr(some, name), getattr(mixture(), name))
        assert getattr(some, name).dtype == np.float64


def test_parameters_may_come_from_pandas():
    some = mixture(proportions=pd.Series([0.25, 0.75], index=["a", "b"]), means=pd.DataFrame(GOOD["means"]))
    np.testing.assert_array_equal(some.means, GOOD["means"])


@pytest.mark.parametrize("proportions", [[Fraction(1, 3), Fraction(2, 3)], np.array([1, 2], np.float32) / 3])
def test_proportions_may_be_off_by_rounding(proportions):
    assert mixture(proportions=proportions).proportions[1] == pytest.approx(2 / 3, abs=1e-7)


# ---- mixtures that cannot be

BAD_PROPORTIONS = {
    "sum above 1": ([0.5, 0.6], ValueError, r"^proportions sum to 1.1, not to 1; divide them by their sum"),
    "sum below 1": ([0.5, 0.4], ValueError, r"^proportions sum to 0.9, not to 1"),
    "sum off in the sixth decimal": (
        [0.5, 0.500002],
        ValueError,
        r"^proportions sum to 1.000002, not to 1",
    ),
    "percent": ([25, 75], ValueError, r"^proportions sum to 100, not to 1"),
    "negative": ([1.5, -0.5], ValueError, r"^proportions\[1\] is -0.5, but each must be above 0"),
    "zero": ([1, 0], ValueError, r"^proportions\[1\] is 0.0, but each must be above 0; leave an empty component out"),
    "NaN": ([0.5, np.nan], ValueError, r"^proportions holds nan at index \(1,\)"),
    "infinite": ([0.5, np.inf], ValueError, r"^proportions holds inf at index \(1,\)"),
    "enormous": ([1e308, 1e308], ValueError, r"^proportions holds numbers beyond 1e\+140"),
    "too many": ([0.25, 0.25, 0.5], ValueError, r"^means must have shape \(3, d\), but its shape is \(2, 2\)"),
    "too few": ([1], ValueError, r"^means must have shape \(1, d\), but its shape is \(2, 2\)"),
    "two dimensions": ([[0.5, 0.5]], ValueError, r"^proportions must have shape \(K,\), but its shape is \(1, 2\)"),
    "a number": (1.0, ValueError, r"^proportions must have shape \(K,\), but its shape is \(\)"),
    "empty": ([], ValueError, r"^proportions is empty"),
    "strings": (["0.5", "0.5"], TypeError, r"^proportions holds <U3 values"),
    "complex": ([0.5, 0.5 + 0j], TypeError, r"^proportions holds complex128 values"),
    "booleans": ([True, False], TypeError, r"^proportions holds bool values"),
    "None": (None, TypeError, r"^proportions must be an array of numbers, but it is None"),
}
BAD_MEANS = {
    "NaN": ([[0, 0], [0, np.nan]], ValueError, r"^means holds nan at index \(1, 1\)"),
    "enormous": ([[0, 0], [0, 1e200]], ValueError, r"^means holds numbers beyond 1e\+140"),
    "one dimension": ([0, 1], ValueError, r"^means must have shape \(2, d\), but its shape is \(2,\)"),
    "too many": ([[0, 0]] * 3, ValueError, r"^means must have shape \(2, d\), but its shape is \(3, 2\)"),
    "ragged": ([[0, 0], [0]], ValueError, r"^means is ragged"),
    "empty": ([[], []], ValueError, r"^means is empty"),
    "strings": ([["a", "b"]] * 2, TypeError, r"^means holds <U1 values"),
    "another d": (
        [[0.0], [1.0]],
        ValueError,
        r"^covariances must have shape \(2, 1, 1\), but its shape is \(2, 2, 2\)",
    ),
}
NOT_PD = (
    r"^covariances\[1\] is not positive definite: .*\. A covariance must have a positive variance in every direction"
)
BAD_COVARIANCES = {
    "asymmetric": ([EYE, [[1, 0.5], [0.4, 1]]], ValueError, r"^covariances\[1\] is not symmetric: entry \(i, j\) must"),
    "one triangle only": ([[[1, 0.5], [0, 1]], EYE], ValueError, r"^covariances\[0\] is not symmetric"),
    "asymmetric, small units": ([EYE, [[1e-18, 5e-19], [4e-19, 1e-18]]], ValueError, r"^covariances\[1\] is not symm"),
    "indefinite": ([EYE, [[1, 2], [2, 1]]], ValueError, NOT_PD),
    "infinite correlation": ([EYE, [[1e-300, 1e280], [1e280, 1e-300]]], ValueError, NOT_PD),
    "negative": ([EYE, -EYE], ValueError, NOT_PD),
    "one negative variance": (
        [EYE, [[1, 0], [0, -1]]],
        ValueError,
        r"^covariances\[1\] is not positive definite: its diagonal holds -1\.",
    ),
    "singular": ([EYE, [[1, 2], [2, 4]]], ValueError, NOT_PD),
    "singular but for rounding": ([EYE, [[1, 1 - 1e-14], [1 - 1e-14, 1]]], ValueError, r"singular to within rounding"),
    "zero": ([EYE, 0 * EYE], ValueError, r"^covariances\[1\] is not positive definite: its diagonal holds 0\."),
    "K x K for d x d": ([np.eye(3)] * 2, ValueError, r"^covariances must have shape \(2, 2, 2\), but .* \(2, 3, 3\)"),
    "one for all": (EYE, ValueError, r"^covariances must have shape \(2, 2, 2\), but its shape is \(2, 2\)"),
    "too many": ([EYE] * 3, ValueError, r"^covariances must have shape \(2, 2, 2\), but its shape is \(3, 2, 2\)"),
    "ragged": ([EYE, [1, 2]], ValueError, r"^covariances is ragged"),
    "NaN": ([EYE, [[1, np.nan], [np.nan, 1]]], ValueError, r"^covariances holds nan at index \(1, 0, 1\)"),
    "infinite": ([EYE, [[np.inf, 0], [0, 1]]], ValueError, r"^covariances holds inf at index \(1, 0, 0\)"),
    "enormous": ([EYE, [[1e308, 1e308], [-1e308, 1e308]]], ValueError, r"^covariances holds numbers beyond 2e\+280"),
    "a dict": ({0: EYE}, TypeError, r"^covariances must be an array of numbers, but it is .* \(dict\)"),
}
BAD = [
    pytest.param(name, *case, id=f"{name}: {what}")
    for name, cases in [("proportions", BAD_PROPORTIONS), ("means", BAD_MEANS), ("covariances", BAD_COVARIANCES)]
    for what, case in cases.items()
]


@pytest.mark.parametrize(("name", "value", "error", "words"), BAD)
def test_a_bad_parameter_is_refused_in_words(name, value, error, words):
    with pytest.raises(error, match=words):
        mixture(**{name: value})


# ---- samples


def test_a_sample_has_labels_from_0_and_is_repeatable():
    x, labels = mixture().sample(50, 3)
    again, _ = mixture().sample(50, np.random.default_rng(3))
    assert x.shape == (50, 2)
    assert set(labels) == {0, 1}
    np.testing.assert_array_equal(x, again)


def test_a_sample_advances_its_generator():
    rng = np.random.default_rng(3)
    first, _ = mixture().sample(5, rng)
    second, _ = mixture().sample(5, rng)
    assert not np.array_equal(first, second)


def test_a_sample_with_proportions_off_by_rounding():
    x, _ = mixture(proportions=[0.25, 0.7500009]).sample(3, 0)
    assert np.isfinite(x).all()


@pytest.mark.parametrize("seed", [0, np.int64(3), 10**30])
def test_a_seed_may_be_any_whole_number(seed):
    x, _ = mixture().sample(2, seed)
    assert x.shape == (2, 2)


@pytest.mark.parametrize(
    ("n", "error", "words"),
    [
        (0, ValueError, r"^n must be 1 or more, but it is 0"),
        (-1, ValueError, r"^n must be 1 or more, but it is -1"),
        (10**30, ValueError, r"^n must be 1000000000000 or less"),
        (2.0, TypeError, r"^n must be a whole number, but it is 2.0"),
        (True, TypeError, r"^n must be a whole number, but it is True"),
        (None, TypeError, r"^n must be a whole number, but it is None"),
    ],
)
def test_a_sample_needs_a_whole_number_of_points(n, error, words):
    with pytest.raises(error, match=words):
        mixture().sample(n, 0)


@pytest.mark.parametrize(
    ("rng", "error"),
    [
        ("a", TypeError),
        (1.5, TypeError),
        (True, TypeError),
        (np.random.RandomState(0), TypeError),
        (np.random, TypeError),
        (-1, ValueError),
    ],
)
def test_a_sample_needs_a_generator_or_a_seed(rng, error):
    with pytest.raises(error, match=r"^rng \(when it is a seed\) must be"):
        mixture().sample(2, rng)


# ---- scikit-learn and back

ARRAYS = ("weights_", "means_", "covariances_", "precisions_cholesky_", "precisions_")
TYPES = ("full", "tied", "diag", "spherical")
SHAPES = [(1, 1), (3, 1), (2, 2), (3, 2), (2, 4)]  # K and d, equal once only


def some_mixture(K, d):
    """A mixture whose numbers use all their bits, in units that differ between coordinates."""
    rng = np.random.default_rng(100 * K + d)
    roots = rng.normal(size=(K, d, d + 2)) * 10.0 ** np.arange(d)[:, None]
    return Mixture(rng.dirichlet(np.full(K, 5)), rng.normal(size=(K, d)), roots @ roots.swapaxes(1, 2))


def fitted(K, d, covariance_type):
    x, _ = some_mixture(K, d).sample(200, 1)
    return GaussianMixture(K, covariance_type=covariance_type, random_state=0, max_iter=500, tol=1e-4).fit(x)


def assert_same_bits(one, other, names):
    for name in names:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name, strict=True)


@pytest.mark.parametrize(("K", "d"), SHAPES)
def test_scikit_learn_says_of_points_what_the_mixture_says(K, d):
    mixture = some_mixture(K, d)
    x, _ = mixture.sample(50, 2)
    model = mixture.to_sklearn()
    responsibilities, log_likelihood = e_step(x, mixture)
    np.testing.assert_allclose(model.predict_proba(x), responsibilities, rtol=1e-8, atol=1e-12)
    np.testing.assert_array_equal(model.predict(x), mixture.predict(x))
    np.testing.assert_allclose(model.score_samples(x), mixture.log_density(x), rtol=1e-10)
    assert model.score(x) * len(x) == pytest.approx(log_likelihood, rel=1e-10)
    numbers = K - 1 + K * d + K * d * (d + 1) // 2
    assert model.bic(x) == pytest.approx(-2 * log_likelihood + numbers * np.log(len(x)), rel=1e-10)
    assert model.aic(x) == pytest.approx(-2 * log_likelihood + 2 * numbers, rel=1e-10)
    for precision, covariance in zip(model.precisions_, mixture.covariances, strict=True):
        scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
        np.testing.assert_allclose(precision * scale, np.linalg.inv(covariance / scale), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(("K", "d"), SHAPES)
def test_scikit_learn_draws_from_the_mixture(K, d):
    mixture = some_mixture(K, d)
    x, labels = mixture.to_sklearn().set_params(random_state=4).sample(4000)
    assert x.shape == (4000, d)
    assert set(labels) == set(range(K))
    expected = mixture.proportions @ mixture.means
    within = np.einsum("k,kii->i", mixture.proportions, mixture.covariances)
    spread = within + mixture.proportions @ (mixture.means - expected) ** 2
    assert (np.abs(x.mean(axis=0) - expected) < 5 * np.sqrt(spread / 4000)).all()  # five standard errors


@pytest.mark.parametrize(("K", "d"), SHAPES)
def test_to_scikit_learn_and_back_no_bit_is_lost(K, d):
    mixture = some_mixture(K, d)
    assert_same_bits(Mixture.from_sklearn(mixture.to_sklearn()), mixture, GOOD)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize(("K", "d"), SHAPES)
def test_from_scikit_learn_and_back_no_bit_is_lost(K, d, covariance_type):
    # also what scikit-learn works out from the covariances, which ours has to work out again
    model = fitted(K, d, covariance_type)
    back = Mixture.from_sklearn(model).to_sklearn()
    if covariance_type in ("full", "tied"):  # above the diagonal are numbers that it computes, and never uses
        np.testing.assert_allclose(back.covariances_, model.covariances_, rtol=1e-12)
        model.covariances_ = np.tril(model.covariances_) + np.tril(model.covariances_, -1).swapaxes(-1, -2)
    assert back.covariance_type == covariance_type
    assert_same_bits(back, model, ARRAYS)


def test_proportions_off_by_rounding_keep_their_bits():
    # to divide them by their sum would change them
    mixture = Mixture([0.25, 0.7500009], GOOD["means"], GOOD["covariances"])
    model = mixture.to_sklearn()
    assert_same_bits(Mixture.from_sklearn(model), mixture, GOOD)
    assert model.weights_.tolist() == [0.25, 0.7500009]
    assert model.sample(3)[0].shape == (3, 2)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize(("K", "d"), SHAPES)
def test_a_model_of_every_type_becomes_a_mixture(K, d, covariance_type):
    model = fitted(K, d, covariance_type)
    mixture = Mixture.from_sklearn(model)
    x, _ = some_mixture(K, d).sample(50, 2)
    np.testing.assert_allclose(mixture.log_density(x), model.score_samples(x), rtol=1e-10)
    np.testing.assert_allclose(e_step(x, mixture)[0], model.predict_proba(x), rtol=1e-8, atol=1e-12)
    assert_same_bits(Mixture.from_sklearn(mixture.to_sklearn()), mixture, GOOD)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("load", [datasets.load_iris, datasets.load_old_faithful, datasets.load_post])
def test_a_model_of_single_precision_keeps_its_numbers(load, covariance_type):
    x = load().x.astype(np.float32)
    model = GaussianMixture(2, covariance_type=covariance_type, random_state=0).fit(x)
    if model.means_.dtype != np.float32:
        pytest.skip("this scikit-learn computes in double precision always")
    mixture = Mixture.from_sklearn(model)
    assert mixture.means.dtype == np.float64
    np.testing.assert_array_equal(mixture.means, model.means_)
    np.testing.assert_array_equal(np.tril(mixture.to_sklearn().covariances_), np.tril(model.covariances_))
    assert mixture.log_likelihood(x) / len(x) == pytest.approx(model.score(x), rel=1e-4)


def test_a_tied_covariance_far_from_0_is_taken_though_rounding_makes_it_lopsided():
    x = datasets.load_old_faithful().x + np.array([431_000, 5_412_345])
    model = GaussianMixture(2, covariance_type="tied", random_state=0).fit(x)
    asymmetry = np.abs(model.covariances_ - model.covariances_.T).max()
    assert asymmetry > 1e-6 * np.sqrt(np.linalg.det(model.covariances_))  # beyond what a Mixture forgives
    assert Mixture.from_sklearn(model).to_sklearn().score(x) == pytest.approx(model.score(x), rel=1e-9)


def test_a_covariance_that_somebody_wrote_into_the_model_must_be_symmetric():
    model = fitted(2, 2, "tied")
    model.covariances_[0, 1] += 0.1
    with pytest.raises(ValueError, match=r"^model has a covariance that is not symmetric"):
        Mixture.from_sklearn(model)


@pytest.mark.parametrize("covariance_type", ["tied", "diag", "spherical"])
def test_covariances_must_be_of_their_type(covariance_type):
    allowed = {"tied": [EYE, EYE], "diag": [EYE, 2 * EYE], "spherical": [EYE, 2 * EYE]}[covariance_type]
    other = [[2.0, 0.5], [0.5, 3.0]]
    mixture = Mixture([0.5, 0.5], np.zeros((2, 2)), allowed, covariance_type)
    for same in (mixture, copy.deepcopy(mixture), pickle.loads(pickle.dumps(mixture)), mixture.marginal([0])):
        assert same.covariance_type == covariance_type
    assert f"{covariance_type} covariances" in repr(mixture)
    with pytest.raises(ValueError, match=rf"^covariances\[1\] is not {covariance_type}; leave covariance_type out"):
        Mixture([0.5, 0.5], np.zeros((2, 2)), [EYE, other], covariance_type)


@pytest.mark.parametrize("covariance_type", ["diagonal", None, 3])
def test_the_covariance_type_is_one_of_four(covariance_type):
    with pytest.raises(ValueError, match=r"^covariance_type must be one of full, tied, diag, spherical, but it is"):
        Mixture([1.0], [[0.0]], [[[1.0]]], covariance_type)


@pytest.mark.parametrize(("K", "d"), SHAPES)
def test_responsibilities_are_those_of_the_e_step(K, d):
    mixture = some_mixture(K, d)
    x, _ = mixture.sample(50, 1)
    assert (mixture.K, mixture.d) == (K, d)
    np.testing.assert_allclose(mixture.responsibilities(x), e_step(x, mixture)[0], rtol=1e-12, atol=1e-300)


def test_a_sample_without_a_seed_is_another_one_each_time():
    mixture = some_mixture(2, 2)
    assert not np.array_equal(mixture.sample(5)[0], mixture.sample(5)[0])


@pytest.mark.parametrize(("K", "d"), [(3, 2), (1, 1), (60, 1), (2, 100), (300, 30)])
def test_a_mixture_in_a_cell_prints_a_few_lines(K, d):
    mixture = Mixture(np.full(K, 1 / K), np.arange(K * d).reshape(K, d) * 1.0, np.tile(np.eye(d), (K, 1, 1)))
    lines = repr(mixture).splitlines()
    assert lines[0] == f"Mixture of K = {K} components in d = {d} dimensions"
    assert len(lines) <= 13
    assert max(map(len, lines)) < 110


def test_the_model_is_a_copy_that_may_be_changed_and_pickled():
    mixture = some_mixture(3, 2)
    before = mixture.means.copy()
    model = mixture.to_sklearn()
    thawed = pickle.loads(pickle.dumps(model))
    assert_same_bits(thawed, model, ARRAYS)
    for name in ARRAYS:
        getattr(model, name)[:] = 7
    np.testing.assert_array_equal(mixture.means, before)
    assert_same_bits(Mixture.from_sklearn(thawed), mixture, GOOD)


def test_a_mixture_does_not_change_with_the_model():
    model = fitted(2, 2, "full")
    mixture = Mixture.from_sklearn(model)
    before = mixture.means.copy()
    model.means_ += 1
    np.testing.assert_array_equal(mixture.means, before)


def test_the_model_does_not_claim_a_run_and_can_go_on():
    mixture = some_mixture(2, 2)
    x, _ = mixture.sample(300, 3)
    model = mixture.to_sklearn()
    assert (model.converged_, model.n_iter_, model.lower_bound_, model.n_features_in_) == (False, 0, -np.inf, 2)
    start, _ = e_step(x, mixture)
    with pytest.warns(ConvergenceWarning):  # one step is not enough for it
        model.set_params(warm_start=True, max_iter=1, reg_covar=0).fit(x)
    np.testing.assert_allclose(model.means_, start.T @ x / start.sum(axis=0)[:, None], rtol=1e-9)


def test_the_model_refuses_points_of_another_dimension():
    with pytest.raises(ValueError, match="3 features, but GaussianMixture is expecting 2"):
        some_mixture(2, 2).to_sklearn().predict(np.zeros((4, 3)))


def half_fitted():
    model = GaussianMixture(2)
    model.weights_, model.means_ = np.array([0.5, 0.5]), np.zeros((2, 2))
    return model


NO_MODELS = {
    "not fitted": (GaussianMixture(2), ValueError, r"^model is not fitted: it has no weights_; call model.fit\(x\)"),
    "half": (half_fitted(), ValueError, r"^model is not fitted: it has no covariances_"),
    "Bayesian": (
        BayesianGaussianMixture(n_components=2),
        TypeError,
        r"^model is a BayesianGaussianMixture: it averages over its",
    ),
    "the class": (GaussianMixture, TypeError, r"^model must be a sklearn.mixture.GaussianMixture, but it is <class"),
    "a mixture": (mixture(), TypeError, r"^model must be a sklearn.mixture.GaussianMixture, but it is Mixture"),
    "None": (None, TypeError, r"^model must be a sklearn.mixture.GaussianMixture, but it is None"),
    "type changed after the fit": (
        fitted(2, 2, "full").set_params(covariance_type="tied"),
        ValueError,
        r"^model has covariances_ of shape \(2, 2, 2\), which does not fit its covariance_type, 'tied'",
    ),
}


@pytest.mark.parametrize(("model", "error", "words"), NO_MODELS.values(), ids=NO_MODELS)
def test_what_is_no_fitted_model_is_refused_in_words(model, error, words):
    with pytest.raises(error, match=words):
        Mixture.from_sklearn(model)


def test_a_model_with_a_covariance_that_is_no_covariance_is_refused():
    model = fitted(2, 2, "diag")
    model.covariances_[1, 0] = 0
    with pytest.raises(ValueError, match=r"^covariances\[1\] is not positive definite: its diagonal holds 0"):
        Mixture.from_sklearn(model)


def test_the_fitted_bayesian_model_is_refused_as_well_as_the_other():
    x, _ = mixture().sample(60, 0)
    model = BayesianGaussianMixture(n_components=2, random_state=0, max_iter=500).fit(x)
    by_hand = Mixture(model.weights_, model.means_, model.covariances_)
    # the reason for the refusal is true: its probabilities are not those of its averages
    assert np.abs(e_step(x, by_hand)[0] - model.predict_proba(x)).max() > 1e-3
    with pytest.raises(TypeError, match="give its weights_, means_ and covariances_ to Mixture yourself"):
        Mixture.from_sklearn(model)
