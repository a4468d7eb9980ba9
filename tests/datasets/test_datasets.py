"""The data are what they say they are, and the degenerate sets do go wrong."""

import csv
import inspect
import io
import re
from dataclasses import FrozenInstanceError
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gmm_teach import CollapsedComponent, datasets, e_step, run_em, starts
from gmm_teach.datasets import sets

LOADERS = {
    "post": (datasets.load_post, (1100, 2)),
    "old_faithful": (datasets.load_old_faithful, (272, 2)),
    "iris": (datasets.load_iris, (150, 4)),
    "points_on_one_line": (datasets.points_on_one_line, (40, 2)),
    "one_point_repeated": (datasets.one_point_repeated, (20, 2)),
    "three_distinct_points": (datasets.three_distinct_points, (30, 2)),
    "cluster_and_one_outlier": (datasets.cluster_and_one_outlier, (61, 2)),
    "two_clusters_in_wild_units": (datasets.two_clusters_in_wild_units, (200, 2)),
    "point_40_deviations_away": (datasets.point_40_deviations_away, (7, 1)),
}
every_set = pytest.mark.parametrize(("load", "shape"), LOADERS.values(), ids=LOADERS)


@every_set
def test_points_columns_and_source(load, shape):
    data = load()
    assert data.x.shape == shape
    assert data.x.dtype == np.float64
    assert np.isfinite(data.x).all()
    assert len(data.columns) == shape[1]
    assert data.source
    if data.labels is not None:
        assert data.labels.shape == shape[:1]
        assert data.labels.min() == 0


@every_set
def test_every_load_gives_the_same_points(load, shape):
    np.testing.assert_array_equal(load().x, load().x)


@every_set
def test_the_arrays_are_write_protected(load, shape):
    data = load()
    with pytest.raises(ValueError, match="read-only"):
        data.x[0, 0] = 0
    if data.labels is not None:
        with pytest.raises(ValueError, match="read-only"):
            data.labels[0] = 0
    with pytest.raises(FrozenInstanceError):
        data.x = None


# ---- the post


def test_post_labels_and_groups(post):
    assert np.bincount(post.labels).tolist() == [200, 300, 600]
    # the true means, to five standard errors of the mean of each group
    for k, count in enumerate([200, 300, 600]):
        standard_errors = np.sqrt(np.diag(post.true_mixture.covariances[k]) / count)
        assert (np.abs(post.x[post.labels == k].mean(axis=0) - post.true_mixture.means[k]) < 5 * standard_errors).all()


def test_post_true_mixture_is_the_printed_one(post):
    truth = post.true_mixture
    np.testing.assert_allclose(truth.proportions, [2 / 11, 3 / 11, 6 / 11], rtol=1e-15)
    np.testing.assert_array_equal(truth.means, [[-1, -2], [2, 3], [3, -2]])
    np.testing.assert_array_equal([np.diag(S) for S in truth.covariances], [[1, 9], [1, 0.04], [0.25, 0.16]])
    np.testing.assert_array_equal(truth.covariances[:, 0, 1], [0, 0, 0])


def test_post_start_is_equal_proportions_and_identities(post):
    np.testing.assert_array_equal(post.start.proportions, np.full(3, 1 / 3))
    np.testing.assert_array_equal(post.start.covariances, np.tile(np.eye(2), (3, 1, 1)))


def test_post_tables_hold_what_was_printed(post):
    assert list(post.printed_tables) == ["0", "1", "infinity"]
    last = post.printed_tables["infinity"]
    np.testing.assert_array_equal(last.means, [[-0.88, -2.01], [1.94, 3.0], [2.98, -2.03]])
    np.testing.assert_array_equal(last.proportions, [0.18, 0.27, 0.55])
    assert last.covariances.shape == (3, 2, 2)
    assert set(post.printed_log_likelihoods) == {"0", "infinity", "true_parameters_as_printed"}


# ---- the classics


def test_iris_is_the_copy_that_scikit_learn_has():
    ours, theirs = datasets.load_iris(), sklearn.datasets.load_iris()
    np.testing.assert_array_equal(ours.x, theirs.data)
    np.testing.assert_array_equal(ours.labels, theirs.target)


def test_old_faithful_is_the_copy_that_r_has():
    # summary(faithful) in R
    x = datasets.load_old_faithful().x
    np.testing.assert_allclose(x.mean(axis=0), [3.487783, 70.897059], atol=5e-7)
    np.testing.assert_array_equal(x.min(axis=0), [1.6, 43])
    np.testing.assert_array_equal(x.max(axis=0), [5.1, 96])
    assert x[0].tolist() == [3.6, 79]


