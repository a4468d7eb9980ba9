"""The points that the lessons use: the post's, two classics, and small sets that each make one thing go wrong.

Every set is in the package; nothing is downloaded. All but the random ones are the same for ever, and the random ones
have a fixed seed.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .._checks import as_count, as_seed, read_only
from ..mixture import Mixture
from ..starts import from_means

DATA = files("gmm_teach.datasets") / "data"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Points and where they come from.

    Attributes
    ----------
    x : ndarray, shape (n, d)
        The points; write-protected.
    columns : tuple of str
        What each coordinate is, with its unit where it has one.
    source : str
        Citation, or how the set was made.
    labels : ndarray, shape (n,), or None
        The true component of each point, counted from 0; never shown to EM.
    """

    x: np.ndarray
    columns: tuple[str, ...]
    source: str
    labels: np.ndarray | None = None

    if TYPE_CHECKING:  # what is stored is an array; what is given may be a list

        def __init__(
            self, x: ArrayLike, columns: tuple[str, ...], source: str, labels: ArrayLike | None = None
        ) -> None: ...

    def __post_init__(self):
        object.__setattr__(self, "x", read_only(np.asarray(self.x, dtype=float)))
        if self.labels is not None:
            object.__setattr__(self, "labels", read_only(np.asarray(self.labels, dtype=int)))

    def __repr__(self):
        (n, d), columns = self.x.shape, ", ".join(self.columns)
        return f"{type(self).__name__} of n = {n} points in d = {d} dimensions ({columns}): {self.source}"


@dataclass(frozen=True, eq=False)
class PrintedTable:
    """One table of the post, as printed: two decimals, so its proportions need not sum to 1."""

    proportions: np.ndarray  # (3,)
    means: np.ndarray  # (3, 2)
    covariances: np.ndarray  # (3, 2, 2)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Post(Dataset):
    """The post's 1100 points, with everything printed about them.

    Attributes
    ----------
    start : Mixture
        Step 0 in full precision: proportions 1/3, identity covariances, K-means centres as means.
    true_mixture : Mixture
        What the points were drawn from; its proportions are 200/1100, 300/1100 and 600/1100.
    printed_tables : dict of str to PrintedTable
        Keys ``"0"``, ``"1"`` and ``"infinity"``: the step.
    printed_log_likelihoods : dict of str to float
        Keys ``"0"``, ``"infinity"`` and ``"true_parameters_as_printed"``; nats.
    """

    start: Mixture
    true_mixture: Mixture
    printed_tables: dict[str, PrintedTable]
    printed_log_likelihoods: dict[str, float]


def load_post() -> Post:
    """Load the 1100 points of the post, its start, its tables and the mixture that they were drawn from.

    Examples
    --------
    >>> post = load_post()
    >>> post.x.shape
    (1100, 2)
    >>> post.start.log_likelihood(post.x).__round__(3)
    -4144.924
    """
    published = json.loads((DATA / "published.json").read_text(encoding="utf-8"))
    rows = _stored("post.csv")
    truth = published["true_parameters"]
    counts = np.array(truth["counts"], dtype=float)
    return Post(
        x=rows[:, :2],
        labels=rows[:, 2] - 1,
        columns=("x", "y"),
        source="ahstat, Optimizing GMM parameters using EM, 11 February 2017",
        start=from_means(published["kmeans_centres_used"]),
        true_mixture=Mixture(counts / counts.sum(), truth["means"], truth["covariances"]),
        printed_tables={
            step: PrintedTable(**{name: np.array(values, dtype=float) for name, values in table.items()})
            for step, table in published["tables"].items()
        },
        printed_log_likelihoods=published["log_likelihood"],
    )


def load_old_faithful() -> Dataset:
    """Load Old Faithful: 272 eruptions of the geyser, duration and waiting time, both in minutes."""
    return Dataset(
        x=_stored("old_faithful.csv"),
        columns=("eruption (min)", "waiting (min)"),
        source="Azzalini and Bowman, A look at some data on the Old Faithful geyser, Applied Statistics 39 (1990), "
        "357-365; as in R's data set faithful",
    )


