"""The table of parameters, read back from its HTML."""

import re

import numpy as np
import pytest

from gmm_teach import Mixture, datasets, run_em
from gmm_teach._format import coordinate_names
from gmm_teach.widgets.tables import parameter_table


def cells(html):
    """Rows of plain text: the header first."""
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_the_posts_table_at_step_1():
    post = datasets.load_post()
    run = run_em(post.x, post.start)
    header, *rows = cells(parameter_table(run.states[1].mixture, columns=post.columns))
    assert header == ["", "π", "m: x", "m: y", "var x", "cov x, y", "var y"]
    numbers = np.array([[float(cell.replace("\N{MINUS SIGN}", "-")) for cell in row[1:]] for row in rows])
    printed = post.printed_tables["1"]
    assert np.array_equal(numbers[:, 0], printed.proportions)
    assert np.array_equal(numbers[:, 1:3], printed.means)
    assert np.array_equal(numbers[:, 3:], printed.covariances[:, [0, 0, 1], [0, 1, 1]])
    assert [row[0] for row in rows] == ["● 1", "▲ 2", "■ 3"]


def test_the_change_since_the_step_before_stands_behind_each_number():
    before = Mixture([1.0], [[1.0]], [[[4.0]]])
    after = Mixture([1.0], [[1.31]], [[[3.5]]])
    assert cells(parameter_table(after, before))[1] == [
        "● 1", "1.00 (=)", "1.31 (+0.31)", "3.50 (\N{MINUS SIGN}0.50)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e6, "1000000.0"), (0.00125, "0.00125"), (2.5e7, "25000000.0"), (12.345, "12.35"), (0.0, "0.00")],
)
def test_numbers_have_two_decimals_or_as_many_digits_as_they_need(value, text):
    mixture = Mixture([1.0], [[value]], [[[1.0]]])
    assert cells(parameter_table(mixture))[1][2] == text


def test_a_small_number_in_a_column_of_large_ones_is_rounded_like_them():
    mixture = Mixture([0.5, 0.5], [[-0.004], [3.0]], [[[1.0]], [[1.0]]])
    assert [row[2] for row in cells(parameter_table(mixture))[1:]] == ["0.00", "3.00"]


def test_names_are_escaped():
    html = parameter_table(Mixture([1.0], [[0.0]], [[[1.0]]]), columns=["<script>"])
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(("d", "names"), [(1, ["x"]), (2, ["x", "y"]), (3, ["x1", "x2", "x3"])])
def test_coordinates_without_names(d, names):
    assert coordinate_names(d) == names


@pytest.mark.parametrize(("middle", "width"), [(431e3, 80), (1.7e9, 3600), (48.137, 2e-5), (1e-6, 1e-7), (2e9, 1e-3)])
def test_the_means_of_two_clusters_are_told_apart(middle, width):
    means = middle + width * np.array([[-4.0], [4.0]])
    mixture = Mixture([0.5, 0.5], means, [[[width**2]], [[4 * width**2]]])
    shown = [float(row[2].replace("\N{MINUS SIGN}", "-")) for row in cells(parameter_table(mixture))[1:]]
    assert np.abs(np.array(shown) - means[:, 0]).max() < 0.2 * width


def test_covariances_carry_squared_units():
    mixture = Mixture([1.0], [[1.0, 2.0]], [np.eye(2)])
    titles = {
        ("waiting (min)", "eruption (min)"): [
            "var waiting (min²)",
            "cov waiting, eruption (min²)",
            "var eruption (min²)",
        ]
    }
    titles[("mass (g)", "age")] = ["var mass (g²)", "cov mass, age (g · 1)", "var age"]
    for columns, wanted in titles.items():
        assert cells(parameter_table(mixture, columns=columns))[0][4:] == wanted


def test_a_change_is_written_in_the_digits_of_its_column_unless_it_is_too_small():
    before = Mixture([1.0], [[431000.0]], [[[6400.0]]])
    after = Mixture([1.0], [[431012.0]], [[[6400.001]]])
    assert cells(parameter_table(after, before))[1][2:] == ["431012 (+12)", "6400.00 (+0.001)"]


def test_the_table_says_that_all_components_are_alike():
    apart = Mixture([0.5, 0.5], [[0.0], [3.0]], [[[1.0]], [[1.0]]])
    one = Mixture([0.5, 0.5], [[0.0], [0.001]], [[[1.0]], [[1.0]]])
    assert "alike" not in parameter_table(apart)
    assert "All components are alike." in parameter_table(one)