# ---- the degenerate sets go wrong as they say


@pytest.mark.parametrize("K", [1, 2])
def test_points_on_one_line_collapse_at_once(K):
    with pytest.raises(CollapsedComponent, match=r"at step 1: its points lie in one hyperplane"):
        run_em(datasets.points_on_one_line().x, K)


def test_one_point_repeated_has_no_width():
    with pytest.raises(CollapsedComponent, match=r"at step 1: .* no width"):
        run_em(datasets.one_point_repeated().x, 1)
    with pytest.raises(ValueError, match=r"^x has too few distinct points, 1,"):
        run_em(datasets.one_point_repeated().x, 2)


def test_three_distinct_points_collapse_with_three_components():
    x = datasets.three_distinct_points().x
    with pytest.raises(CollapsedComponent, match=r"no width|one hyperplane"):
        run_em(x, 3)
    with pytest.raises(ValueError, match=r"^x has too few distinct points, 3, for K = 4"):
        run_em(x, 4)


def test_the_outlier_takes_a_component_for_itself():
    data = datasets.cluster_and_one_outlier()
    with pytest.raises(CollapsedComponent) as caught:
        run_em(data.x, 2)
    # only the far point, the last, belongs to the component that collapsed
    T = caught.value.states[-1].responsibilities[:, caught.value.component]
    assert T[-1] > 0.999
    assert T[:-1].max() < 1e-3


