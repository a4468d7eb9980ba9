"""What readers hand in: all that is numbers works alike, and all else is refused in words that help."""

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, csr_matrix

from gmm_teach import Mixture, e_step, iterate, m_step, run_em, selection, starts
from gmm_teach._checks import (
    as_count,
    as_labels,
    as_points,
    as_real,
    as_responsibilities,
    as_seed,
    as_tolerance,
    describe,
    read_only,
)

# Small whole numbers, which every numeric type holds exactly: results may then be compared to the last bit.
POINTS = np.array([[0, 0], [1, 0], [0, 2], [1, 3], [8, 8], [9, 8], [8, 9], [7, 7], [9, 6]], dtype=float)
MIXTURE = Mixture([0.25, 0.75], [[0, 0], [8, 8]], [np.eye(2), 2 * np.eye(2)])
SHARES = np.tile([0.25, 0.75], (9, 1))
LABELS = [0, 0, 0, 0, 1, 1, 1, 1, 1]


def read_only_array(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def frame_with_odd_index(x):
    return pd.DataFrame(x, columns=["u", "v"], index=range(100, 100 + len(x)))


GOOD_KINDS = {
    "list": np.ndarray.tolist,
    "tuple": lambda x: tuple(map(tuple, x.tolist())),
    "list of arrays": list,
    "list of whole numbers": lambda x: x.astype(int).tolist(),
    "int64": lambda x: x.astype(np.int64),
    "int8": lambda x: x.astype(np.int8),
    "uint8": lambda x: x.astype(np.uint8),
    "float16": lambda x: x.astype(np.float16),
    "float32": lambda x: x.astype(np.float32),
    "long double": lambda x: x.astype(np.longdouble),
    "big-endian": lambda x: x.astype(">f8"),
    "Fortran order": np.asfortranarray,
    "read-only": read_only_array,
    "every other row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "reversed twice": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "columns of a wider array": lambda x: np.column_stack([x, x])[:, :2],
    "broadcast": lambda x: np.broadcast_to(x, (1, *x.shape))[0],
    "object": lambda x: x.astype(object),
    "fractions": lambda x: [[Fraction(int(entry)) for entry in row] for row in x],
    "masked array without masked entries": np.ma.array,
    "DataFrame": frame_with_odd_index,
    "DataFrame of float32": lambda x: frame_with_odd_index(x.astype(np.float32)),
    "DataFrame of nullable Float64": lambda x: frame_with_odd_index(x).astype("Float64"),
    "DataFrame of nullable Int64": lambda x: frame_with_odd_index(x.astype(int)).astype("Int64"),
    "DataFrame of int and float": lambda x: frame_with_odd_index(x).astype({"u": int}),
}

X_USERS = {
    "log_joint": MIXTURE.log_joint,
    "log_density": MIXTURE.log_density,
    "log_likelihood": MIXTURE.log_likelihood,
    "predict": MIXTURE.predict,
    "e_step": lambda x: e_step(x, MIXTURE)[0],
    "m_step": lambda x: m_step(x, SHARES).covariances,
    "iterate": lambda x: next(iterate(x, MIXTURE)).responsibilities,
    "run_em": lambda x: run_em(x, MIXTURE, max_steps=3).states[-1].mixture.covariances,
    "run_em with K": lambda x: run_em(x, 2, max_steps=3).states[-1].mixture.covariances,
    "k_means": lambda x: starts.k_means(x, 2).means,
    "random_points": lambda x: starts.random_points(x, 2).means,
    "random_responsibilities": lambda x: starts.random_responsibilities(x, 2).covariances,
    "from_labels": lambda x: starts.from_labels(x, LABELS).covariances,
}
every_x_user = pytest.mark.parametrize("use", X_USERS.values(), ids=X_USERS)


@pytest.mark.parametrize("kind", GOOD_KINDS.values(), ids=GOOD_KINDS)
def test_every_kind_of_numbers_gives_the_same_points(kind):
    points = as_points(kind(POINTS))
    assert points.dtype == np.float64
    np.testing.assert_array_equal(points, POINTS)


@every_x_user
@pytest.mark.parametrize("name", ["list", "Fortran order", "float32", "DataFrame of nullable Int64"])
def test_whoever_takes_points_takes_them_so(use, name):
    # to rounding: another layout in memory may be summed in another order
    np.testing.assert_allclose(use(GOOD_KINDS[name](POINTS)), use(POINTS), rtol=1e-14)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@every_x_user
def test_a_matrix_works_as_the_array(use):
    np.testing.assert_array_equal(use(np.matrix(POINTS)), use(POINTS))


@every_x_user
def test_inputs_are_not_changed(use):
    x = POINTS.copy()
    use(x)
    np.testing.assert_array_equal(x, POINTS)
    assert x.flags.writeable


def with_entry(value, dtype=float):
    x = POINTS.astype(dtype)
    x[2, 1] = value
    return x


def nullable_frame_with_a_gap():
    frame = frame_with_odd_index(POINTS.astype(int)).astype("Int64")
    frame.iloc[2, 1] = pd.NA
    return frame


SHAPE = r"^x must have shape \(n, (d|2)\), but its shape is "
REFUSED = {
    "NaN": (lambda: with_entry(np.nan), ValueError, r"^x holds nan at index \(2, 1\); remove or replace it"),
    "infinity": (lambda: with_entry(np.inf), ValueError, r"^x holds inf at index \(2, 1\)"),
    "minus infinity": (lambda: with_entry(-np.inf), ValueError, r"^x holds -inf at index \(2, 1\)"),
    "NaN object": (lambda: with_entry(float("nan"), object), ValueError, r"^x holds nan at index \(2, 1\)"),
    "1e200": (lambda: with_entry(1e200), ValueError, r"^x holds numbers beyond 1e\+140.*rescale"),
    "minus 1e200": (lambda: with_entry(-1e200), ValueError, r"^x holds numbers beyond 1e\+140.*rescale"),
    "10**400": (lambda: with_entry(10**400, object), ValueError, r"^x holds numbers too large for double.*rescale"),
    "long double 1e400": (
        lambda: with_entry(np.longdouble("1e400"), np.longdouble),
        ValueError,
        r"^x holds (inf at index \(2, 1\)|numbers beyond)",
    ),
    "complex": (lambda: POINTS + 0j, TypeError, r"^x holds complex128 values, not real numbers"),
    "complex object": (lambda: with_entry(1j, object), TypeError, r"^x holds 1j \(complex\), not a real number"),
    "booleans": (lambda: POINTS > 1, TypeError, r"^x holds bool values, not real numbers"),
    "boolean object": (lambda: with_entry(True, object), TypeError, r"^x holds True \(bool\), not a real number"),
    "strings": (lambda: POINTS.astype(str), TypeError, r"^x holds <U\d+ values, not real numbers"),
    "string objects": (lambda: with_entry("1.0", object), TypeError, r"^x holds '1.0' \(str\), not a real number"),
    "bytes": (lambda: POINTS.astype("S"), TypeError, r"^x holds \|S\d+ values, not real numbers"),
    "decimals": (lambda: with_entry(Decimal(1), object), TypeError, r"^x holds Decimal\('1'\) \(Decimal\), not a real"),
    "None within": (lambda: with_entry(None, object), TypeError, r"^x holds None \(NoneType\), not a real number"),
    "pandas NA": (nullable_frame_with_a_gap, TypeError, r"^x holds <NA> \(NAType\), not a real.*missing values"),
    "DataFrame with words": (
        lambda: frame_with_odd_index(POINTS).assign(name="a"),
        TypeError,
        r"^x holds 'a' \(str\), not a real number; keep the numeric columns",
    ),
    "DataFrame with booleans": (
        lambda: frame_with_odd_index(POINTS).assign(v=True),
        TypeError,
        r"^x holds True \(bool\), not a real number",
    ),
    "dates": (lambda: np.zeros((9, 2), dtype="M8[D]"), TypeError, r"^x holds datetime64\[D\] values, not real"),
    "records": (lambda: np.zeros(9, dtype="f8,f8"), TypeError, r"^x holds .* values, not real numbers"),
    "masked entries": (
        lambda: np.ma.array(POINTS, mask=POINTS == 3),
        ValueError,
        r"^x has masked entries; drop or fill",
    ),
    "ragged list": (lambda: [[1, 2], [3]], ValueError, r"^x is ragged: its rows have different lengths"),
    "row and number": (lambda: [[1, 2], 3], ValueError, r"^x is ragged: its rows have different lengths"),
    "ragged objects": (lambda: np.array([[1, 2], [3]], dtype=object), ValueError, r"^x is ragged"),
    "empty list": (lambda: [], ValueError, r"^x is empty: its shape is \(0,\)"),
    "no rows": (lambda: np.empty((0, 2)), ValueError, r"^x is empty: its shape is \(0, 2\)"),
    "no columns": (lambda: np.empty((9, 0)), ValueError, r"^x is empty: its shape is \(9, 0\)"),
    "a number": (lambda: 3.0, ValueError, SHAPE + r"\(\)"),
    "an array of no dimensions": (lambda: np.array(3), ValueError, SHAPE + r"\(\)"),
    "one dimension": (lambda: POINTS[:, 0], ValueError, SHAPE + r"\(9,\)"),
    "a Series": (lambda: pd.Series(POINTS[:, 0]), ValueError, SHAPE + r"\(9,\)"),
    "three dimensions": (lambda: POINTS[None], ValueError, SHAPE + r"\(1, 9, 2\)"),
    "None": (lambda: None, TypeError, r"^x must be an array of numbers, but it is None \(NoneType\); pass"),
    "a dict": (lambda: {"x": 1}, TypeError, r"^x must be an array of numbers, but it is \{'x': 1\} \(dict\); pass"),
    "a set": (lambda: {1.0}, TypeError, r"^x must be an array of numbers, but it is \{1.0\} \(set\); pass"),
    "a generator": (lambda: (row for row in POINTS), TypeError, r"^x must be an array of .* \(generator\); pass"),
    "a sparse matrix": (lambda: csr_matrix(POINTS), TypeError, r"^x must be an array of .* \(csr_matrix\); pass"),
    "a sparse array": (lambda: csr_array(POINTS), TypeError, r"^x must be an array of .* \(csr_array\); pass"),
    "a Mixture": (lambda: MIXTURE, TypeError, r"^x must be an array of numbers, .* \(Mixture\); pass"),
    "a word": (lambda: "1.0", TypeError, r"^x holds <U3 values, not real numbers"),
}


@pytest.mark.parametrize(("make", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_bad_points_are_refused_in_words(make, error, words):
    with pytest.raises(error, match=words) as caught:
        as_points(make())
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@every_x_user
@pytest.mark.parametrize("name", ["NaN", "1e200", "DataFrame with words", "one dimension", "None"])
def test_whoever_takes_points_refuses_what_they_are_not(use, name):
    make, error, words = REFUSED[name]
    with pytest.raises(error, match=words):
        use(make())


# ---- the other checks, one by one


@pytest.mark.parametrize(
    ("value", "shape", "words"),
    [
        ([1.0, 2.0], (3,), r"^thing must have shape \(3,\), but its shape is \(2,\)$"),
        ([[1.0, 2.0]], ("n", 3), r"^thing must have shape \(n, 3\), but its shape is \(1, 2\)$"),
        ([1.0, 2.0], ("n", "d"), r"shape is \(2,\); for points with one coordinate pass thing.reshape\(-1, 1\)$"),
        ([1.0, 2.0], ("n", 1), r"shape is \(2,\); for points with one coordinate pass thing.reshape\(-1, 1\)$"),
        # a single point without its brackets is no column of numbers: that advice would mislead
        (
            [1.0, 2.0],
            ("n", 2),
            r"^thing must .*\(n, 2\), but its shape is \(2,\); for one point pass thing\[None\]$",
        ),
        ([[1.0, 2.0]], ("K",), r"^thing must have shape \(K,\), but its shape is \(1, 2\)$"),
    ],
)
def test_as_real_says_which_shape_it_wants(value, shape, words):
    with pytest.raises(ValueError, match=words):
        as_real("thing", value, shape)


def test_as_real_makes_float64():
    assert as_real("thing", [1, 2], ("n",)).dtype == np.float64


def test_as_points_up_to_the_largest():
    assert as_points([[1e140]]) == 1e140
    with pytest.raises(ValueError, match=r"^x holds numbers beyond 1e\+140"):
        as_points([[1.01e140]])


@pytest.mark.parametrize("value", [2, np.int64(2), np.uint8(2)])
def test_as_count_takes_whole_numbers_of_any_make(value):
    count = as_count("thing", value, 2, 2)
    assert count == 2
    assert type(count) is int


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (1, ValueError, r"^thing must be 2 or more, but it is 1 "),
        (-1, ValueError, r"^thing must be 2 or more, but it is -1 "),
        (6, ValueError, r"^thing must be 5 or less, but it is 6 "),
        pytest.param(10**5000, ValueError, r"^thing must be 5 or less, but it is enormous", id="enormous"),
        pytest.param(-(10**5000), ValueError, r"^thing must be 2 or more, but it is enormous", id="minus enormous"),
        (2.0, TypeError, r"^thing must be a whole number, but it is 2.0 \(float\)"),
        (np.float64(2), TypeError, r"^thing must be a whole number, but it is np.float64\(2.0\)"),
        (np.nan, TypeError, r"^thing must be a whole number, but it is nan"),
        (True, TypeError, r"^thing must be a whole number, but it is True \(bool\)"),
        (np.True_, TypeError, r"^thing must be a whole number, but it is np.True_"),
        ("2", TypeError, r"^thing must be a whole number, but it is '2' \(str\)"),
        (None, TypeError, r"^thing must be a whole number, but it is None"),
        ([2], TypeError, r"^thing must be a whole number, but it is \[2\] \(list\)"),
        (np.array(2), TypeError, r"^thing must be a whole number, but it is array\(2\)"),
        (Decimal(2), TypeError, r"^thing must be a whole number, but it is Decimal"),
    ],
)
def test_as_count_refuses(value, error, words):
    with pytest.raises(error, match=words):
        as_count("thing", value, 2, 5)


@pytest.mark.parametrize("value", [0, 0.0, -0.0, 3, 1e-300, np.float16(0.5), np.float32(0.5), Fraction(1, 2)])
def test_as_tolerance_takes_real_numbers(value):
    tolerance = as_tolerance("thing", value)
    assert tolerance == value
    assert type(tolerance) is float


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (-1e-9, ValueError, r"^thing must be finite and 0 or more, but it is -1e-09"),
        (np.nan, ValueError, r"^thing must be finite and 0 or more, but it is nan"),
        (np.inf, ValueError, r"^thing must be finite and 0 or more, but it is inf"),
        (10**400, ValueError, r"^thing must be finite and 0 or more, but it is 1000"),
        pytest.param(10**5000, ValueError, r"^thing must be finite and 0 or more, but it is enormous", id="enormous"),
        (False, TypeError, r"^thing must be a real number, but it is False \(bool\)"),
        (np.False_, TypeError, r"^thing must be a real number, but it is np.False_"),
        ("1e-3", TypeError, r"^thing must be a real number, but it is '1e-3' \(str\)"),
        (None, TypeError, r"^thing must be a real number, but it is None"),
        (1j, TypeError, r"^thing must be a real number, but it is 1j \(complex\)"),
        ([0.1], TypeError, r"^thing must be a real number, but it is \[0.1\] \(list\)"),
        (np.array(0.1), TypeError, r"^thing must be a real number, but it is array"),
    ],
)
def test_as_tolerance_refuses(value, error, words):
    with pytest.raises(error, match=words):
        as_tolerance("thing", value)


