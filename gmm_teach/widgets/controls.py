"""Everything that the stepper keeps behind one control: another start, other points, another look.

Each tab reads what the reader chose, and asks the stepper for it. Invalid input is reported and changes nothing.
Choices may arrive on several threads while the controls are being set, so each is taken from its own message and not
from the control.
"""

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np

from .. import starts
from ..datasets import NAMED_SETS, Dataset, read_csv
from ..mixture import Mixture
from ..plots import PALETTES
from .layout import WRAP, readout, show, width
from .picture import BESIDE, WIDTH, with_margin
from .sheet import Sheet
from .typed import parse_mixture, write_numbers
from .words import say

Stepper = Any  # that of stepper.py, which imports this module

STARTS = {
    "K-means": starts.k_means,
    "K-means clusters": starts.k_means_clusters,
    "random points": starts.random_points,
    "random responsibilities": starts.random_responsibilities,
}
GIVEN, BY_HAND, TYPED = "given", "by hand", "typed"
NOTHING = ""  # as a choice; a dropdown shows None as blank
SPEEDS = {"slow": 1400, "normal": 700, "fast": 150}


def _labelled(kind: type, room: str, name: str, pixels: int, **settings: Any) -> Any:
    """A control of a room of words.json, with its name on it or in front of it."""
    described = {"description": say(room, name), "tooltip": say(room, f"{name}_title")}
    control = kind(**described, layout=width(pixels), **settings)
    if control.style.has_trait("description_width"):  # else the name is on a button
        control.style.description_width = "initial"
    return control


def _choice(room: str, name: str, pixels: int, options: Any, **settings: Any) -> widgets.Dropdown:
    return _labelled(widgets.Dropdown, room, name, pixels, options=options, **settings)


def _checkbox(room: str, name: str) -> widgets.Checkbox:
    return _labelled(widgets.Checkbox, room, name, 160, indent=False)


def _row(*controls: widgets.Widget) -> widgets.HBox:
    return widgets.HBox(controls, layout=WRAP)


class More(widgets.VBox):
    """The control, what it opens (three tabs), and a message where something went wrong."""

    def __init__(self, stepper: Stepper) -> None:
        self._stepper, self._refreshing, self.message = stepper, False, ""
        self._message = widgets.HTML()
        self.start = StartTab(stepper, self)
        self.data = PointsTab(stepper, self)
        self.look = LookTab(stepper, self)
        self._tabs = [self.start, self.data, self.look]
        tabs = widgets.Tab(self._tabs, titles=[say("more", name) for name in ("start", "points", "look")])
        self.switch = _labelled(widgets.ToggleButton, "more", "more", 80)
        self._behind = widgets.VBox([self._message, tabs])
        show(self._behind, False)
        self.switch.observe(lambda change: show(self._behind, change.new), "value")
        super().__init__([self.switch, self._behind], layout=widgets.Layout(max_width=f"{WIDTH}px"))
        self.add_class("gmm-controls")

    def say(self, message: str, wrong: bool = True) -> None:
        """Show a message, in red where something went wrong, and keep it as `message`."""
        self.message = message
        color = "color:#b00020" if wrong else ""
        self._message.value = f"<div role='alert' style='{color};white-space:pre-line'>{escape(message)}</div>"

    def hear(self, control: widgets.Widget, action: Callable[[Any], None]) -> None:
        """Let action(value) be attempted for each value that the reader gives a control."""
        control.observe(lambda change: self.attempt(lambda: action(change.new)), "value")

    def button(self, room: str, name: str, pixels: int, action: Callable[[], None]) -> widgets.Button:
        """A button that attempts what it is for."""
        button = _labelled(widgets.Button, room, name, pixels)
        button.on_click(lambda _: self.attempt(action))
        return button

    def attempt(self, action: Callable[[], None]) -> None:
        """Do what a control asks for; if it cannot be, say why and show what still holds."""
        with self._stepper.player.lock:
            if self._refreshing:
                return
            self.say("")
            try:
                action()
            except (ImportError, TypeError, ValueError) as error:
                self.say(say("more", "nothing_changed", why=error))
                self.refresh()

    def refresh(self) -> None:
        """Make every control show what holds."""
        self._refreshing = True
        for tab in self._tabs:
            tab.refresh()
        self._refreshing = False


