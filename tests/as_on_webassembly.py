"""NumPy behaves, as far as that can be had on an ordinary machine, as it does on WebAssembly, where JupyterLite runs.

What it imitates, each seen with Pyodide:

- ``numpy.linalg`` raises no LinAlgError for a singular or indefinite matrix. It returns NaN.
- No floating-point error is noticed: no RuntimeWarning, whatever ``numpy.errstate`` asks for.
- Platform integers have 32 bits, so ``bincount`` and ``repeat`` refuse integers of 64 bits.

What it does not: only integers that a random generator has made are known as having 64 bits (here all have), and
none overflows at 2^31; SciPy is untouched, since its own errors are raised there too; there are threads, processes and
files here. So a green run is no proof, and a run in JupyterLite itself is worth more.

conftest.py installs it where the variable GMM_TEACH_AS_ON_WEBASSEMBLY is set, and has the kernels of notebooks run it.
"""

import contextlib

import numpy as np

GENERATOR_OF_NUMPY = np.random.default_rng
MAKES_INTEGERS = ("binomial", "choice", "integers", "multinomial", "permutation", "permuted", "poisson")


class Integers64(np.ndarray):
    """Integers of 64 bits where those of the platform have 32; ``astype(int)`` makes platform integers of them."""

    def astype(self, dtype, *arguments, **settings):
        return np.asarray(self).astype(dtype, *arguments, **settings)


def marked(made):
    """Return an array of integers as Integers64, and all else as it is."""
    return made.view(Integers64) if isinstance(made, np.ndarray) and made.dtype == np.int64 else made


def marking(name):
    def method(self, *arguments, **settings):
        return marked(getattr(np.random.Generator, name)(self, *arguments, **settings))

    return method


Generator = type("Generator", (np.random.Generator,), {name: marking(name) for name in MAKES_INTEGERS})


def default_rng(seed=None):
    return seed if isinstance(seed, np.random.Generator) else Generator(GENERATOR_OF_NUMPY(seed).bit_generator)


def refusing(function, position):
    """Return a function that refuses Integers64 where it wants integers of the platform."""

    def safe(*arguments, **settings):
        given = arguments[position] if len(arguments) > position else None
        if isinstance(given, Integers64) and given.dtype == np.int64:  # and no comparison of such
            raise TypeError("Cannot cast array data from dtype('int64') to dtype('int32')")
        return function(*arguments, **settings)

    return safe


class Errstate(contextlib.ContextDecorator):
    """Whatever is asked for, no floating-point error is noticed."""

    def __init__(self, **_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


def install():
    """Change NumPy in this process, for good."""
    inner = np.linalg._linalg
    for name in [name for name in dir(inner) if name.startswith("_raise_linalgerror")]:
        setattr(inner, name, lambda error, flag: None)
    np.seterr(all="ignore")
    np.seterr, np.errstate = lambda **_: {}, Errstate
    np.random.default_rng = default_rng
    np.bincount, np.repeat = refusing(np.bincount, 0), refusing(np.repeat, 1)


if __name__ == "__main__":  # a kernel starts with it
    install()