def test_as_seed_takes_what_every_generator_takes():
    assert as_seed(0) == 0
    assert as_seed(2**32 - 1) == 2**32 - 1
    with pytest.raises(ValueError, match=r"^seed must be 4294967295 or less"):
        as_seed(2**32)


@pytest.mark.parametrize("labels", [[0, 1, 2], [2.0, 0.0, 1.0], np.array([1, 0, 1], np.uint8), pd.Series([0, 0, 1])])
def test_as_labels_takes_whole_numbers(labels):
    result = as_labels("labels", labels, 3)
    assert result.tolist() == list(labels)
    assert result.dtype == int


@pytest.mark.parametrize(
    ("labels", "error", "words"),
    [
        ([1, 2, 3], ValueError, r"^labels goes up to 3 but never uses 0; number the components from 0 without gaps"),
        ([0, 2, 2], ValueError, r"^labels goes up to 2 but never uses 1"),
        ([0, 1, 10**30], ValueError, r"^labels goes up to 1000000000000000019884624838656 but never uses 2"),
        ([0, 1, -1], ValueError, r"^labels must hold whole numbers from 0 on"),
        ([0, 1, 0.5], ValueError, r"^labels must hold whole numbers from 0 on"),
        ([0, 1, np.nan], ValueError, r"^labels holds nan at index \(2,\)"),
        ([0, 1], ValueError, r"^labels must have shape \(3,\), but its shape is \(2,\)"),
        ([[0], [1], [0]], ValueError, r"^labels must have shape \(3,\), but its shape is \(3, 1\)"),
        ([], ValueError, r"^labels is empty"),
        (["a", "b", "a"], TypeError, r"^labels holds <U1 values"),
        ([True, False, True], TypeError, r"^labels holds bool values"),
        (None, TypeError, r"^labels must be an array of numbers, but it is None"),
    ],
)
def test_as_labels_refuses(labels, error, words):
    with pytest.raises(error, match=words):
        as_labels("labels", labels, 3)


