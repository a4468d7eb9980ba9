"""Several starts, the criteria, and Old Faithful as R's mclust fits it."""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.integrate import quad
from sklearn.mixture import GaussianMixture

from gmm_teach import CollapsedComponent, Mixture, datasets, iterate, m_step, run_em, selection, starts
from gmm_teach.bound import entropy
from gmm_teach.covariances import M_STEPS
from gmm_teach.selection import aic, bic, free_parameters, held_out_log_likelihood, icl, several_runs

MCLUST = datasets.load_mclust_figures()
GEYSER = datasets.load_old_faithful().x
CLOUD = np.random.default_rng(4).normal(size=(80, 2))


def to_the_top(mixture, m_step):
    before = -np.inf
    for state in iterate(GEYSER, mixture, m_step=m_step):
        if state.log_likelihood - before < 1e-11:
            return state
        before = state.log_likelihood


# ---- R's mclust 6.0.0


def test_mclust_figures_are_whole():
    assert set(MCLUST) == {(model, K) for model in M_STEPS for K in range(1, 6)}
    assert [MCLUST[model, 1]["mclust_name"] for model in M_STEPS] == ["VVV", "VVI", "VII", "EEE"]


@pytest.mark.parametrize(("model", "K"), MCLUST)
def test_old_faithful_as_mclust_fits_it(model, K):
    theirs = MCLUST[model, K]
    found = several_runs(GEYSER, K, n_init=1 if K == 1 else 6, m_step=M_STEPS[model], tol=1e-3)
    top = to_the_top(found.best.mixture, M_STEPS[model])
    assert top.log_likelihood > theirs["log_likelihood"] - 1e-6
    assert free_parameters(K, 2, model) == theirs["free_parameters"]
    # its BIC from its own log L, so that this is a check of the penalty and the sign for every K
    at_theirs = -2 * theirs["log_likelihood"] + (bic(GEYSER, top.mixture) + 2 * top.log_likelihood)
    assert at_theirs == pytest.approx(-theirs["bic"], abs=1e-6)
    if K <= 2:
        assert top.log_likelihood == pytest.approx(theirs["log_likelihood"], abs=1e-6)
        assert bic(GEYSER, top.mixture) == pytest.approx(-theirs["bic"], abs=1e-6)


# ---- scikit-learn


@pytest.mark.parametrize("model", M_STEPS)
@pytest.mark.parametrize(("K", "d"), [(1, 1), (3, 1), (2, 2), (3, 4)])
def test_bic_and_aic_agree_with_sklearn(model, K, d):
    x = datasets.load_iris().x[:, :d]
    theirs = GaussianMixture(K, covariance_type=model, random_state=0, tol=1e-2).fit(x)
    ours = Mixture.from_sklearn(theirs)
    for mixture in (ours, Mixture.from_sklearn(ours.to_sklearn()), copy.deepcopy(ours), ours.marginal(range(d))):
        assert bic(x, mixture) == pytest.approx(theirs.bic(x), rel=1e-10)
        assert aic(x, mixture) == pytest.approx(theirs.aic(x), rel=1e-10)
    assert ours.to_sklearn().bic(x) == pytest.approx(theirs.bic(x), rel=1e-10)


@pytest.mark.parametrize("model", M_STEPS)
def test_the_criteria_know_what_the_m_step_was_free_to_choose(model):
    mixture = M_STEPS[model](GEYSER, np.random.default_rng(0).dirichlet(np.ones(3), len(GEYSER)))
    given_away = (bic(GEYSER, mixture) - aic(GEYSER, mixture)) / (np.log(272) - 2)
    assert given_away == pytest.approx(MCLUST[model, 3]["free_parameters"], rel=1e-9)


# ---- the criteria