class StartTab(widgets.VBox):
    """Where EM starts: a recipe, a mean moved by hand, or parameters typed in."""

    def __init__(self, stepper: Stepper, more: More) -> None:
        self._stepper, self._more, self._written = stepper, more, None
        self.k = _choice("start", "k", 90, [1])
        self.kind = _choice("start", "kind", 230, list(STARTS))
        self.seed = _labelled(widgets.IntText, "start", "seed", 130)
        self.mean = _choice("start", "mean", 150, [NOTHING])
        self.sliders = [_labelled(widgets.FloatSlider, "start", "slider", 300, continuous_update=False) for _ in "xy"]
        names = "proportions", "means", "covariances"
        self.proportions, self.means, self.covariances = (
            _labelled(widgets.Textarea, "start", name, 640, rows=2) for name in names
        )
        self.use_typed = more.button("start", "use_typed", 150, self._use_typed)
        self.by_hand = _labelled(widgets.ToggleButton, "start", "by_hand", 120)
        forget = more.button("start", "forget", 180, stepper.forget_earlier)
        by_typing = widgets.VBox([self.proportions, self.means, self.covariances, self.use_typed])
        rows = [self.k, self.kind, self.seed, self.by_hand, forget], [self.mean, *self.sliders]
        super().__init__([*(_row(*row) for row in rows), by_typing])
        more.hear(self.k, lambda K: self._begin(K=K))
        more.hear(self.kind, lambda kind: self._begin(kind=kind))
        more.hear(self.seed, lambda seed: self._begin(seed=seed))
        more.hear(self.mean, lambda _: more.refresh())
        more.hear(self.by_hand, stepper.fit_by_hand)
        for slider in self.sliders:
            slider.observe(self._on_slide, "value")

    def refresh(self) -> None:
        """Show the start of the present run."""
        stepper = self._stepper
        start, kind = stepper.playback.states[0].mixture, stepper.start_name.partition(",")[0]
        K = len(start.proportions)
        kinds = [GIVEN] * (stepper.given_start is not None) + list(STARTS)
        self.kind.options = kinds if kind in kinds else [*kinds, kind]
        self.kind.value = kind
        self.k.options = sorted({*range(1, min(8, len(stepper.playback.x)) + 1), K})
        self.k.value = K
        self.seed.value, self.by_hand.value = stepper.seed, stepper.by_hand
        self.k.disabled = self.seed.disabled = kind not in STARTS
        chosen = self.mean.value
        self.mean.options = [
            (say("start", "no_mean"), NOTHING),
            *((say("start", "mean_k", k=k + 1), k) for k in range(K)),
        ]
        self.mean.value = chosen if chosen in range(K) else NOTHING
        self._show_sliders()
        if stepper.playback is not self._written:  # else the reader's own typing would be lost
            self._written = stepper.playback
            self.proportions.value = write_numbers(start.proportions)
            self.means.value = write_numbers(start.means)
            self.covariances.value = write_numbers(start.covariances)

    def _show_sliders(self):
        k, stepper = self.mean.value, self._stepper
        start = stepper.playback.states[0].mixture
        for slider in self.sliders:
            show(slider, False)
        if k == NOTHING:
            return
        for slider, j in zip(self.sliders, stepper.coordinates, strict=False):
            low, high = with_margin(np.append(stepper.playback.x[:, j], start.means[:, j]))
            slider.min = min(low, slider.min)  # so that min never passes max on the way
            slider.max = high
            slider.min, slider.step = low, (high - low) / 200
            slider.readout_format = readout(low, high, slider.step)
            slider.value, slider.description = start.means[k, j], stepper.columns[j]
            show(slider)

    def _begin(self, kind=None, K=None, seed=None):
        """Begin with what the reader has just chosen, and with the other controls as they stand."""
        stepper = self._stepper
        kind = self.kind.value if kind is None else kind
        K = self.k.value if K is None else K
        seed = self.seed.value if seed is None else seed
        if kind == GIVEN and stepper.given_start:
            stepper.begin(stepper.given_start, GIVEN)
        elif kind in STARTS:
            start = STARTS[kind](stepper.playback.x, K, seed)
            stepper.seed = seed
            stepper.begin(start, say("start", "recipe", kind=kind, K=K, seed=seed))

    def _on_slide(self, _):
        """Start with the chosen mean where its sliders say."""
        stepper, k = self._stepper, self.mean.value
        start = stepper.playback.states[0].mixture
        if k == NOTHING:
            return
        means = start.means.copy()
        for slider, j in zip(self.sliders, stepper.coordinates, strict=False):
            if abs(slider.value - means[k, j]) > 0.51 * slider.step:  # else the browser has only rounded it
                means[k, j] = slider.value
        if (means != start.means).any():
            moved = Mixture(start.proportions, means, start.covariances)
            self._more.attempt(lambda: stepper.begin(moved, BY_HAND))

    def _use_typed(self):
        typed = parse_mixture(self.proportions.value, self.means.value, self.covariances.value)
        self._stepper.begin(typed, TYPED)