def test_wild_units_mislead_k_means_but_not_em_from_the_labels():
    data = datasets.two_clusters_in_wild_units()

    def agreement(labels):
        share = (labels == data.labels).mean()
        return max(share, 1 - share)

    means = starts.k_means(data.x, 2).means
    nearest = ((data.x[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert agreement(nearest) < 0.6, "near a half: K-means cuts across the clusters"
    last = run_em(data.x, starts.from_labels(data.x, data.labels)).states[-1]
    assert agreement(last.mixture.predict(data.x)) > 0.99


def test_the_far_point_underflows_in_plain_arithmetic():
    data = datasets.point_40_deviations_away()
    start = starts.from_means([[-2], [2]])
    assert data.x[-1, 0] - start.means[1, 0] == 40
    assert (np.exp(start.log_joint(data.x))[-1] == 0).all()
    assert np.isfinite(e_step(data.x, start)[0]).all()


@pytest.mark.parametrize(
    ("make", "smallest"),
    [
        (datasets.points_on_one_line, 3),
        (datasets.one_point_repeated, 1),
        (datasets.three_distinct_points, 3),
        (datasets.cluster_and_one_outlier, 3),
        (datasets.two_clusters_in_wild_units, 2),
    ],
)
def test_the_number_of_points_is_checked(make, smallest):
    assert len(make(smallest).x) >= smallest
    with pytest.raises(ValueError, match=rf"^n must be {smallest} or more, but it is {smallest - 1}"):
        make(smallest - 1)
    with pytest.raises(TypeError, match=r"^n must be a whole number, but it is 5.0"):
        make(5.0)


@pytest.mark.parametrize(
    "make", [datasets.points_on_one_line, datasets.cluster_and_one_outlier, datasets.two_clusters_in_wild_units]
)
def test_the_random_sets_follow_their_seed(make):
    assert not np.array_equal(make(seed=1).x, make(seed=2).x)
    with pytest.raises(ValueError, match=r"^seed must be 0 or more, but it is -1"):
        make(seed=-1)


# ---- the menu


def test_the_menu_has_every_set_of_the_module_once():
    of_the_module = {
        function
        for name, function in inspect.getmembers(sets, inspect.isfunction)
        if function.__module__ == sets.__name__ and not name.startswith("_") and name != "load_mclust_figures"
    }
    assert set(datasets.NAMED_SETS.values()) == of_the_module
    assert len(datasets.NAMED_SETS) == len(of_the_module)
    assert next(iter(datasets.NAMED_SETS.values())) is datasets.load_post


# ---- a reader's own points

NAMES_WITHOUT_HEADER = {2: ("x", "y"), 3: ("x1", "x2", "x3"), 4: ("x1", "x2", "x3", "x4")}


@pytest.mark.parametrize(("name", "d"), [("post", 3), ("old_faithful", 2), ("iris", 4)])
def test_read_csv_reads_the_stored_sets_as_numpy_does(name, d):
    content = (files("gmm_teach.datasets") / "data" / f"{name}.csv").read_bytes()
    data = datasets.read_csv(content)
    lines = content.decode().splitlines()
    np.testing.assert_array_equal(data.x, np.loadtxt(lines[1:], delimiter=",", usecols=range(d)))
    assert data.columns == tuple(lines[0].split(",")[:d])
    assert data.labels is None


@given(
    x=arrays(float, st.tuples(st.integers(2, 6), st.integers(2, 4)), elements=st.floats(-1e140, 1e140)),
    separator=st.sampled_from([",", ";", "\t", " "]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    header=st.booleans(),
    as_bytes=st.sampled_from([None, "utf-8", "utf-8-sig"]),
    species=st.none() | st.integers(0, 2),
)
def test_read_csv_reads_back_what_pandas_wrote(x, separator, line_end, header, as_bytes, species):
    names = [f"length {j} (µm)" for j in range(x.shape[1])]
    frame = pd.DataFrame(x, columns=names)
    if species is not None:
        frame.insert(species, "species", [f"Iris, {i}; 'wild'" for i in range(len(x))])
    text = frame.to_csv(sep=separator, index=False, header=header, lineterminator=line_end)
    data = datasets.read_csv(text.encode(as_bytes) if as_bytes else text)
    np.testing.assert_array_equal(data.x, x)
    assert data.columns == (tuple(names) if header else NAMES_WITHOUT_HEADER[len(names)])
    left_out = "species" if header else f"column {(species or 0) + 1}"
    begins = "from a CSV" + ("" if header else " without a header, so row 1 is a point")
    assert data.source == begins + ("" if species is None else f"; left out, not numeric: {left_out}")


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n1,2\n3,4",
        "x,y\n1,2\n3,4\n\n \n,\n",
        "\ufeffx,y\n1,2\n3,4\n",
        "x, y\n1, 2\n3, 4\n",
        "x   y\n  1   2  \n  3  +4.\n",
        "x;y\n1;2\n3;4\n",
        "x\ty\n 1\t2\n3\t.4e1\n",
        '"x","y"\r\n"1","2"\r\n"3","4"\r\n',
    ],
)
def test_read_csv_forgives_what_changes_no_number(text):
    for form in (text, text.encode(), memoryview(text.encode())):
        data = datasets.read_csv(form)
        assert data.columns == ("x", "y")
        assert data.x.tolist() == [[1, 2], [3, 4]]


def test_read_csv_tells_a_separator_from_a_mark_in_words():
    # semicolons and commas in words, quoted or in the header alone, separate nothing
    data = datasets.read_csv('"dose (mg; daily)", time; h, "name"\n1, 2, "a; b, c"\n3, 4, "d; e, f"\n')
    assert data.columns == ("dose (mg; daily)", "time; h")
    assert data.source == "from a CSV; left out, not numeric: name"


def test_read_csv_names_every_column_it_leaves_out():
    data = datasets.read_csv("day,x,,y,note\nMo,1,,2,NA\nTu,3,,4,NA\n")
    assert data.columns == ("x", "y")
    assert data.source == "from a CSV; left out, not numeric: day, column 3, note"


def test_read_csv_takes_a_first_row_of_numbers_for_a_point():
    data = datasets.read_csv("1990,1991,France\n1,2,Spain\n")
    assert data.columns == ("x", "y")
    assert data.x.tolist() == [[1990, 1991], [1, 2]]
    assert data.source.startswith("from a CSV without a header, so row 1 is a point; left out, not numeric: column 3")


@pytest.mark.parametrize("header", [["0", "1"], ["2019", "2020"], ["1.5", "2.5"]])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_read_csv_says_that_numbers_are_no_header(header, quoting):
    frame = pd.DataFrame(np.arange(8.0).reshape(4, 2) ** 2, columns=header)
    data = datasets.read_csv(frame.to_csv(index=False, quoting=quoting))
    assert len(data.x) == 5
    assert "without a header, so row 1 is a point" in data.source


@pytest.mark.parametrize("minus", "\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d")
def test_read_csv_reads_the_minus_of_print(minus):
    text = f"x,y,note\n{minus}1.5,{minus}3,{minus}\n2,1e{minus}3,a{minus}b\n"
    assert datasets.read_csv(text).x.tolist() == [[-1.5, -3], [2, 1e-3]]
    assert datasets.read_csv(f"x,y\n{minus}1,2\n{minus}3,4\n").columns == ("x", "y")
    with pytest.raises(ValueError, match=r"column 'x', holds '-1,5', which has a comma"):
        datasets.read_csv(f"x;y\n{minus}1,5;2\n3;4\n")


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nlength;width\n5.1;3.5\n4.9;3.0\n",
        "sep=,\r\nlength,width\r\n5.1,3.5\r\n4.9,3.0\r\n",
        '"sep=\t"\nlength\twidth\n5.1\t3.5\n4.9\t3.0\n',
        "sep=|\nlength|width\n5.1|3.5\n4.9|3.0\n",
        '"length" "width"\n"1" 5.1 3.5\n"2" 4.9 3.0\n',
        "length\twidth\na\t5.1\t3.5\nb\t4.9\t3.0\n",
        "length;width\n1;5.1;3.5\n2;4.9;3.0\n",
        "\ufeff\ufefflength,width\n5.1,3.5\n4.9,3.0\n",
    ],
)
def test_read_csv_reads_what_programs_write(text):
    for form in (text, text.encode()):
        data = datasets.read_csv(form)
        assert data.columns == ("length", "width")
        assert data.x.tolist() == [[5.1, 3.5], [4.9, 3.0]]