def test_icl_is_bic_and_the_doubt_about_the_labels(post):
    mixture = run_em(post.x, post.start).states[-1].mixture
    largest = np.exp(mixture.log_joint(post.x) - mixture.log_density(post.x)[:, None]).max(axis=1)
    assert icl(post.x, mixture) == pytest.approx(bic(post.x, mixture) - 2 * np.log(largest).sum(), rel=1e-12)
    # no more than the entropy says: the largest share is the likeliest label's
    T = run_em(post.x, post.start).states[-1].responsibilities
    assert 0 < icl(post.x, mixture) - bic(post.x, mixture) < 2 * entropy(T)


def test_icl_of_the_truth_is_the_number_that_the_post_prints(post):
    printed = post.printed_log_likelihoods["true_parameters_as_printed"]
    mine = icl(post.x, post.true_mixture) - free_parameters(3, 2) * np.log(len(post.x))
    assert round(-mine / 2, 3) == printed == -2979.822


def test_bic_approximates_the_evidence():
    # a Gaussian whose mean has the prior N(0, 1) and whose variance is known: one free parameter, and one integral
    far_off = []
    for n in (100, 10_000):
        x = np.random.default_rng(1).normal(0.7, 1, size=n)
        peak = -0.5 * ((x - x.mean()) ** 2).sum() - 0.5 * n * np.log(2 * np.pi)
        width = 10 / np.sqrt(n)
        evidence, _ = quad(
            lambda m, x=x, n=n: np.exp(-0.5 * n * (m - x.mean()) ** 2 - 0.5 * m**2) / np.sqrt(2 * np.pi),
            x.mean() - width,
            x.mean() + width,
        )
        far_off.append(-2 * (peak + np.log(evidence)) - (-2 * peak + np.log(n)))
    assert np.abs(far_off).max() < 1
    assert abs(far_off[1] - far_off[0]) < 0.1


@pytest.mark.parametrize("criterion", [aic, bic, icl])
def test_a_criterion_refuses_in_words(criterion):
    one = m_step(CLOUD, np.ones((80, 1)))
    with pytest.raises(TypeError, match=r"^mixture must be a Mixture"):
        criterion(CLOUD, "mixture")
    with pytest.raises(ValueError, match=r"^x must have shape \(n, 2\)"):
        criterion(CLOUD[:, :1], one)


def test_free_parameters_refuses_in_words():
    with pytest.raises(ValueError, match=r"^K must be 1 or more, but it is 0"):
        free_parameters(0, 2)
    with pytest.raises(
        ValueError, match=r"^covariance_type must be one of full, diag, spherical, tied, but it is 'vvv'"
    ):
        free_parameters(1, 2, "vvv")
    with pytest.raises(TypeError, match=r"^d must be a whole number, but it is 2.0"):
        free_parameters(1, 2.0)


# ---- held out


def test_held_out_is_the_sum_over_the_folds_of_what_was_not_seen():
    seed = 5
    order = np.random.default_rng(seed).permutation(80)
    total = 0
    for held_out in (order[:27], order[27:54], order[54:]):
        kept = np.setdiff1d(order, held_out)
        best = m_step(CLOUD[np.sort(kept)], np.ones((len(kept), 1)))  # K = 1 needs one M step
        total += best.log_likelihood(CLOUD[held_out])
    assert held_out_log_likelihood(CLOUD, 1, folds=3, seed=seed) == pytest.approx(total, rel=1e-12)


def test_held_out_is_below_what_was_seen():
    seen = m_step(CLOUD, np.ones((80, 1))).log_likelihood(CLOUD)
    assert held_out_log_likelihood(CLOUD, 1, folds=10) < seen


@pytest.mark.parametrize(
    ("folds", "words"), [(1, "folds must be 2 or more"), (81, "folds must be 80, the number of points, or less")]
)
def test_held_out_refuses_in_words(folds, words):
    with pytest.raises(ValueError, match=words):
        held_out_log_likelihood(CLOUD, 1, folds=folds)


# ---- several starts


