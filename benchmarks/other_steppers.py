"""The two usual ways to step through pictures in a notebook, for comparison with ours; they draw what ours draws."""

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import clear_output

from gmm_teach import plots

FIGURE = {"figsize": (10, 5), "dpi": 100, "width_ratios": [1.6, 1]}  # 1000 x 500 on the page
POINT_SIZE = 14


def output_stepper(x, states, t):
    """A stepper as most people write it: an Output that each step clears and fills with a new pyplot figure.

    Parameters
    ----------
    x : ndarray, shape (n, 2)
    states : sequence of State
    t : int
        Where to begin.

    Returns
    -------
    ipywidgets.VBox
    """
    output = widgets.Output()

    def show(t):
        with output:
            clear_output(wait=True)
            _, axes = plt.subplots(1, 2, **FIGURE)
            draw(axes, x, states, t)
            plt.show()

    show(t)
    return widgets.VBox([controls(show, len(states) - 1, t), output])


def ipympl_stepper(x, states, t):
    """A stepper around an ipympl figure that lives on: each step changes its artists and asks for a drawing.

    Parameters
    ----------
    x, states, t
        As for `output_stepper`.

    Returns
    -------
    ipywidgets.VBox
    """
    with plt.ioff():
        figure, axes = plt.subplots(1, 2, **FIGURE)
    artists = draw(axes, x, states, t)

    def show(t):
        move(axes, artists, x, states, t)
        figure.canvas.draw_idle()

    return widgets.VBox([controls(show, len(states) - 1, t), figure.canvas])


def controls(show, last, t):
    """Back, Step and a slider, which call `show` with the step to show."""
    slider = widgets.IntSlider(value=t, max=last, description="step t")
    back, step = widgets.Button(description="Back"), widgets.Button(description="Step")
    slider.observe(lambda change: show(change.new), "value")

    def move(by):
        slider.value += by  # the slider keeps itself between 0 and the last step

    back.on_click(lambda _: move(-1))
    step.on_click(lambda _: move(1))
    return widgets.HBox([back, step, slider])


def draw(axes, x, states, t):
    """Draw step `t` on two empty axes: points, ellipses, means with their ways, and the log-likelihoods so far.

    Returns
    -------
    points, ellipses, means, curve : lists of artists
    """
    left, right = axes
    mixture = states[t].mixture
    plots.style_axes(left, "x", "y")
    left.set(xlim=limits(x[:, 0]), ylim=limits(x[:, 1]))
    points = plots.draw_points(left, x, states[t].responsibilities, size=POINT_SIZE)
    ellipses = plots.draw_ellipses(left, mixture)
    means = plots.draw_means(left, mixture.means, [state.mixture.means for state in states[:t]])
    plots.style_axes(right, "step t", "log L (nats)")
    right.set(xlim=(-0.5, len(states) - 0.5), ylim=limits([state.log_likelihood for state in states]))
    curve = plots.draw_log_likelihood(right, [state.log_likelihood for state in states[: t + 1]])
    write_titles(axes, states, t)
    return points, ellipses, means, curve


def move(axes, artists, x, states, t):
    """Change what `draw` has drawn, its artists, to step `t`."""
    points, ellipses, means, curve = artists
    mixture = states[t].mixture
    left, right = axes
    plots.draw_points(left, x, states[t].responsibilities, size=POINT_SIZE, artists=points)
    plots.draw_ellipses(left, mixture, artists=ellipses)
    plots.draw_means(left, mixture.means, [state.mixture.means for state in states[:t]], artists=means)
    plots.draw_log_likelihood(right, [state.log_likelihood for state in states[: t + 1]], artists=curve)
    write_titles(axes, states, t)


def write_titles(axes, states, t):
    """Say above the panels which step this is, and its log-likelihood."""
    axes[0].set_title(f"t = {t}, after the E step", loc="left", fontsize=11)
    axes[1].set_title(f"log L = {states[t].log_likelihood:.3f}", loc="right", fontsize=11)


def limits(values):
    """Limits of an axis that shows all values, with 6 % to spare on both sides."""
    low, high = np.min(values), np.max(values)
    margin = 0.06 * (high - low)
    return low - margin, high + margin
