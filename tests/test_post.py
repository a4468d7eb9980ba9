"""Every number that the post prints about its run, from our own run over its 1100 points."""

import numpy as np
import pytest

from gmm_teach import Mixture, datasets, run_em, starts

TABLES = datasets.load_post().printed_tables
ENTRIES = [
    (step, name, index, printed)
    for step, table in TABLES.items()
    for name in ("means", "covariances", "proportions")
    for index, printed in np.ndenumerate(getattr(table, name))
]


@pytest.fixture(scope="module")
def run(post):
    return run_em(post.x, post.start)


def at(run, step):
    return run.states[-1] if step == "infinity" else run.states[int(step)]


def test_the_tables_hold_63_entries():
    # 3 steps, 3 components, and of each 2 means, 4 covariances and 1 proportion
    assert list(TABLES) == ["0", "1", "infinity"]
    assert len(ENTRIES) == 3 * 3 * (2 + 4 + 1) == 63


@pytest.mark.parametrize(("step", "name", "index", "printed"), ENTRIES)
def test_printed_entry(run, step, name, index, printed):
    ours = getattr(at(run, step).mixture, name)[index]
    assert f"{ours + 0.0:.2f}".replace("-0.00", "0.00") == f"{printed:.2f}"


@pytest.mark.parametrize(("step", "printed"), [("0", -4144.924), ("infinity", -2966.941)])
def test_printed_log_likelihood(post, run, step, printed):
    assert post.printed_log_likelihoods[step] == printed
    assert round(at(run, step).log_likelihood, 3) == printed


@pytest.mark.parametrize(
    ("step", "expected", "decimals"),
    [
        (0, -4144.9240248, 7),
        (1, -3178.4548395, 7),
        (2, -3002.87, 2),
        (3, -2968.86, 2),
        (4, -2967.09, 2),
        (5, -2966.96, 2),
        (6, -2966.94, 2),
        (-1, -2966.9409760, 7),
    ],
)
def test_log_likelihood_of_each_step(run, step, expected, decimals):
    assert round(run.states[step].log_likelihood, decimals) == expected


def test_the_run_converges(run):
    assert run.converged
    assert [state.step for state in run.states] == list(range(len(run.states)))


def test_at_step_7_the_first_mean_is_not_yet_the_printed_one(run):
    # the post's last table is headed "infinity", and step 7, the last of its Figure 3, is not enough for it
    assert round(run.states[7].mixture.means[0, 0], 2) == -0.89
    assert round(run.states[-1].mixture.means[0, 0], 2) == -0.88


@pytest.mark.parametrize(
    ("proportions", "expected"),
    [([200 / 1100, 300 / 1100, 600 / 1100], -2973.388), ([0.18, 0.27, 0.55], -2973.441)],
    ids=["exact", "as printed"],
)
def test_log_likelihood_of_the_true_parameters(post, proportions, expected):
    truth = post.true_mixture
    mixture = Mixture(proportions, truth.means, truth.covariances)
    assert round(mixture.log_likelihood(post.x), 3) == expected


def test_true_mixture_has_the_exact_proportions(post):
    assert round(post.true_mixture.log_likelihood(post.x), 3) == -2973.388
    assert np.bincount(post.labels).tolist() == [200, 300, 600]


def test_the_printed_value_for_the_true_parameters_is_the_classification_likelihood(post):
    printed = post.printed_log_likelihoods["true_parameters_as_printed"]
    assert printed == -2979.822
    assert round(post.true_mixture.log_joint(post.x).max(axis=1).sum(), 3) == printed


def test_k_means_finds_the_start_of_the_post(post):
    start = starts.k_means(post.x, 3)
    np.testing.assert_allclose(start.means, post.start.means, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(start.proportions, post.start.proportions)
    np.testing.assert_array_equal(start.covariances, post.start.covariances)


def test_k_alone_gives_the_same_run(post, run):
    by_count = run_em(post.x, 3)
    assert len(by_count.states) == len(run.states)
    np.testing.assert_allclose(
        [state.log_likelihood for state in by_count.states], [state.log_likelihood for state in run.states], rtol=1e-12
    )
