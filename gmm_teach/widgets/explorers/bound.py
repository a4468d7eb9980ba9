"""Why EM climbs, along one mean: the log-likelihood as a curve, and under it the bound that touches it."""

import numpy as np
from numpy.typing import ArrayLike

from ... import plots, updates
from ..._checks import as_count, as_points
from ...bound import lower_bound
from ...em import e_step
from ...mixture import Mixture, check_mixture
from ..picture import with_margin
from ..words import say
from .base import Explorer, button, slider
from .drawing import HERE

STEPS = 8  # of EM, in a tour


class BoundExplorer(Explorer):
    """log L along one mean of a one-dimensional mixture, and the bound that touches it at the black dot.

    All of the `mixture` stays fixed but the mean of `component`, counted from 0; d = 1. A click starts there anew.
    """

    room = "bound"

    def __init__(self, x: ArrayLike, mixture: Mixture, component: int = 0) -> None:
        self._x = as_points(x, 1)
        check_mixture("mixture", mixture)
        self._mixture = mixture
        self._component = as_count("component", component, 0, len(mixture.means) - 1)
        start = float(mixture.means[self._component, 0])
        low, high = with_margin(np.append(self._x[:, 0], start))
        self._grid = np.linspace(low, high, 121)
        self._curve = np.array([self._with_mean(m).log_likelihood(self._x) for m in self._grid])
        self.hands = (say("bound", "hand", k=self._component + 1), "", "")
        steps = [button(say("player", "m_step"), self.m_step), button(say("player", "e_step"), self.e_step)]
        sliders = [slider(f"m{self._component + 1}", start, low, high)]
        super().__init__(np.array([start, start]), sliders, *steps)  # where we are, and where the bound touches

    @property
    def position(self) -> float:
        """m, where the diamond is."""
        return float(self._place[0])

    @property
    def anchor(self) -> float:
        """Where the bound touches log L, an m."""
        return float(self._place[1])

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood at `position`, in nats."""
        return self._with_mean(self.position).log_likelihood(self._x)

    @property
    def bound(self) -> float:
        """Q + entropy at `position`, in nats."""
        return self._bound_at(self.position)

    def move(self, m: float) -> None:
        """Put the diamond at `m`; ValueError where the slider does not reach."""
        self._move_to([m, self.anchor])

    def restart(self, m: float) -> None:
        """Start anew at `m`, where a new bound touches log L; ValueError where the slider does not reach."""
        self._move_to([m, m])

    def m_step(self) -> None:
        """Move to the top of the bound; log L is higher there, so a gap opens."""
        self.go_to_the_maximum()

    def e_step(self) -> None:
        """Let a new bound touch log L at the present position."""
        self.restart(self.position)

    def jump(self) -> None:
        """Do both half-steps: move to the top of the bound, and start the next bound there."""
        self.m_step()
        self.e_step()

    def _on_place(self, place):
        self.restart(place[0])

    def _dragged(self, mean, covariance, component):
        return np.array([*self._within_reach(mean[:1]), self.anchor])

    def _in_hand(self):
        return [[1], [[self.position, self.log_likelihood]], [[[1, 0], [0, 1]]]]

    def _maximum(self):
        return np.array([self._top_of_bound(self.anchor), self.anchor])

    def _tour(self):
        anchor = self.position
        yield self._place
        for _ in range(STEPS):
            top = self._top_of_bound(anchor)
            yield np.array([top, anchor])
            yield np.array([top, top])
            anchor = top

    def _with_mean(self, m):
        means = self._mixture.means.copy()
        means[self._component] = m
        return Mixture(self._mixture.proportions, means, self._mixture.covariances)

    def _responsibilities(self, anchor):
        return e_step(self._x, self._with_mean(anchor))[0]

    def _top_of_bound(self, anchor):
        return updates.mean_update(self._x, self._responsibilities(anchor)[:, self._component])[0]

    def _bound_at(self, m):
        return lower_bound(self._x, self._with_mean(m), self._responsibilities(self.anchor))

    def _draw_fixed_parts(self, ax):
        height = np.ptp(self._curve)
        low, high = self._curve.min() - 0.6 * height, self._curve.max() + 0.25 * height
        plots.style_axes(ax, say("bound", "across", k=self._component + 1), say("bound", "up"))
        ax.set(xlim=self._grid[[0, -1]], ylim=(low, high))
        ax.plot(self._grid, self._curve, color="black", linewidth=2, label="log L")
        ax.plot(self._x[:, 0], np.full(len(self._x), low), "|", color="black", markersize=24)
        ax.plot([], [], color=HERE, linewidth=2, linestyle="--", label=say("bound", "curve"))
        ax.legend(loc="upper center", ncols=2, frameon=False)

    def _sentence(self):
        style, gap = self._sliders[0].readout_format, abs(self.log_likelihood - self.bound)
        places = {"anchor": f"{self.anchor:{style}}", "here": f"{self.position:{style}}"}
        values = {"log_likelihood": f"{self.log_likelihood:.3f}", "bound": f"{self.bound:.3f}", "gap": f"{gap:.3f}"}
        return say("bound", "sentence", **places, **values)

    def _artists(self, ax):
        responsibilities = self._responsibilities(self.anchor)
        bound = [lower_bound(self._x, self._with_mean(m), responsibilities) for m in self._grid]
        artists: list = ax.plot(self._grid, bound, color=HERE, linewidth=2, linestyle="--")
        touching = self._with_mean(self.anchor).log_likelihood(self._x)
        artists += ax.plot([self.anchor], [touching], "o", markersize=11, color="black")
        low, high = self.bound, self.log_likelihood
        artists += ax.plot([self.position] * 2, [low, high], "D-", color=HERE, markersize=6, linewidth=3)
        if high - low > 0.005 * np.ptp(ax.get_ylim()):
            middle = max((low + high) / 2, ax.get_ylim()[0] + (high - low) / 4)
            words = f"   {say('bound', 'gap')}"
            artists.append(ax.text(self.position, middle, words, color=HERE, va="center", clip_on=True))
        return artists