def test_read_csv_says_that_the_names_of_rows_are_left_out_and_takes_no_decimal_comma_for_one():
    assert "the names of the rows" in datasets.read_csv("a b\n1 2 3\n2 4 5\n").source
    with pytest.raises(ValueError, match=r"^row 1 .* the number of cells is 2, but 3 in most rows.* decimal points"):
        datasets.read_csv("a,b\n5,1,3\n4,9,2\n")


def test_read_csv_tells_of_all_gaps_at_once_and_how_to_drop_them():
    rows = [f"{i},{i * i}" for i in range(20)]
    for i in range(3, 17):
        rows[i] = f"{i},"
    with pytest.raises(ValueError, match=r"^row 5 \(line 5 of the file\), column 'y', holds nothing") as caught:
        datasets.read_csv("\n".join(["x,y", *rows]))
    assert "dropna()" in str(caught.value)
    assert "So it is with 14 cells: also row 6 column 'y', row 7 column 'y', " in str(caught.value)
    assert str(caught.value).endswith(", row 15 column 'y', and 3 more")


RECIPES = {
    "decimal commas": ("x;y\n1,5;2\n2,5;3\n", [[1.5, 2], [2.5, 3]]),
    "quoted decimal commas": ('x,y\n"1,5",2\n"2,5",3\n', [[1.5, 2], [2.5, 3]]),
    "commas between thousands": ('x,y\n"1,234.5",2\n"2,345.0",3\n', [[1234.5, 2], [2345, 3]]),
    "points between thousands": ("x;y\n1.234,5;2\n2.345,0;3\n", [[1234.5, 2], [2345, 3]]),
    "spaces between thousands": ("x;y\n1 234;2\n2 345;3\n", [[1234, 2], [2345, 3]]),
    "millions": ("x\ty\n1,234,567\t2\n1\t3\n", [[1234567, 2], [1, 3]]),
}


@pytest.mark.parametrize(("text", "right"), RECIPES.values(), ids=RECIPES)
def test_the_recipes_for_pandas_make_a_file_that_can_be_read(text, right):
    with pytest.raises(ValueError, match="which has a comma or space in it") as caught:
        datasets.read_csv(text)
    recipe = re.search(r"\(pandas: (pd\.read_csv\(.*\)\.to_csv\(index=False\))\)", str(caught.value))[1]
    assert datasets.read_csv(eval(recipe, {"pd": pd, "file": io.StringIO(text)})).x.tolist() == right


@pytest.mark.parametrize("text", ["x;y\n1 2,5 3;2\n4;5\n", "x;y\n1\u202f234;2\n4;5\n"])
def test_no_recipe_for_pandas_where_it_would_not_help(text):
    with pytest.raises(ValueError, match=r"nothing between thousands$"):
        datasets.read_csv(text)


def test_read_csv_shows_a_unit_that_is_in_the_way():
    data = datasets.read_csv("x,y,length\n1,2,48.1 mm\n3,4,50 mm\n")
    assert data.columns == ("x", "y")
    assert data.source.endswith("length (write the numbers alone, without what follows in '48.1 mm')")
    with pytest.raises(ValueError, match=r"^row 3 .* holds '50 mm', but other .* write the number alone"):
        datasets.read_csv("x,length\n1,48.1\n3,50 mm\n")


