"""What all explorers have in common: sliders, a picture to be dragged, and words that say where the reader is."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes

from ..._format import with_long_minus
from ..layout import WRAP, close_all, readout, width
from ..picture import Canvas, title
from ..player import EXPLORER_SIZE, TICK, Player, freeze, in_the_page
from ..words import say
from .drawing import HERE

LARGER = 1.3  # type and lines: the picture is to be read on a phone and from the last row
WAY = np.array([0, 0.25, 0.5, 0.75, 1, 1.25])  # of a tour: shares of the way to the maximum, and one beyond


class Explorer(widgets.VBox):
    """Sliders, a picture to be dragged, and words that say where the reader is.

    A subclass names its subject and its hands, makes its sliders and draws what never moves; and it says where its
    maximum is, what to draw at the present place, and what to write there. A place is an array that begins with the
    values of the sliders, unless the subclass says otherwise.
    """

    room: str  # of its words, in words.json
    hands: Sequence[str] | None = None  # names of a mean and of both axes of its ellipse, if they can be dragged
    marks: Sequence[Sequence[str]] = ((HERE, ""),)  # the colour of each component

    def __init__(self, place, sliders: list[widgets.FloatSlider], *others: widgets.Widget) -> None:
        self._place, self._sliders = place, sliders
        self._before, self._slid = [], False  # places to go back to; whether a slider was the last to move
        self._back = button(say("player", "back"), self.back)
        self._back.disabled = True
        self._canvas = Canvas([1], LARGER, size=EXPLORER_SIZE)
        (self._ax,) = self._canvas.axes
        self._draw_fixed_parts(self._ax)
        self._canvas.keep_fixed_parts()
        self._player = Player(lambda _: self._content(), self._on_click, self._on_hand)
        self._lock = self._player.lock
        self._player.tour = True
        limits = {"xlim": list(self._ax.get_xlim()), "ylim": list(self._ax.get_ylim()), "axes": [0, 1]}
        named = {"hands": self.hands, "marks": self.marks}
        self._player.panel = self._canvas.edges_of(self._ax) | limits | named
        super().__init__([widgets.HBox([*sliders, self._back, *others], layout=WRAP), self._player])
        self.add_class("gmm-controls")
        for i, slider in enumerate(sliders):
            slider.observe(partial(self._on_slide, i), "value")

    def close(self) -> None:
        """Take the explorer off the page, and let go of its points."""
        close_all(self)

    def go_to_the_maximum(self) -> None:
        """Go to where the maximum is."""
        with self._lock:
            self._put(self._maximum())

    def back(self) -> None:
        """Take back the last move; at the first place, do nothing."""
        with self._lock:
            if self._before:
                self._go(self._before.pop())

    def freeze(self) -> str:
        """Return a tour from here to the maximum and past it, as HTML that needs no Python, widgets or network."""
        return freeze(*self.film())

    def film(self) -> tuple[dict, list[tuple[dict, bytes]]]:
        """Return what :meth:`freeze` makes a player of: (told, contents), as `player.freeze` has it."""
        with self._lock:
            contents = [self._content(place) for place in self._tour()]
        for number, (words, _) in enumerate(contents, start=1):
            position = say("tour", "position", number=number, last=len(contents))
            words |= {"position": position, "theta": None}  # on a page nothing can be dragged
        tour = {"position": {"edition": 0, "frame": 0, "stride": 1}, "last_frame": len(contents) - 1}
        tour |= {"interval": 2 * TICK, "narrow": False, "panel": {}}
        return self._player.settings() | tour, contents

    # What a subclass says.

    _draw_fixed_parts: Callable[[Axes], None]
    _artists: Callable[[Axes], list]  # what is drawn at the present place
    _sentence: Callable[[], str]
    _maximum: Callable[[], np.ndarray]  # its place
    _dragged: Callable  # the place where a hand wants to be: (mean, covariance, component), one of the first two None

    def _table(self) -> str:
        """What stands below the sentence, as HTML."""
        return ""

    def _on_place(self, place: np.ndarray) -> None:
        """Hear of a click on the panel, at a place in its coordinates."""

    def _in_hand(self) -> list:
        """Proportions, means and covariances of what can be dragged, as lists; by default one point on the panel."""
        return [[1], [self._place[:2].tolist()], [[[1, 0], [0, 1]]]]

    def _values(self):
        """What the sliders show: exactly where they were put, though the browser rounds that to a step."""
        return self._place

    def _follow(self, i, value):
        """The place where the slider i has led."""
        place = self._place.copy()
        place[i] = value
        return place

    def _tour(self) -> Iterable:
        """The places of the tour."""
        places = self._place + WAY[:, None] * (self._maximum() - self._place)
        return [place for place in places if np.allclose(place, self._within_reach(place))]

    # Moves.

    def _on_slide(self, i, change):
        with self._lock:
            slider = change.owner
            known = np.clip(self._values()[i], slider.min, slider.max)
            if abs(slider.value - known) > 0.51 * slider.step:  # else the program has moved it
                self._put(self._follow(i, slider.value), by_slider=True)

    def _on_click(self, across, down):
        place = self._canvas.place_on(self._ax, across, down)
        if place is not None:
            self._on_place(place)

    def _on_hand(self, message):
        try:
            place = self._dragged(message.get("mean"), message.get("covariance"), message["component"])
        except ValueError as error:
            return {"refused": str(error)}
        if message["done"]:
            self._put(place)
            return None
        words, png = self._content(place)
        return words | {"picture": in_the_page(png)}

    def _move_to(self, place):
        """Go to a place, if the sliders reach it."""
        for slider, value in zip(self._sliders, place, strict=False):
            if not slider.min <= value <= slider.max:
                limits = f"{slider.min:.4g} and {slider.max:.4g}"
                raise ValueError(f"{slider.description} must lie between {limits}, but it is {value:.4g}")
        with self._lock:
            self._put(np.array(place, dtype=float))

    def _within_reach(self, place):
        """The nearest place that the sliders reach."""
        return np.clip(place, [slider.min for slider in self._sliders], [slider.max for slider in self._sliders])

    def _put(self, place, by_slider=False):
        """Go to a place from which *Back* leads back; all that one slider does is one move."""
        if not (by_slider and self._slid):
            self._before.append(self._place)
        self._go(place, by_slider)

    def _go(self, place, by_slider=False):
        self._place, self._slid = place, by_slider
        self._back.disabled = not self._before
        for slider, value in zip(self._sliders, self._values(), strict=False):
            slider.value = float(value)
        self._show()

    def _show(self):
        """Let the browser ask anew for the one frame that there is."""
        with self._lock, self._player.hold_sync():
            self._player.edition += 1
            self._player.go(0, 1)

    def _content(self, place=None):
        """The words and the picture of a place; without one, of where the reader is."""
        here = self._place
        self._place = here if place is None else place
        try:
            sentence = with_long_minus(self._sentence())
            subject = say(self.room, "subject")
            alternative = f"{subject}. {sentence}".replace("\n", " ")
            words = {"sentence": sentence, "table": with_long_minus(self._table()), "alt": alternative}
            words |= {"wrong": False, "question": "", "position": "", "theta": self._in_hand()}
            return words, self._canvas.png([*self._artists(self._ax), title(self._ax, subject)])
        finally:
            self._place = here


def button(words: str, action: Callable[[], None]) -> widgets.Button:
    """A button above the picture, as wide as its words."""
    made = widgets.Button(description=words, layout=widgets.Layout(width="auto"))
    made.on_click(lambda _: action())
    return made


def slider(name: str, value: float, low: float, high: float) -> widgets.FloatSlider:
    """A slider above the picture, in a thousand steps."""
    step = (high - low) / 1000
    looks = {"readout_format": readout(low, high, step), "layout": width(330)}
    return widgets.FloatSlider(value=value, min=low, max=high, step=step, description=name, **looks)