class PointsTab(widgets.VBox):
    """Other points: a named set, a CSV file, pasted rows, or points drawn by clicking."""

    def __init__(self, stepper: Stepper, more: More) -> None:
        self._stepper, self._more = stepper, more
        self.named = _choice("points", "named", 330, [(say("points", "no_set"), NOTHING), *NAMED_SETS.items()])
        self.upload = _labelled(widgets.FileUpload, "points", "upload", 150, accept=".csv,.tsv,.txt")
        self.text = _labelled(widgets.Textarea, "points", "text", 460, rows=4, placeholder="1.2, 3.4\n5.6, 7.8")
        self.use_rows = more.button("points", "use_rows", 130, lambda: self._use(read_csv(self.text.value)))
        self.drawing = _labelled(widgets.ToggleButton, "points", "drawing", 130)
        self.clouds = _checkbox("points", "clouds")
        self.undo = more.button("points", "undo", 80, self._undo)
        self.use_drawn = more.button("points", "use_drawn", 170, self._use_drawn)
        self._while_drawing = [self.clouds, self.undo, self.use_drawn]
        rows = [self.named, self.upload], [self.text, self.use_rows], [self.drawing, *self._while_drawing]
        super().__init__([_row(*row) for row in rows])
        more.hear(self.named, self._use_named)
        more.hear(self.upload, self._use_upload)
        more.hear(self.drawing, lambda on: stepper.draw_by_hand(Sheet() if on else None))
        more.hear(self.clouds, self._toggle_clouds)

    def refresh(self) -> None:
        """Show whether a sheet is being drawn on."""
        sheet = self._stepper.sheet
        self.drawing.value = sheet is not None
        self.clouds.value = sheet is not None and sheet.clouds
        for control in self._while_drawing:
            control.disabled = sheet is None

    def _use(self, dataset: Dataset, named: bool = False) -> None:
        self._stepper.use(dataset, kind="K-means" if named else "K-means clusters")
        if not named:
            self.named.value = NOTHING
        self._more.say(say("more", "used", n=len(dataset.x), source=dataset.source), wrong=False)

    def _use_named(self, load):
        if load != NOTHING:
            self._use(load(), named=True)

    def _use_upload(self, uploaded):
        if uploaded:
            self.upload.value = ()  # so that the same file may be chosen again
            self._use(read_csv(bytes(uploaded[0]["content"])))

    def _toggle_clouds(self, on):
        if self._stepper.sheet:
            self._stepper.sheet.clouds = on

    def _undo(self):
        if self._stepper.sheet:  # a click may arrive after the button went grey
            self._stepper.sheet.undo()
            self._stepper.draw_by_hand(self._stepper.sheet)

    def _use_drawn(self):
        if self._stepper.sheet:
            self._use(self._stepper.sheet.dataset())


class LookTab(widgets.VBox):
    """What is drawn, and how: one control for each field of Look."""

    def __init__(self, stepper: Stepper, more: More) -> None:
        self._stepper = stepper
        colours = [(say("look", f"{name}_choice"), name == "soft") for name in ("hard", "soft")]
        self.fields: dict[str, Any] = {
            "soft": _choice("look", "soft", 150, colours),
            "sized_by": _choice("look", "sized_by", 230, [NOTHING]),
            "beside": _choice("look", "beside", 200, BESIDE),
            "palette": _choice("look", "palette", 230, list(PALETTES)),
        }
        self.fields |= {name: _checkbox("look", name) for name in ("contours", "regions", "equal", "zoom", "lecture")}
        colours, sizes, beside, palette, contours, regions, equal, zoom, lecture = self.fields.values()
        self.truth = _checkbox("look", "truth")
        speeds = [(say("look", name), speed) for name, speed in SPEEDS.items()]
        self.speed = _choice("look", "speed", 140, speeds, value=SPEEDS["normal"])
        self.axes = [_labelled(widgets.Dropdown, "look", name, 240, options=[0]) for name in ("across", "up")]
        rows = [colours, sizes, beside], [contours, regions, self.truth, equal, zoom], [palette, self.speed, lecture]
        super().__init__([_row(*row) for row in (*rows, self.axes)])
        for name, control in self.fields.items():
            more.hear(control, lambda value, name=name: stepper.restyle(**{name: None if value == NOTHING else value}))
        more.hear(self.truth, lambda on: stepper.restyle(truth=stepper.true_mixture if on else None))
        self.speed.observe(lambda change: setattr(stepper.player, "interval", change.new), "value")
        for place, choice in enumerate(self.axes):
            more.hear(choice, lambda j, place=place: self._choose_axis(place, j))

    def refresh(self) -> None:
        """Show how the run is drawn."""
        stepper = self._stepper
        look, K = stepper.look, len(stepper.playback.states[0].mixture.proportions)
        shares = [(say("look", "share_of", k=k + 1), k) for k in range(K)]
        self.fields["sized_by"].options = [(say("look", "all_alike"), NOTHING), *shares]
        for name, control in self.fields.items():
            value = stepper.equal_scales if name == "equal" else getattr(look, name)
            control.value = NOTHING if value is None else value
        self.fields["equal"].disabled = len(stepper.columns) == 1
        self.truth.value, self.truth.disabled = look.truth is not None, stepper.true_mixture is None
        for choice, j in zip(self.axes, stepper.coordinates, strict=False):
            choice.options = [(name, j) for j, name in enumerate(stepper.columns)]
            choice.value = j
        for choice in self.axes:
            show(choice, len(stepper.columns) > 2)

    def _choose_axis(self, place, j):
        axes = list(self._stepper.coordinates)
        if j == axes[1 - place]:
            axes.reverse()  # the reader chose the other one's coordinate: the two change places
        else:
            axes[place] = j
        self._stepper.show_axes(*axes)
