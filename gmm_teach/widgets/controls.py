"""Everything that the stepper keeps behind one control: another start, other points, another look.

Each tab reads what the reader chose, and asks the stepper for it. Invalid input is reported and changes nothing.
Choices may arrive on several threads while the controls are being set, so each is taken from its own message and not
from the control.
"""

from functools import partial
from html import escape

import ipywidgets as widgets
import numpy as np
from ipywidgets import Button, Checkbox, Dropdown, FileUpload, FloatSlider, IntText, Textarea, ToggleButton

from .. import starts
from ..datasets import NAMED_SETS, read_csv
from ..mixture import Mixture
from ..plots import PALETTES
from .layout import WRAP, readout, show, width
from .picture import BESIDE, WIDTH, with_margin
from .sheet import Sheet
from .typed import parse_mixture, write_numbers
from .words import say

STARTS = {
    "K-means": starts.k_means,
    "K-means clusters": starts.k_means_clusters,
    "random points": starts.random_points,
    "random responsibilities": starts.random_responsibilities,
}
GIVEN, BY_HAND, TYPED = "given", "by hand", "typed"
NOTHING = ""  # as a choice; a dropdown shows None as blank
SPEEDS = {"slow": 1400, "normal": 700, "fast": 150}


class More(widgets.VBox):
    """The control, what it opens (three tabs), and a message where something went wrong."""

    def __init__(self, stepper):
        self._stepper, self._refreshing, self.message = stepper, False, ""
        self._message = widgets.HTML()
        self.start, self.data, self.look = StartTab(stepper, self), PointsTab(stepper, self), LookTab(stepper, self)
        self._tabs = [self.start, self.data, self.look]
        tabs = widgets.Tab(self._tabs, titles=[say("more", name) for name in ("start", "points", "look")])
        self.switch = self.control("more", ToggleButton, "more", 80)
        self._behind = widgets.VBox([self._message, tabs])
        show(self._behind, False)
        self.switch.observe(lambda change: show(self._behind, change.new), "value")
        super().__init__([self.switch, self._behind], layout=widgets.Layout(max_width=f"{WIDTH}px"))
        self.add_class("gmm-controls")

    def control(self, room, kind, name, pixels, action=None, **settings):
        """A control with its name of a room of words.json; action(value), for a button action(), is attempted."""
        described = {"description": say(room, name), "tooltip": say(room, f"{name}_title")}
        control = kind(**described, layout=width(pixels), **settings)
        if kind is Button:
            control.on_click(lambda _: self.attempt(action))
        elif action:
            control.observe(lambda change: self.attempt(action, change.new), "value")
        if control.style.has_trait("description_width"):  # else the name is on a button
            control.style.description_width = "initial"
        return control

    def say(self, message, wrong=True):
        """Show a message, in red where something went wrong, and keep it as `message`."""
        self.message = message
        color = "color:#b00020" if wrong else ""
        self._message.value = f"<div role='alert' style='{color};white-space:pre-line'>{escape(message)}</div>"

    def attempt(self, action, *values):
        """Do what a control asks for; if it cannot be, say why and show what still holds."""
        with self._stepper.player.lock:
            if self._refreshing:
                return
            self.say("")
            try:
                action(*values)
            except (ImportError, TypeError, ValueError) as error:
                self.say(say("more", "nothing_changed", why=error))
                self.refresh()

    def refresh(self):
        """Make every control show what holds."""
        self._refreshing = True
        for tab in self._tabs:
            tab.refresh()
        self._refreshing = False


class StartTab(widgets.VBox):
    """Where EM starts: a recipe, a mean moved by hand, or parameters typed in."""

    def __init__(self, stepper, more):
        self._stepper, self._more, control = stepper, more, partial(more.control, "start")
        self._written = None  # the run whose start stands in the three texts
        self.k = control(Dropdown, "k", 90, lambda K: self._begin(K=K))
        self.kind = control(Dropdown, "kind", 230, lambda kind: self._begin(kind=kind))
        self.seed = control(IntText, "seed", 130, lambda seed: self._begin(seed=seed))
        self.by_hand = control(ToggleButton, "by_hand", 120, stepper.fit_by_hand)
        forget = control(Button, "forget", 180, stepper.forget_earlier)
        self.mean = control(Dropdown, "mean", 150, lambda _: more.refresh())
        self.sliders = [control(FloatSlider, "slider", 300, continuous_update=False) for _ in "xy"]
        for slider in self.sliders:
            slider.observe(self._on_slide, "value")
        typed = [control(Textarea, name, 640, rows=2) for name in ("proportions", "means", "covariances")]
        self.proportions, self.means, self.covariances = typed
        self.use_typed = control(Button, "use_typed", 150, self._use_typed)
        rows = [self.k, self.kind, self.seed, self.by_hand, forget], [self.mean, *self.sliders]
        rows = [widgets.HBox(row, layout=WRAP) for row in rows]
        super().__init__([*rows, widgets.VBox([*typed, self.use_typed])])

    def refresh(self):
        """Show the start of the present run."""
        stepper = self._stepper
        start, kind = stepper.playback.states[0].mixture, stepper.start_name.partition(",")[0]
        kinds = [GIVEN, *STARTS] if stepper.given_start else list(STARTS)
        self.kind.options = kinds if kind in kinds else [*kinds, kind]
        self.kind.value = kind
        self.k.options = sorted({*range(1, min(8, len(stepper.playback.x)) + 1), start.K})
        self.k.value = start.K
        self.seed.value, self.by_hand.value = stepper.seed, stepper.by_hand
        self.k.disabled = self.seed.disabled = kind not in STARTS
        chosen, means = self.mean.value, [(say("start", "mean_k", k=k + 1), k) for k in range(start.K)]
        self.mean.options = [(say("start", "no_mean"), NOTHING), *means]
        self.mean.value = chosen if chosen in range(start.K) else NOTHING
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

    def _begin(self, **chosen):
        """Begin with what the reader has just chosen, and with the other controls as they stand."""
        recipe = {"kind": self.kind.value, "K": self.k.value, "seed": self.seed.value} | chosen
        stepper, kind = self._stepper, recipe["kind"]
        if kind == GIVEN and stepper.given_start:
            stepper.begin(stepper.given_start, GIVEN)
        elif kind in STARTS:
            start = STARTS[kind](stepper.playback.x, recipe["K"], recipe["seed"])
            stepper.seed = recipe["seed"]
            stepper.begin(start, say("start", "recipe", **recipe))

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
            self._more.attempt(stepper.begin, Mixture(start.proportions, means, start.covariances), BY_HAND)

    def _use_typed(self):
        typed = parse_mixture(self.proportions.value, self.means.value, self.covariances.value)
        self._stepper.begin(typed, TYPED)