def test_the_first_start_is_that_of_the_clusters_and_its_run_is_that_of_run_em(post):
    several = several_runs(post.x, 3, n_init=1)
    run = run_em(post.x, starts.k_means_clusters(post.x, 3))
    assert several.best.start_name == "k_means_clusters, seed 0"
    np.testing.assert_array_equal(several.best.start.means, run.states[0].mixture.means)
    assert several.best.state.step == run.states[-1].step
    assert several.best.log_likelihood == run.states[-1].log_likelihood
    assert several.best.converged


def test_the_others_take_turns_and_have_seeds_of_their_own():
    several = several_runs(CLOUD, 2, n_init=5, seed=7, max_steps=0)
    by_name = {run.start_name: run for run in several.runs}
    assert set(by_name) == {
        "k_means_clusters, seed 7",
        "random_places, seed 8",
        "random_responsibilities, seed 9",
        "random_places, seed 10",
        "random_responsibilities, seed 11",
    }
    expected = {
        "random_places, seed 10": starts.random_places(CLOUD, 2, 10),
        "random_responsibilities, seed 11": starts.random_responsibilities(CLOUD, 2, 11),
    }
    for name, start in expected.items():
        np.testing.assert_array_equal(by_name[name].start.means, start.means)
        assert by_name[name].mixture is by_name[name].start  # no step was allowed
        assert not by_name[name].converged


@pytest.mark.parametrize("model", M_STEPS)
def test_a_start_is_of_the_model(model):
    for run in several_runs(GEYSER, 3, n_init=3, m_step=M_STEPS[model], max_steps=0).runs:
        given = run.start.covariances
        if model == "spherical":
            np.testing.assert_array_equal(given, given[:, :1, :1] * np.eye(2))
        if model == "diag":
            np.testing.assert_array_equal(given, given * np.eye(2))
        if model == "tied":
            np.testing.assert_array_equal(given, np.tile(given[0], (3, 1, 1)))


def test_runs_are_sorted_and_nothing_is_lost(post):
    number = 3
    several = several_runs(post.x, 5, number, seed=1, tol=1e-2)
    climbed = [run.log_likelihood for run in several.runs]
    assert climbed == sorted(climbed, reverse=True)
    assert several.best is several.runs[0]
    names = [run.start_name for run in several.runs + several.spiked] + [name for name, _ in several.collapsed]
    assert len(set(names)) == number
    assert len(several.collapsed) > 0
    assert all(isinstance(collapse, CollapsedComponent) for _, collapse in several.collapsed)


def test_the_best_is_better_than_the_posts_start():
    several = several_runs(GEYSER, 4, n_init=4, tol=1e-3)
    first = next(run for run in several.runs if run.start_name == "k_means_clusters, seed 0")
    assert several.best.log_likelihood > first.log_likelihood + 5


def test_the_same_again_from_the_same_seed():
    one, again = (several_runs(CLOUD, 3, 4, seed=2, tol=1e-3) for _ in range(2))
    assert [run.log_likelihood for run in one.runs] == [run.log_likelihood for run in again.runs]


def test_all_collapsed_is_an_error_that_says_so():
    x = datasets.three_distinct_points().x
    with pytest.raises(
        ValueError, match=r"collapse from each of 4 starts\. From k_means_clusters, seed 0: component \d"
    ) as caught:
        several_runs(x, 3, n_init=4)
    assert not isinstance(caught.value, CollapsedComponent)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"K": 0}, ValueError, r"^K must be 1 or more"),
        ({"K": 81}, ValueError, r"^K must be 80, the number of points, or less"),
        ({"n_init": 0}, ValueError, r"^n_init must be 1 or more"),
        ({"n_init": 2.0}, TypeError, r"^n_init must be a whole number"),
        ({"map": 5}, TypeError, r"^map must be a function"),
        ({"seed": -1}, ValueError, r"^seed must be 0 or more"),
        ({"max_steps": -1}, ValueError, r"^max_steps must be 0 or more"),
        ({"tol": -1.0}, ValueError, r"^tol must be finite and 0 or more"),
        ({"x": [1.0, 2.0]}, ValueError, r"^x must have shape \(n, d\)"),
    ],
)
def test_bad_arguments_are_refused_in_words(change, error, words):
    with pytest.raises(error, match=words):
        several_runs(**({"x": CLOUD, "K": 2} | change))