@pytest.mark.parametrize("name", ["responsibilities", "shares"])
def test_as_responsibilities_names_what_it_was_given(name):
    with pytest.raises(ValueError, match=rf"^{name}\[1\] sums to 0.9, not to 1; divide each row by its sum"):
        as_responsibilities(name, [[0.5, 0.5], [0.5, 0.4]])


def test_as_responsibilities_forgives_what_float32_leaves():
    T = np.random.default_rng(0).dirichlet(np.ones(7), size=500).astype(np.float32)
    np.testing.assert_array_equal(as_responsibilities("T", T, 500), T)


@pytest.mark.parametrize(
    "value",
    [np.zeros((500, 2)), list(range(5000)), "a" * 5000, csr_matrix(np.eye(3)), 10**5000],
    ids=["array", "list", "word", "sparse matrix", "enormous"],
)
def test_describe_is_one_short_line_with_the_type(value):
    words = describe(value)
    assert re.search(rf" \({type(value).__name__}\)$", words)
    assert "\n" not in words
    assert len(words) < 90


def test_read_only_is_a_protected_copy():
    array = np.arange(6.0).reshape(2, 3)
    protected = read_only(array.T)
    assert not np.shares_memory(array, protected)
    assert protected.flags.f_contiguous  # as array.T does: sums over it round alike
    with pytest.raises(ValueError, match="read-only"):
        protected[0, 0] = 1


def test_a_hint_is_given_only_where_it_helps():
    with pytest.raises(ValueError, match=r"pass thing.reshape\(-1, 1\)$"):
        as_real("thing", [0.0, 1.0], (2, "d"))
    with pytest.raises(ValueError, match=r"but its shape is \(2,\)$"):
        as_real("thing", [0.0, 1.0], (1, "d"))


@pytest.mark.parametrize(
    "call",
    [
        lambda f: next(iterate(POINTS, starts.k_means(POINTS, 2), m_step=f)),
        lambda f: starts.random_responsibilities(POINTS, 2, m_step=f),
        lambda f: selection.several_runs(POINTS, 2, m_step=f),
        lambda f: selection.held_out_log_likelihood(POINTS, 2, m_step=f),
    ],
)
def test_what_is_no_function_is_named(call):
    with pytest.raises(TypeError, match=r"^m_step must be a function, but it is 3 \(int\); pass the function itself"):
        call(3)
    with pytest.raises(TypeError, match=r"^m_step must be a function, but it is None"):
        call(None)