@pytest.mark.parametrize("mark", ["#", "%", "//"])
def test_read_csv_names_a_comment(mark):
    with pytest.raises(ValueError, match=rf"^row 1 .* begins with '{mark}.*', as a comment does; remove it$"):
        datasets.read_csv(f"{mark} measured in Kiel\nx,y\n1,2\n3,4\n")
    with pytest.raises(ValueError, match=r"^row 3 .* as a comment does"):
        datasets.read_csv(f"x,y\n1,2\n{mark} a, b, c\n3,4\n")


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("y", [-999, 3, 4.5, 6, -999], "column 'y' holds -999 2 times, which often stands for a missing value"),
        ("y", [3, -99.0, 4.5, 6, 5], "column 'y' holds -99 1 times"),
        ("hard label", [0, 2, 1, 0, 0], "column 'hard label' holds whole numbers: if they are labels, leave it out"),
        ("row", [1, 2, 3, 4, 5], "column 'row' counts the rows"),
        ("y", [-99, 150, -30, 60, 20], ""),
        ("y", [-1, 3, 4.5, 6, 5], ""),
        ("label of the bottle (g)", [0.5, 2, 1, 0, 0], ""),
    ],
)
def test_read_csv_tells_of_columns_that_look_like_no_measurement(column, values, words):
    text = pd.DataFrame({"x": [0.5, 2, 1.5, 3, 7], column: values}).to_csv(index=False)
    data = datasets.read_csv(text)
    assert data.columns == ("x", column)  # told of, not left out
    assert words in data.source if words else data.source == "from a CSV"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"^the CSV is empty; write two points"),
        (b"\xef\xbb\xbf\n \n", r"^the CSV is empty"),
        ("x,y\n", r"^the CSV has fewer than two points; write one per row, below the header"),
        ("x,y\n1,2\n", r"^the CSV has fewer than two points"),
        ("1,2\n", r"^the CSV has fewer than two points; write one per row, below the header if there is one$"),
        ("my points.csv", r"fewer than two points.*\. It is what is in a file, not the file's name$"),
        ("data/points.csv\n", r"not the file's name$"),
        ("x\n1\n2\n", r"^the CSV has only one column of numbers, column 'x'; write two or more"),
        ("species,x\na,1\nb,2\n", r"^the CSV has only one column of numbers, column 'x'"),
        (
            "x,y\n$10,2\n$30,4\n",
            r"^the CSV has only one .*, column 'y' \(column 'x' holds '\$10', which is no number\); w",
        ),
        ("a,b\nc,d\ne,f\n", r"^the CSV has no column of numbers \(column 1 holds 'a', which is no number\)"),
        ("x,x\n1,2\n3,4\n", r"^row 1 \(line 1 of the file\) names two columns 'x'; give each a name of its own"),
        (",x,y\n0,1,2\n1,3,4\n", r"^row 1 .* is half a header: column 1 has nothing there.* only counts the rows"),
        ("NA,2\n1,2\n3,4\n", r"^row 1 .* is half a header: column 2 has '2' there"),
        ("1,5;2,5\n3;4\n5;6\n", r"^row 1 .* is half a header: column 1 has '1,5' there"),
        (
            "x,y\n1,2\n3\n",
            r"^row 3 \(line 3 of the file\): the number of cells is 1, but 2 in most rows; make it the same",
        ),
        ("x,y\n1,2,5\n3,4\n", r"^row 2 .* the number of cells is 3, but 2 in most rows; .* decimal points"),
        ("x,y\n1,2\n\n3,4\n", r"^row 3 \(line 3 of the file\) is empty; remove it"),
        ("x,y\n1,2\n,\n3,4\n", r"^row 3 .* is empty"),
        ("\nx,y\n1,2\n3,4\n", r"^row 1 .* is empty"),
        ("x;y\n1,5;2\n2,5;3\n", r"^row 2 .*, column 'x', holds '1,5', which has a comma .* write decimal points"),
        ("1,5;2,5\n3,5;4,5\n", r"^row 1 .*, column 1, holds '1,5', which has a comma"),
        ("1,5\t2,5\n3,5\t4,5\n", r"^row 1 .*, column 1, holds '1,5', which has a comma"),
        ("1,5 2,5\n3,5 4,5\n", r"^row 1 .*, column 2, holds '5 2', which has a comma or space"),
        ('x,y\n"1,234.5",2\n"2,345.5",3\n', r"^row 2 .*, column 'x', holds '1,234.5', .* between thousands"),
        ("x;y\n1;2\n3;1\u00a0234\n", r"^row 3 .*, column 'y', holds '1\\xa0234', which has a comma or space"),
        ('"x,1\n2,3\n', r"^the CSV cannot be read from line 1 on; look for an extra quotation mark"),
        ('x,y\n1,2\n"3"4,5\n', r"^the CSV cannot be read from line 3 on"),
        ("x,y\n1,2\n".encode("utf-16"), r"^the CSV is not UTF-8 text; save it as CSV in UTF-8"),
        ("höhe,y\n1,2\n3,4".encode("latin-1"), r"^the CSV is not UTF-8 text"),
    ],
)
def test_read_csv_refuses_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        datasets.read_csv(text)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("", r"holds nothing, but other rows have numbers there; write a number, or remove the row or the column"),
        ("NaN", r"holds 'NaN', but other rows have numbers"),
        ("inf", r"holds 'inf', but other rows have numbers"),
        ("setosa", r"holds 'setosa', but other rows have numbers"),
        ("1_000", r"holds '1_000', but other rows have numbers"),
        ("0x10", r"holds '0x10', but other rows have numbers"),
        ("1e400", r"holds '1e400', which is beyond 1e\+140, too large to compute with; rescale the column"),
        ("-2e140", r"holds '-2e140', which is beyond"),
        ("9" * 500, r"holds '9+\.\.\.9+', which is beyond"),
    ],
)
@pytest.mark.parametrize("row", [1, 2, 3])
def test_read_csv_names_the_row_and_the_column_of_a_bad_cell(cell, words, row):
    rows = ["1,2"] * 4
    rows[row] = f"3,{cell}"
    with pytest.raises(ValueError, match=rf"^row {row + 1} \(line {row + 1} of the file\), column 2, {words}"):
        datasets.read_csv("\n".join(rows))
    with pytest.raises(ValueError, match=rf"^row {row + 2} \(line {row + 2} of the file\), column 'width', {words}"):
        datasets.read_csv("\n".join(["length,width", *rows]))


