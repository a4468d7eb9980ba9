"""The steppers that the benchmark compares ours with draw what they should, else other work would be timed."""

import importlib.util
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gmm_teach import run_em

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def others():
    spec = importlib.util.spec_from_file_location("other_steppers", BENCHMARKS / "other_steppers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    plt.close("all")


def pixels(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba()).copy()


@pytest.mark.parametrize("t", [5, 0])
def test_moved_artists_make_the_picture_of_their_step(others, post, t):
    states = run_em(post.x, post.start, max_steps=8).states
    figure, axes = plt.subplots(1, 2, **others.FIGURE)
    artists = others.draw(axes, post.x, states, 2)
    before = pixels(figure)
    others.move(axes, artists, post.x, states, t)
    anew, axes = plt.subplots(1, 2, **others.FIGURE)
    others.draw(axes, post.x, states, t)
    np.testing.assert_array_equal(pixels(figure), pixels(anew))
    assert not np.array_equal(before, pixels(figure))