def test_the_largest_seed_is_no_error():
    assert selection.several_runs(CLOUD, 2, n_init=2, seed=2**32 - 1, max_steps=1).runs


def test_an_m_step_may_be_called_by_its_name():
    by_name, by_function = (
        several_runs(GEYSER, 2, 2, m_step=step, tol=1e-2).best for step in ("tied", M_STEPS["tied"])
    )
    assert by_name.log_likelihood == by_function.log_likelihood
    assert by_name.mixture.covariance_type == "tied"
    with pytest.raises(
        ValueError, match=r"^m_step must be a function or one of full, diag, spherical, tied, but it is"
    ):
        several_runs(GEYSER, 2, m_step="diagonal")


def test_whoever_maps_gets_the_same():
    alone = several_runs(CLOUD, 2, 4, tol=1e-3)
    with ThreadPoolExecutor(2) as pool:
        shared = several_runs(CLOUD, 2, 4, tol=1e-3, map=pool.map)
        futures = several_runs(CLOUD, 2, 4, tol=1e-3, map=lambda run, begin: [pool.submit(run, one) for one in begin])
    for other in (shared, futures):
        assert [(run.start_name, run.log_likelihood) for run in other.runs] == [
            (run.start_name, run.log_likelihood) for run in alone.runs
        ]


@pytest.mark.parametrize("unit", [1e-9, 1e-4, 1.0, 1e6])
def test_units_change_nothing_but_the_log_likelihood(unit):
    runs = several_runs(unit * GEYSER, 3, 3, tol=1e-3).runs
    expected = several_runs(GEYSER, 3, 3, tol=1e-3).runs
    shift = GEYSER.size * np.log(unit)
    assert [run.log_likelihood + shift for run in runs] == pytest.approx([run.log_likelihood for run in expected])


# ---- spikes


def test_the_best_is_no_spike_though_a_spike_is_higher(post):
    several = several_runs(post.x, 5, 3, tol=1e-2)
    (spiked,) = several.spiked
    assert len(several.runs) == 2
    assert spiked.log_likelihood > several.best.log_likelihood + 5
    assert several.best is several.runs[0]
    (k,) = spiked.spikes
    assert 1100 * spiked.mixture.proportions[k] < 20
    assert f"component {k + 1} is a spike" in repr(several)


def spiky(width, points):
    """A cluster of a hundred points of width 1, and so many on a line of this width."""
    draw = np.random.default_rng(2)
    x = draw.normal(size=(100 + points, 2))
    x[100:, 0] *= width
    return x, starts.from_labels(x, (np.arange(100 + points) >= 100).astype(int))


@pytest.mark.parametrize(
    ("width", "points", "found"), [(1e-4, 5, (1,)), (0.1, 5, ()), (1e-4, 100, ()), (1e-4, 18, (1,)), (1e-4, 21, ())]
)
def test_a_spike_is_narrow_and_has_few_points(width, points, found):
    x, mixture = spiky(width, points)
    assert selection.spikes(x, mixture) == found


def test_spikes_do_not_depend_on_units_nor_on_how_coordinates_correlate():
    x, mixture = spiky(1e-4, 5)
    A = np.array([[1e-6, 0.0], [3.0, 1e3]])
    moved = Mixture(mixture.proportions, mixture.means @ A.T, A @ mixture.covariances @ A.T)
    assert selection.spikes(x @ A.T, moved) == (1,)


def test_where_all_runs_are_spikes_there_is_no_best():
    x, _ = spiky(1e-4, 5)
    several = selection.SeveralRuns((), (several_runs(x, 1, 1).best,), ())
    with pytest.raises(ValueError, match=r"^every start led to a spike or a collapse; try fewer components"):
        several.best  # noqa: B018