def test_read_csv_counts_rows_as_a_spreadsheet_and_lines_as_an_editor():
    with pytest.raises(ValueError, match=r"^row 3 \(line 4 of the file\), column 'y', holds 'NA'"):
        datasets.read_csv('note,x,y\n"two\nlines",1,2\nb,3,NA\nc,5,6\n')
    with pytest.raises(ValueError, match=r"^row 2 \(line 2 of the file\), column 'y', holds 'NA'"):
        datasets.read_csv('note,x,y\n"two\nlines",1,NA\nb,3,4\nc,5,6\n')


@pytest.mark.parametrize("text", [None, 5, ["x,y", "1,2"]])
def test_read_csv_wants_text(text):
    with pytest.raises(TypeError, match=r"^text must be str or bytes, but it is "):
        datasets.read_csv(text)


CELLS = st.sampled_from(
    ["1", "-2.5", ".5e3", "1,5", "1 2", "", " ", "NaN", "1e999", "a", '"', '"b', "\n", "\ufeff", "\x00"]
)
TABLES = st.lists(st.lists(st.integers(-9, 9).map(str) | CELLS, min_size=2, max_size=3), min_size=2, max_size=4)


def read_or_refused(text):
    try:
        return datasets.read_csv(text)
    except ValueError as error:
        return str(error)


@given(TABLES, st.sampled_from("\t;, "))
def test_read_csv_reads_points_or_refuses_in_words(table, separator):
    answer = read_or_refused("\n".join(separator.join(cells) for cells in table))
    if isinstance(answer, str):
        assert answer.startswith(("the CSV ", "row "))
    else:
        assert len(answer.x) >= 2
        assert answer.x.shape[1] == len(set(answer.columns)) >= 2
        assert np.isfinite(answer.x).all()


def test_read_csv_is_quick_to_refuse_a_cell_without_end():
    with pytest.raises(ValueError, match=r"^row 2 .*, column 'x', holds '1+\.\.\.1*x'"):
        datasets.read_csv(f"x,y\n{'1' * 100_000}x,2\n3,4\n")