class PointsTab(widgets.VBox):
    """Other points: a named set, a CSV file, pasted rows, or points drawn by clicking."""

    def __init__(self, stepper, more):
        self._stepper, self._more, control = stepper, more, partial(more.control, "points")
        sets = [(say("points", "no_set"), NOTHING), *NAMED_SETS.items()]
        self.named = control(Dropdown, "named", 330, self._use_named, options=sets)
        self.upload = control(FileUpload, "upload", 150, self._use_upload, accept=".csv,.tsv,.txt")
        self.text = control(Textarea, "text", 460, rows=4, placeholder="1.2, 3.4\n5.6, 7.8")
        self.use_rows = control(Button, "use_rows", 130, lambda: self._use(read_csv(self.text.value)))
        self.drawing = control(ToggleButton, "drawing", 130, self._draw)
        self.clouds = control(Checkbox, "clouds", 160, self._toggle_clouds, indent=False)
        self.undo = control(Button, "undo", 80, self._undo)
        self.use_drawn = control(Button, "use_drawn", 170, self._use_drawn)
        self._while_drawing = [self.clouds, self.undo, self.use_drawn]
        rows = [self.named, self.upload], [self.text, self.use_rows], [self.drawing, *self._while_drawing]
        super().__init__([widgets.HBox(row, layout=WRAP) for row in rows])

    def refresh(self):
        """Show whether a sheet is being drawn on."""
        sheet = self._stepper.sheet
        self.drawing.value = sheet is not None
        self.clouds.value = sheet is not None and sheet.clouds
        for control in self._while_drawing:
            control.disabled = sheet is None

    def _use(self, dataset, named=False):
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

    def _draw(self, on):
        self._stepper.draw_by_hand(Sheet() if on else None)

    # A click may arrive after a control went grey.

    def _toggle_clouds(self, on):
        if self._stepper.sheet:
            self._stepper.sheet.clouds = on

    def _undo(self):
        if self._stepper.sheet:
            self._stepper.sheet.undo()
            self._stepper.draw_by_hand(self._stepper.sheet)

    def _use_drawn(self):
        if self._stepper.sheet:
            self._use(self._stepper.sheet.dataset())


class LookTab(widgets.VBox):
    """What is drawn, and how: one control for each field of Look."""

    def __init__(self, stepper, more):
        self._stepper, self._more, control = stepper, more, partial(more.control, "look")
        colours = [(say("look", f"{name}_choice"), name == "soft") for name in ("hard", "soft")]
        speeds = [(say("look", name), speed) for name, speed in SPEEDS.items()]
        choices = {
            "soft": (150, colours),
            "sized_by": (230, []),
            "beside": (200, BESIDE),
            "palette": (230, list(PALETTES)),
        }
        self.fields = {}
        for name, (pixels, options) in choices.items():
            self.fields[name] = control(Dropdown, name, pixels, partial(self._restyle, name), options=options)
        for name in ("contours", "regions", "equal", "zoom", "lecture"):
            self.fields[name] = control(Checkbox, name, 160, partial(self._restyle, name), indent=False)
        colours, sizes, beside, palette, contours, regions, equal, zoom, lecture = self.fields.values()
        self.truth = control(Checkbox, "truth", 160, self._show_truth, indent=False)
        self.speed = control(Dropdown, "speed", 140, options=speeds, value=SPEEDS["normal"])
        widgets.dlink((self.speed, "value"), (stepper.player, "interval"))
        names = "across", "up"
        self.axes = [control(Dropdown, name, 240, partial(self._choose_axis, i)) for i, name in enumerate(names)]
        rows = [colours, sizes, beside], [contours, regions, self.truth, equal, zoom], [palette, self.speed, lecture]
        super().__init__([widgets.HBox(row, layout=WRAP) for row in (*rows, self.axes)])

    def refresh(self):
        """Show how the run is drawn."""
        stepper = self._stepper
        look, K = stepper.look, stepper.playback.states[0].mixture.K
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

    def _restyle(self, name, value):
        self._stepper.restyle(**{name: None if value == NOTHING else value})

    def _show_truth(self, on):
        self._stepper.restyle(truth=self._stepper.true_mixture if on else None)

    def _choose_axis(self, place, j):
        axes = list(self._stepper.coordinates)
        if j == axes[1 - place]:
            axes.reverse()  # the reader chose the other one's coordinate: the two change places
        else:
            axes[place] = j
        self._stepper.show_axes(*axes)
