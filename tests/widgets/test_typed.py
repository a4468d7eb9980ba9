"""What a reader types, read without being run, and written so that it reads back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gmm_teach import Mixture
from gmm_teach.widgets.typed import parse_mixture, parse_numbers, write_numbers

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3.0),
        (" -2 ", -2.0),
        ("1/3", 1 / 3),
        ("1e-3", 0.001),
        ("+.5E1", 5.0),
        ("\N{MINUS SIGN}1.62", -1.62),
        ("[1, 2]", [1.0, 2.0]),
        ("1/4, 3/4", [0.25, 0.75]),
        ("[[1, 2],\n [3, 4]]", [[1.0, 2.0], [3.0, 4.0]]),
        ("[[1, 2], [3, 4]],", [[[1.0, 2.0], [3.0, 4.0]]]),
        ("[1,\N{NO-BREAK SPACE}2,]", [1.0, 2.0]),
        ("([1], (2, 3))", [[1.0], [2.0, 3.0]]),
        ("[]", []),
    ],
)
def test_reads_lists_and_fractions(text, value):
    read = parse_numbers("means", text)
    assert read == value
    assert type(read) is type(value)


def test_every_number_is_a_float():
    (entry,) = parse_numbers("means", "[3]")
    assert type(entry) is float


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"is empty; write numbers such as"),
        (" \n\t", r"is empty"),
        # words, and calls with them
        ("[1, alpha]", r"holds 'alpha' at column 5; write numbers"),
        ("exp(1)", r"holds 'exp' at column 1;"),
        ("nan", r"holds 'nan' at column 1;"),
        ("[1, -inf]", r"holds 'inf' at column 6;"),
        ("  __import__('os')", r"holds '__import__' at column 3;"),
        ("[1, True]", r"holds 'True' at column 5;"),
        ("[e]", r"holds 'e' at column 2;"),
        ("2j", r"holds 'j' at column 2;"),
        ("0x10", r"holds 'x' at column 2;"),
        ("1_000", r"holds '_' at column 2;"),
        ("π/2", r"holds 'π' at column 1;"),
        ("'1'", r"""holds "'" at column 1;"""),
        ("1 # one", r"holds '#' at column 3;"),
        ("[1; 2]", r"holds ';' at column 3;"),
        ("1\x00", r"holds '\\x00' at column 2;"),
        ("{1}", r"holds '\{' at column 1;"),
        ("7 % 2", r"holds '%' at column 3;"),
        ("\ud800", r"holds '\\ud800' at column 1;"),
        # shapes of text that cannot be read
        ("[1, 2", "cannot be read; look for a missing bracket or comma"),
        ("[1,,2]", "cannot be read"),
        ("  1)", "cannot be read"),
        ("[1 2]", "cannot be read"),
        ("1.2.3", "cannot be read"),
        ("007", "cannot be read"),
        ("[[1, 2] [3, 4]]", "cannot be read; look for a missing bracket or comma"),
        ("2(3)", "cannot be read"),
        # arithmetic other than a fraction
        ("2*3", r"holds '\*' at column 2"),
        ("1 + 2", "cannot be read"),
        ("1/2/3", "cannot be read"),
        ("1/(2)", "cannot be read"),
        ("7//2", "cannot be read"),
        ("-[1, 2]", "cannot be read"),
        ("[1, ...]", "cannot be read"),
        ("[1, 1/0]", "holds a division by zero; divide by another number"),
        ("[1,\n 0/0]", "holds a division by zero"),
        # too large
        ("[1e999]", "holds a number too large for double precision"),
        ("1/1e-320", "holds a number too large"),
        ("9" * 400, "holds a number too large"),
        ("9" * 5000, "cannot be read"),
        # too long or too deep
        ("1," * 10_001, r"has 20002 characters, above the limit of 20000; shorten it"),
        ("[" * 60 + "1" + "]" * 60, "has 60 nested brackets; a mixture needs three at most"),
        ("(" * 9000 + "1" + ")" * 9000, "has 9000 nested brackets"),
        ("-" * 19_000 + "1", "cannot be read"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_refuses_in_words(text, words):
    with pytest.raises(ValueError, match=rf"^means {words}"):
        parse_numbers("means", text)


@pytest.mark.parametrize("text", [None, 3, b"3", [1, 2]])
def test_wants_text(text):
    with pytest.raises(TypeError, match=r"^means must be text, but it is "):
        parse_numbers("means", text)


def read_or_refused(text):
    try:
        return parse_numbers("means", text)
    except ValueError as error:
        return str(error)


NUMBER_TEXTS = st.integers(-50, 50).map(str) | st.sampled_from(["0.5", "1e-3", ".25", "2.", "-1.5E+2"])
ENTRIES = NUMBER_TEXTS | st.tuples(NUMBER_TEXTS, st.sampled_from(["/", " / "]), NUMBER_TEXTS).map("".join)
LISTS = st.recursive(ENTRIES, lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"))


@given(LISTS)
def test_reads_fractions_and_lists_as_python_does(text):
    read = read_or_refused(text)
    try:
        python = eval(text)
    except ZeroDivisionError:
        assert "a division by zero" in read
    else:
        assert read == python


@given(st.text(alphabet="0123456789eE.,+-*/()[] ") | st.text())
@pytest.mark.slow
def test_raises_nothing_but_a_value_error_that_names_the_argument(text):
    read = read_or_refused(text)
    assert isinstance(read, (float, list)) or read.startswith("means ")


# ---- a mixture


def test_parse_mixture_reads_the_posts_mixture(post):
    truth = post.true_mixture
    read = parse_mixture("2/11, 3/11, 6/11", "[[-1, -2], [2, 3], [3, -2]]", write_numbers(truth.covariances))
    np.testing.assert_array_equal(read.proportions, truth.proportions)
    np.testing.assert_array_equal(read.means, truth.means)
    np.testing.assert_array_equal(read.covariances, truth.covariances)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("[1/2, 1/3]", "[[0], [4]]", "[[[1]], [[1]]]"), r"^proportions sum to 0.83333333, not to 1"),
        (("1/2, 1/2", "[[0], [4, 5]]", "[[[1]], [[1]]]"), r"^means is ragged"),
        (("1/2, 1/2", "[0, 4]", "[[[1]], [[1]]]"), r"^means must have shape \(2, d\), but its shape is \(2,\)"),
        (("1/2, 1/2", "[[0], [4]]", "[[[1]], [[-1]]]"), r"^covariances\[1\] is not positive definite"),
        (("1/2, 1/2", "[[0], [4]]", "[[[1, 0.5], [0, 1]]]"), r"^covariances must have shape \(2, 1, 1\)"),
        (("[1]", "[[1e200]]", "[[[1]]]"), r"^means holds numbers beyond 1e\+140"),
        (("1", "[[0]]", "[[[1]]]"), r"^proportions must have shape \(K,\), but its shape is \(\)"),
        (("[]", "[[0]]", "[[[1]]]"), r"^proportions is empty"),
        (("", "[[0]]", "[[[1]]]"), r"^proportions is empty; write numbers"),
        (("1", "[[m]]", "[[[1]]]"), r"^means holds 'm' at column 3"),
        (("1", "[[0]]", "[[[1/0]]]"), "^covariances holds a division by zero"),
    ],
)
def test_parse_mixture_refuses_in_words(texts, words):
    with pytest.raises(ValueError, match=words):
        parse_mixture(*texts)


# ---- writing


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (3, "3"),
        ([1.0, -0.5, 0.75], "[1, -0.5, 0.75]"),
        ([1 / 3, -2 / 11, 200 / 1100], "[1/3, -2/11, 2/11]"),
        ([np.nextafter(1 / 3, 1), 0.1 + 0.2], "[0.33333333333333337, 0.30000000000000004]"),
        ([1e22, 1e-300, -0.0], "[1e+22, 1e-300, -0.0]"),
        (np.eye(2)[None], "[[[1, 0], [0, 1]]]"),
        (np.float32([0.1]), "[0.10000000149011612]"),
    ],
)
def test_write_numbers_is_short_where_that_is_exact(array, text):
    assert write_numbers(array) == text


@given(arrays(float, array_shapes(max_dims=3, max_side=4), elements=NUMBERS) | NUMBERS.map(np.array))
def test_what_is_written_reads_back_to_the_last_bit(array):
    read = np.array(parse_numbers("means", write_numbers(array)))
    assert read.dtype == array.dtype
    assert read.shape == array.shape
    assert read.tobytes() == array.tobytes()


@given(st.integers(1, 400), st.integers(1, 400))
def test_simple_fractions_read_back_to_the_last_bit(top, bottom):
    text = write_numbers(top / bottom)
    assert parse_numbers("means", text) == top / bottom
    assert len(text) <= len("400/399") or "." in text


@given(st.integers(1, 12), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_a_mixture_reads_back(K, d, seed):
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(K, d, d)) + 3 * np.eye(d)
    written = Mixture(rng.dirichlet(np.ones(K)), rng.normal(size=(K, d)), factors @ factors.swapaxes(1, 2))
    read = parse_mixture(*map(write_numbers, (written.proportions, written.means, written.covariances)))
    for name in ("proportions", "means", "covariances"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name))


@pytest.mark.parametrize(
    ("array", "error", "words"),
    [
        ([1, np.nan], ValueError, r"^array holds nan at index \(1,\)"),
        ([np.inf], ValueError, r"^array holds inf"),
        ([], ValueError, r"^array is empty"),
        (["1"], TypeError, r"^array holds <U1 values"),
        (None, TypeError, r"^array must be an array of numbers"),
        ([1, [2]], ValueError, r"^array is ragged"),
    ],
)
def test_write_numbers_refuses_in_words(array, error, words):
    with pytest.raises(error, match=words):
        write_numbers(array)