def load_iris() -> Dataset:
    """Load iris: 150 flowers of three species, four lengths in cm; `labels` are the species."""
    rows = _stored("iris.csv", {4: ["setosa", "versicolor", "virginica"].index})
    return Dataset(
        x=rows[:, :4],
        labels=rows[:, 4],
        columns=("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
        source="Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7 (1936), 179-188; "
        "collected by E. Anderson",
    )


def points_on_one_line(n: int = 40, seed: int = 0) -> Dataset:
    """`n` points of the plane, 3 or more, that all lie on one line: every covariance is singular."""
    along = np.random.default_rng(as_seed(seed)).normal(size=as_count("n", n, 3))
    return Dataset(np.column_stack([along, 2 * along + 1]), ("x", "y"), "made: y = 2 x + 1")


def one_point_repeated(n: int = 20) -> Dataset:
    """The same point `n` times: there is no width to estimate."""
    return Dataset(np.tile([1.0, 2.0], (as_count("n", n, 1), 1)), ("x", "y"), "made: one point, repeated")


def three_distinct_points(n: int = 30) -> Dataset:
    """Three distinct points, each repeated: with K = 3 each component sits on one."""
    in_turn = np.arange(as_count("n", n, 3)) % 3
    x = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])[in_turn]
    return Dataset(x, ("x", "y"), "made: three points, repeated in turn")


def cluster_and_one_outlier(n: int = 60, seed: int = 0) -> Dataset:
    """A round cluster of `n` points, 3 or more, and one far away: a component that starts on the far one collapses."""
    cluster = np.random.default_rng(as_seed(seed)).normal(size=(as_count("n", n, 3), 2))
    source = "made: a standard Gaussian cluster and the point (12, 12)"
    return Dataset(np.vstack([cluster, [[12.0, 12.0]]]), ("x", "y"), source)


def two_clusters_in_wild_units(n: int = 200, seed: int = 0) -> Dataset:
    """Two clusters of `n` points that differ in x, while y is in units 10,000 times smaller: K-means sees y alone."""
    n = as_count("n", n, 2)
    labels = np.arange(n) % 2
    x = np.random.default_rng(as_seed(seed)).normal(size=(n, 2))
    x[:, 0] += 6 * labels
    source = "made: two round clusters 6 m apart, y then in tenths of a millimetre"
    return Dataset(x * [1.0, 10_000.0], ("x (m)", "y (0.1 mm)"), source, labels)


def point_40_deviations_away() -> Dataset:
    """Two standard clusters in one coordinate, and a point so far out that its density underflows to 0.

    It lies 40 standard deviations from the nearest mean of ``from_means([[-2], [2]])``.
    """
    return Dataset([[-3.0], [-2.0], [-1.0], [1.0], [2.0], [3.0], [42.0]], ("x",), "made")


NAMED_SETS = {
    "The post's 1100 points": load_post,
    "Old Faithful: eruptions of a geyser": load_old_faithful,
    "Iris: four lengths of 150 flowers, three species": load_iris,
    "Points that all lie on one line": points_on_one_line,
    "One point, repeated": one_point_repeated,
    "Three points, each repeated": three_distinct_points,
    "A cluster and one point far away": cluster_and_one_outlier,
    "Two clusters, one coordinate in a tiny unit": two_clusters_in_wild_units,
    "One coordinate: two clusters and a point 40 deviations away": point_40_deviations_away,
}


def load_mclust_figures() -> dict[tuple[str, int], dict]:
    """Load what R's mclust 6.0.0 found on Old Faithful, from its own start: four covariance models, K from 1 to 5.

    Keys are the model, as in :data:`gmm_teach.covariances.M_STEPS`, and K. Each value has `mclust_name`,
    `log_likelihood`, `free_parameters` and `bic`, whose sign is mclust's: HIGHER is better.

    Examples
    --------
    >>> load_mclust_figures()["tied", 3]["bic"]
    -2314.295678
    """
    stored = json.loads((DATA / "mclust_old_faithful.json").read_text(encoding="utf-8"))
    return {(figure.pop("model"), figure.pop("K")): figure for figure in stored["figures"]}


def _stored(name, converters=None):
    """The rows below the header, as an array of numbers."""
    with (DATA / name).open(encoding="utf-8") as file:
        return np.loadtxt(file, delimiter=",", skiprows=1, converters=converters)
