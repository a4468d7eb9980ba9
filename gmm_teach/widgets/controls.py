"""Everything that the stepper keeps behind one control: another start, other points, another look.

Each tab reads what the reader chose, and asks the stepper for it. Invalid input is reported and changes nothing.
Choices may arrive on several threads while the controls are being set, so each is taken from its own message and not
from the control.
"""

from html import escape

import ipywidgets as widgets
import numpy as np

from .. import starts
from ..datasets import NAMED_SETS, read_csv
from ..mixture import Mixture
from ..plots import PALETTES
from .layout import WRAP, readout, show, width
from .picture import BESIDE, WIDTH, with_margin
from .sheet import Sheet
from .typed import parse_mixture, write_numbers

STARTS = {
    "K-means": starts.k_means,
    "K-means clusters": starts.k_means_clusters,
    "random points": starts.random_points,
    "random responsibilities": starts.random_responsibilities,
}
GIVEN, BY_HAND, TYPED = "given", "by hand", "typed"
NOTHING = ""  # as a choice; a dropdown shows None as blank
NO_MEAN, ALL_ALIKE, NO_SET = ("no mean", NOTHING), ("all alike", NOTHING), ("choose one", NOTHING)
SPEEDS = {"slow": 1400, "normal": 700, "fast": 150}


def _labelled(kind, text, pixels, tooltip, **settings):
    """A control with its name in front of it."""
    control = kind(description=text, tooltip=tooltip, layout=width(pixels), **settings)
    if control.style.has_trait("description_width"):  # else the name is on a button
        control.style.description_width = "initial"
    return control


def _choice(text, pixels, tooltip, options, **settings):
    return _labelled(widgets.Dropdown, text, pixels, tooltip, options=options, **settings)


def _row(*controls):
    return widgets.HBox(controls, layout=WRAP)


def _checkbox(text, tooltip):
    return widgets.Checkbox(description=text, tooltip=tooltip, indent=False, layout=width(160))


class More(widgets.VBox):
    """The control, what it opens (three tabs), and a message where something went wrong."""

    def __init__(self, stepper):
        self._stepper, self._refreshing, self.message = stepper, False, ""
        self._message = widgets.HTML()
        self.start = StartTab(stepper, self)
        self.data = PointsTab(stepper, self)
        self.look = LookTab(stepper, self)
        tabs = widgets.Tab([self.start, self.data, self.look], titles=["Start", "Points", "Look"])
        tooltip = "Another start, other points, another look"
        self.switch = _labelled(widgets.ToggleButton, "More", 80, tooltip)
        self._behind = widgets.VBox([self._message, tabs])
        show(self._behind, False)
        self.switch.observe(lambda change: show(self._behind, change.new), "value")
        super().__init__([self.switch, self._behind], layout=widgets.Layout(max_width=f"{WIDTH}px"))

    def say(self, message, wrong=True):
        """Show a message, in red where something went wrong, and keep it as `message`."""
        self.message = message
        color = "color:#b00020" if wrong else ""
        self._message.value = f"<div role='alert' style='{color};white-space:pre-line'>{escape(message)}</div>"

    def hear(self, control, action):
        """Let action(value) be attempted for each value that the reader gives a control."""
        control.observe(lambda change: self.attempt(lambda: action(change.new)), "value")

    def button(self, text, pixels, tooltip, action):
        """A button that attempts what it is for."""
        button = _labelled(widgets.Button, text, pixels, tooltip)
        button.on_click(lambda _: self.attempt(action))
        return button

    def attempt(self, action):
        """Do what a control asks for; if it cannot be, say why and show what still holds."""
        with self._stepper.player.lock:
            if self._refreshing:
                return
            self.say("")
            try:
                action()
            except (ImportError, TypeError, ValueError) as error:
                self.say(f"{error}. Nothing has changed.")
                self.refresh()

    def refresh(self):
        """Make every control show what holds."""
        self._refreshing = True
        for tab in (self.start, self.data, self.look):
            tab.refresh()
        self._refreshing = False


class StartTab(widgets.VBox):
    """Where EM starts: a recipe, a mean moved by hand, or parameters typed in."""

    def __init__(self, stepper, more):
        self._stepper, self._more, self._written = stepper, more, None
        self.k = _choice("K", 90, "How many components", [1])
        self.kind = _choice("start", 230, "How step 0 is found", list(STARTS))
        self.seed = _labelled(widgets.IntText, "seed", 130, "For the starts that draw at random")
        self.mean = _choice("move", 150, "Move this mean: click on the figure", [NO_MEAN])
        where = "Where the chosen mean starts"
        self.sliders = [_labelled(widgets.FloatSlider, "", 300, where, continuous_update=False) for _ in "xy"]
        self.proportions, self.means, self.covariances = (
            _labelled(widgets.Textarea, name, 640, f"Of all components, in brackets, like now: {name}", rows=2)
            for name in ("proportions", "means", "covariances")
        )
        self.use_typed = more.button("Start from these", 150, "Run EM from the parameters as typed", self._use_typed)
        tooltip = "EM waits while you drag the crosses and ellipses; your log L stands beside the best that EM found"
        self.by_hand = _labelled(widgets.ToggleButton, "Fit by hand", 120, tooltip)
        forget = more.button("Forget earlier curves", 180, "Take the thin lines off the curve", stepper.forget_earlier)
        by_typing = widgets.VBox([self.proportions, self.means, self.covariances, self.use_typed])
        rows = [self.k, self.kind, self.seed, self.by_hand, forget], [self.mean, *self.sliders]
        super().__init__([*(_row(*row) for row in rows), by_typing])
        more.hear(self.k, lambda K: self._begin(K=K))
        more.hear(self.kind, lambda kind: self._begin(kind=kind))
        more.hear(self.seed, lambda seed: self._begin(seed=seed))
        more.hear(self.mean, self._choose_mean)
        more.hear(self.by_hand, stepper.fit_by_hand)
        for slider in self.sliders:
            slider.observe(self._on_slide, "value")

    def refresh(self):
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
        self.mean.options = [NO_MEAN, *((f"mean {k + 1}", k) for k in range(K))]
        self.mean.value = chosen if chosen in range(K) else NOTHING
        if chosen != self.mean.value:
            stepper.take_clicks(None)  # the mean that clicks moved is no more
        self._show_sliders(start)
        if stepper.playback is not self._written:  # else the reader's own typing would be lost
            self._written = stepper.playback
            self.proportions.value = write_numbers(start.proportions)
            self.means.value = write_numbers(start.means)
            self.covariances.value = write_numbers(start.covariances)

    def _show_sliders(self, start):
        k, stepper = self.mean.value, self._stepper
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
        if kind == GIVEN:
            stepper.begin(stepper.given_start, GIVEN)
        elif kind in STARTS:
            start = STARTS[kind](stepper.playback.x, K, seed)
            stepper.seed = seed
            stepper.begin(start, f"{kind}, K = {K}, seed {seed}")

    def _choose_mean(self, k):
        self.mean.value = k
        self._stepper.take_clicks(None if k == NOTHING else self.move_to)
        self._more.refresh()

    def move_to(self, place):
        """Start with the chosen mean at a place on the panel of points."""
        self._more.attempt(lambda: self._move(place))

    def _move(self, place):
        stepper = self._stepper
        start = stepper.playback.states[0].mixture
        means = start.means.copy()
        means[self.mean.value, list(stepper.coordinates)] = place[: len(stepper.coordinates)]
        stepper.begin(Mixture(start.proportions, means, start.covariances), BY_HAND)

    def _on_slide(self, change):
        stepper, k = self._stepper, self.mean.value
        if k == NOTHING:
            return
        here = stepper.playback.states[0].mixture.means[k, list(stepper.coordinates)]
        place = here.copy()
        for i, slider in enumerate(self.sliders[: len(here)]):
            if abs(slider.value - here[i]) > 0.51 * slider.step:  # else the browser has only rounded it
                place[i] = slider.value
        if (place != here).any():
            self.move_to(place)

    def _use_typed(self):
        typed = parse_mixture(self.proportions.value, self.means.value, self.covariances.value)
        self._stepper.begin(typed, TYPED)


class PointsTab(widgets.VBox):
    """Other points: a named set, a CSV file, pasted rows, or points drawn by clicking."""

    def __init__(self, stepper, more):
        self._stepper, self._more = stepper, more
        self.named = _choice("a set", 330, "Points that come with gmm_teach", [NO_SET, *NAMED_SETS.items()])
        tooltip, files = "Two or more columns of numbers", ".csv,.tsv,.txt"
        self.upload = _labelled(widgets.FileUpload, "a CSV file", 150, tooltip, accept=files)
        tooltip, example = "Paste rows of two or more numbers", "1.2, 3.4\n5.6, 7.8"
        self.text = _labelled(widgets.Textarea, "rows", 460, tooltip, rows=4, placeholder=example)
        self.use_rows = more.button(
            "Use the rows", 130, "Run EM on the pasted rows", lambda: self._use(read_csv(self.text.value))
        )
        self.drawing = _labelled(widgets.ToggleButton, "Draw points", 130, "Click on an empty sheet")
        self.clouds = _checkbox("ten a click", "A click draws ten points around it, not one")
        self.undo = more.button("Undo", 80, "Take the last click back", self._undo)
        self.use_drawn = more.button("Use the drawn points", 170, "Run EM on the sheet", self._use_drawn)
        self._while_drawing = [self.clouds, self.undo, self.use_drawn]
        rows = [self.named, self.upload], [self.text, self.use_rows], [self.drawing, *self._while_drawing]
        super().__init__([_row(*row) for row in rows])
        more.hear(self.named, self._use_named)
        more.hear(self.upload, self._use_upload)
        more.hear(self.drawing, lambda on: stepper.draw_by_hand(Sheet() if on else None))
        more.hear(self.clouds, self._toggle_clouds)

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
        self._more.say(f"{len(dataset.x)} points. {dataset.source}", wrong=False)

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

    def __init__(self, stepper, more):
        self._stepper = stepper
        soft = "Soft: mixed by responsibility, with a rim where no component has 95 %"
        sizes = "The responsibilities of one component, as sizes of the points"
        large = "Large type, few buttons, and a question before each step"
        self.fields = {
            "soft": _choice("colours", 150, soft, [("hard", False), ("soft", True)]),
            "sized_by": _choice("sizes", 230, sizes, [ALL_ALIKE]),
            "beside": _choice("beside", 200, "One more panel, beside the points", BESIDE),
            "contours": _checkbox("density contours", "Where the density is 1/2, 1/4, 1/8, ... of its maximum"),
            "regions": _checkbox("decision regions", "Which component would have a point that lay there"),
            "equal": _checkbox(
                "equal scales", "A unit across is as long as a unit up, so that a round cluster looks round"
            ),
            "palette": _choice("palette", 230, "The colours of the components", list(PALETTES)),
            "lecture": _checkbox("lecture", large),
        }
        colours, sizes, beside, contours, regions, equal, palette, lecture = self.fields.values()
        self.truth = _checkbox("true mixture", "What the points were drawn from, dotted")
        self.speed = _choice("play", 140, "How fast Play goes", SPEEDS, value=SPEEDS["normal"])
        self.axes = [_choice(text, 240, "A coordinate to draw", [0]) for text in ("across", "up")]
        rows = [colours, sizes, beside], [contours, regions, self.truth, equal], [palette, self.speed, lecture]
        super().__init__([_row(*row) for row in (*rows, self.axes)])
        for name, control in self.fields.items():
            more.hear(control, lambda value, name=name: stepper.restyle(**{name: None if value == NOTHING else value}))
        more.hear(self.truth, lambda on: stepper.restyle(truth=stepper.true_mixture if on else None))
        self.speed.observe(lambda change: setattr(stepper.player, "interval", change.new), "value")
        for place, choice in enumerate(self.axes):
            more.hear(choice, lambda j, place=place: self._choose_axis(place, j))

    def refresh(self):
        """Show how the run is drawn."""
        stepper = self._stepper
        look, K = stepper.look, len(stepper.playback.states[0].mixture.proportions)
        self.fields["sized_by"].options = [ALL_ALIKE, *((f"share of component {k + 1}", k) for k in range(K))]
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
