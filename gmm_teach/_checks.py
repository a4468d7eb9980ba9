"""What a reader hands in, checked: every refusal names the argument, what was wrong, and what to do.

Nothing is repaired in silence. The other modules call these functions first and may then trust their arrays.
"""

import numbers
from typing import Any

import numpy as np

TOLERANCE = 1e-6  # rounding that is forgiven where numbers must sum to 1 or be symmetric: what float32 leaves
LARGEST = 1e140  # the squares of larger numbers, summed, would overflow double precision
HEAVIEST = 1e15  # so would the squares of these largest numbers, weighted with more


def as_real(name: str, value: Any, shape: tuple, largest: float = LARGEST, gaps: bool = False) -> np.ndarray:
    """Return `value` as a float64 array of finite real numbers, or with `gaps` of NaN too, copied only where needed.

    `shape` has one entry per dimension: a length, or a letter such as "n" where any length will do.
    """
    if np.ma.is_masked(value):
        raise ValueError(f"{name} has masked entries; drop or fill them before you pass it")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} is ragged: its rows have different lengths; make them equal") from error
    if array.dtype == object and array.ndim == 0:
        raise TypeError(f"{name} must be an array of numbers, but it is {describe(value)}; pass a list or an array")
    if array.dtype == object:
        array = _object_to_float(name, array)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} holds {array.dtype} values, not real numbers; convert them to float first")
    check_shape(name, array, shape)
    with np.errstate(over="ignore"):  # a long double may become infinite, which is reported next
        array = array.astype(np.float64, copy=False)
    known = array[~np.isnan(array)] if gaps else array
    extent = max(known.max(initial=0), -known.min(initial=0))  # a NaN makes both NaN
    if not np.isfinite(extent):
        where = tuple(int(i) for i in np.argwhere(np.isinf(array) if gaps else ~np.isfinite(array))[0])
        raise ValueError(f"{name} holds {array[where]} at index {where}; remove or replace it")
    if extent > largest:
        raise ValueError(f"{name} holds numbers beyond {largest:g}, too large to compute with; rescale it")
    return array


def _object_to_float(name, array):
    for entry in array.flat:
        if isinstance(entry, (list, tuple, np.ndarray)):
            raise ValueError(f"{name} is ragged: its rows have different lengths; make them equal")
        if isinstance(entry, (bool, np.bool_)) or not isinstance(entry, numbers.Real):
            raise TypeError(
                f"{name} holds {describe(entry)}, not a real number; "
                "keep the numeric columns only and drop or fill missing values"
            )
    try:
        return array.astype(np.float64)
    except OverflowError as error:
        raise ValueError(f"{name} holds numbers too large for double precision; rescale it") from error


def check_shape(name: str, array: Any, shape: tuple) -> None:
    """Raise a ValueError that names the array unless its shape is this one, with letters for any length."""
    fits = array.ndim == len(shape) and all(
        isinstance(want, str) or want == length for want, length in zip(shape, array.shape, strict=True)
    )
    if fits and array.size > 0:
        return
    if not shape:
        raise ValueError(f"{name} must be one number, but its shape is {array.shape}")
    wanted = "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
    if array.size == 0:
        raise ValueError(f"{name} is empty: its shape is {array.shape}; it must be {wanted}, with entries")
    hint = ""
    if array.ndim == 1 and len(shape) == 2 and shape[0] in ("n", len(array)) and shape[1] in ("d", 1):
        hint = f"; for points with one coordinate pass {name}.reshape(-1, 1)"
    elif array.ndim == 1 and shape == ("n", len(array)):
        hint = f"; for one point pass {name}[None]"
    raise ValueError(f"{name} must have shape {wanted}, but its shape is {array.shape}{hint}")


def as_points(x: Any, d: int | str = "d") -> np.ndarray:
    """Return `x` as an (n, d) float64 array of points; errors as in :func:`as_real`."""
    return as_real("x", x, ("n", d))


def as_responsibilities(name: str, value: Any, n: int | str = "n") -> np.ndarray:
    """Return `value` as an (n, K) float64 array: 0 or more, each row summing to 1; errors name the argument."""
    T = as_real(name, value, (n, "K"))
    if T.min() < 0:
        i, k = np.argwhere(T < 0)[0]
        raise ValueError(f"{name}[{i}, {k}] is {T[i, k]}, but a probability is 0 or more")
    off = np.abs(T.sum(axis=1) - 1)
    if off.max() > TOLERANCE:
        i = int(off.argmax())
        raise ValueError(
            f"{name}[{i}] sums to {T[i].sum():.8g}, not to 1; divide each row by its sum "
            "(rows are points, columns are components)"
        )
    return T


def as_weights(value: Any, n: int) -> np.ndarray:
    """Return weights as an (n,) float64 array: 0 or more, and not all 0; None means that each is 1."""
    if value is None:
        return np.broadcast_to(1.0, n)
    w = as_real("weights", value, (n,), HEAVIEST)
    if w.min() < 0:
        raise ValueError(f"weights[{w.argmin()}] is {w.min()}, but a point counts 0 times or more")
    if w.max() == 0:
        raise ValueError("weights are all 0, so no point is left; give one of them a weight")
    return w


def as_labels(name: str, value: Any, n: int | str) -> np.ndarray:
    """Return `value` as an (n,) array of whole numbers, from 0 on without gaps; errors name the argument."""
    array = as_real(name, value, (n,))
    if not (array == np.floor(array)).all() or array.min() < 0:
        raise ValueError(f"{name} must hold whole numbers from 0 on, one per point; number the components from 0")
    used = np.unique(array)
    gaps = np.flatnonzero(used != np.arange(len(used)))
    if len(gaps) > 0:
        raise ValueError(
            f"{name} goes up to {used[-1]:.0f} but never uses {gaps[0]}; number the components from 0 without gaps"
        )
    return array.astype(int)


def as_count(name: str, value: Any, smallest: int, largest: int | None = None, limit: str = "") -> int:
    """Return `value` as an int, never rounded; `limit` follows the largest in an error: ", the number of points,"."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be a whole number, but it is {describe(value)}")
    count = int(value)
    if count < smallest:
        raise ValueError(f"{name} must be {smallest} or more, but it is {describe(value)}")
    if largest is not None and count > largest:
        raise ValueError(f"{name} must be {largest}{limit} or less, but it is {describe(value)}")
    return count


def as_tolerance(name: str, value: Any) -> float:
    """Return `value` as a float that is 0 or more; NaN, infinities and other types are errors."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a real number, but it is {describe(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if not 0 <= number < np.inf:
        raise ValueError(f"{name} must be finite and 0 or more, but it is {describe(value)}")
    return number


def as_seed(seed: Any) -> int:
    """Return `seed` as an int that every generator accepts: 0 to 2**32 - 1."""
    return as_count("seed", seed, 0, 2**32 - 1)


def check_function(name: str, function: Any) -> None:
    """Raise a TypeError that names the argument unless `function` can be called."""
    if not callable(function):
        raise TypeError(
            f"{name} must be a function, but it is {describe(function)}; pass the function "
            "itself, without brackets or quotation marks"
        )


def describe(value: Any) -> str:
    """Return `value` and its type on one line that is short enough for a message."""
    try:
        words = " ".join(repr(value).split())
    except ValueError:  # Python refuses to write out whole numbers of more than 4300 digits
        words = "enormous"
    if len(words) > 60:
        words = words[:60] + "..."
    return f"{words} ({type(value).__name__})"


def read_only(array: Any) -> np.ndarray:
    """Return a write-protected copy of `array`, which lies in memory as it does."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy
