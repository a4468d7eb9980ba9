"""Points drawn by clicking: an empty sheet, and what has been put on it."""

import numpy as np

from .. import plots
from ..datasets import Dataset
from .picture import Canvas, title
from .words import say

SIDE = 10.0  # of the sheet, in its own units
CLOUD = 10  # points of a cloud
SPREAD = 0.5  # standard deviation of a cloud


def count(points):
    """A number of points as text."""
    return say("sheet", "one_point") if points == 1 else say("sheet", "points", n=points)


class Sheet:
    """A sheet of 10 by 10, on which each click puts a point or, with `clouds`, a small cloud of ten."""

    def __init__(self):
        self.clouds = False
        self._clicks = []
        self._canvas = Canvas([1])
        (self._ax,) = self._canvas.axes
        plots.style_axes(self._ax, "x", "y")
        self._ax.set(xlim=(0, SIDE), ylim=(0, SIDE))
        self._canvas.keep_fixed_parts()

    @property
    def x(self):
        """The points so far, shape (n, 2)."""
        return np.concatenate([np.empty((0, 2)), *self._clicks])

    def add(self, across, down):
        """Put what a click puts at a place given in shares of the picture; outside of the sheet, nothing."""
        place = self._canvas.place_on(self._ax, across, down)
        if place is None:
            return
        points = place[None]
        if self.clouds:
            # the seed is the number of the click, so that the same clicks draw the same points
            points = place + SPREAD * np.random.default_rng(len(self._clicks)).normal(size=(CLOUD, 2))
        self._clicks.append(points)

    def undo(self):
        """Take the last click back, if there is one."""
        self._clicks = self._clicks[:-1]

    def dataset(self):
        """Return the points as a Dataset; ValueError where there are fewer than two."""
        if len(self.x) < 2:
            raise ValueError(f"the sheet has {count(len(self.x))}, too few for EM; click on it to draw more")
        return Dataset(self.x, ("x", "y"), say("sheet", "source"))

    def png(self):
        """The sheet as PNG bytes, of the size of every picture."""
        artists = plots.draw_points(self._ax, self.x, size=25) if len(self.x) else []
        return self._canvas.png([*artists, title(self._ax, say("sheet", "title", points=count(len(self.x))))])

    def words(self):
        """What stands around the picture."""
        points = count(len(self.x))
        return {
            "alt": say("sheet", "alternative", points=points),
            "position": say("sheet", "position"),
            "sentence": say("sheet", "sentence", points=points),
            "wrong": False,
            "question": "",
            "table": "",
        }
