"""The stepper: buttons, a slider and a table around a run of EM. The run, the picture and the table know no widgets."""

from html import escape
from threading import RLock

import ipywidgets as widgets

from . import starts
from .inputs import as_points
from .mixture import Mixture
from .picture import WIDTH, Picture
from .playback import Playback
from .tables import coordinate_names, parameter_table

STARTS = {
    "K-means": starts.k_means,
    "random points": starts.random_points,
    "random responsibilities": starts.random_responsibilities,
}
GIVEN = "given"
MILLISECONDS_A_STEP = 700


class Stepper(widgets.VBox):
    """Step through EM with your own hands: half-steps and whole steps, forwards and backwards.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points. d = 1 draws densities over a histogram; d > 2 draws two coordinates of the reader's choice.
    start : Mixture or int
        The parameters at step 0, or K for the post's start from K-means.
    max_steps : int
        Stop after this many steps at the latest.
    tol : float
        Stop when a step gains less than this many nats of total log-likelihood.
    seed : int
        For the starts that draw at random.
    columns : sequence of str, optional
        Names of the d coordinates; those of a DataFrame are taken from it.

    Attributes
    ----------
    frame : int
        The position, in half-steps. Frame 2t is theta^(t) over its own responsibilities; frame 2t+1 is theta^(t+1)
        over the responsibilities that made it.
    state : State
        What is in force at this frame.
    playback : Playback
        The whole run.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described; the message names it. A collapse is no error here: it is shown.

    Examples
    --------
    >>> from gmm_teach import datasets
    >>> post = datasets.load_post()
    >>> stepper = Stepper(post.x, post.start)
    >>> stepper.step()
    >>> stepper.state.step, stepper.frame
    (1, 2)
    >>> round(stepper.state.log_likelihood, 3)
    -3178.455
    """

    def __init__(self, x, start=3, max_steps=200, tol=1e-8, seed=0, columns=None):
        self._lock = RLock()  # messages may arrive on several threads, and there is one figure
        self._putting = False
        self._x = as_points(x)
        d = self._x.shape[1]
        self._columns = _names_of(x, columns, d)
        self._run_options = {"max_steps": max_steps, "tol": tol}
        self._given = start if isinstance(start, Mixture) else None
        self.playback = Playback(self._x, start, seed=seed, **self._run_options)
        self._make_controls(len(self.playback.states[0].mixture.proportions), seed)
        super().__init__(
            [
                widgets.HBox([self._k, self._start, self._seed, self._colours, *self._axis_choices], layout=WRAP),
                widgets.HBox([*self._buttons.values(), self._slider], layout=WRAP),
                self._sentence,
                self._image,
                self._table,
                self._timer,
            ]
        )
        self._new_picture()

    # What a program may call, and what the buttons call.

    @property
    def frame(self):
        """The position, in half-steps."""
        return self.playback.frame

    @property
    def state(self):
        """The State in force at this frame."""
        return self.playback.state

    def go(self, frame):
        """Go to a frame; ValueError where there is none."""
        with self._lock:
            self.playback.go(frame)
            self._show()

    def step(self):
        """Do an M step and an E step, or just the E step where the M step is already done."""
        with self._lock:
            self.playback.step()
            self._show()

    def m_step(self):
        """Do the M step; ValueError where the E step comes next, or the run has ended."""
        self._half_step("M")

    def e_step(self):
        """Do the E step; ValueError where the M step comes next, or the run has ended."""
        self._half_step("E")

    def back(self):
        """Take back a half-step if the last move was one, else a whole step."""
        with self._lock:
            self.playback.back()
            self._show()

    def reset(self):
        """Go to the start of the run, and stop playing."""
        with self._lock:
            self._play(False)
            self.go(0)

    def _half_step(self, kind):
        with self._lock:
            legal = self.playback.next_half_step
            if legal is None:
                raise ValueError(f"no {kind} step is left: the run has ended")
            if kind != legal:
                raise ValueError(f"the {legal} step comes next, not the {kind} step")
            self.playback.half_step()
            self._show()

    # The controls.

    def _make_controls(self, K, seed):
        names = [GIVEN, *STARTS] if self._given is not None else list(STARTS)
        choices = sorted({*range(1, min(8, len(self._x)) + 1), K})
        self._k = widgets.Dropdown(options=choices, value=K, description="K", layout=width(110), style=_label(15))
        self._start = widgets.Dropdown(options=names, description="start", layout=width(230), style=_label(32))
        self._seed = widgets.IntText(value=seed, description="seed", layout=width(110), style=_label(32))
        self._colours = widgets.Dropdown(
            options=["hard", "soft"], description="colours", layout=width(140), style=_label(50)
        )
        self._axis_choices = []
        if len(self._columns) > 2:
            options = [(name, j) for j, name in enumerate(self._columns)]
            for j, label in enumerate(["across", "up"]):
                self._axis_choices.append(
                    widgets.Dropdown(options=options, value=j, description=label, layout=width(220), style=_label(42))
                )
        self._buttons = {
            "Back": _button("Back", "Take back the last step, or half-step", self.back),
            "E step": _button("E step", "Share each point out among the components", self._press_e),
            "M step": _button("M step", "Fit each component to its share of the points", self._press_m),
            "Step": _button("Step", "Both: M step, then E step", self.step),
            "Play": _button("Play", "Step on until EM stops", self._press_play),
            "Reset": _button("Reset", "Go back to the start", self.reset),
        }
        self._slider = widgets.IntSlider(description="step t", layout=width(300), style=_label(45))
        self._sentence = widgets.HTML()
        self._image = picture_widget()
        self._table = widgets.HTML()
        # The browser counts, so that playing needs no thread in the kernel; its own buttons stay hidden.
        self._timer = widgets.Play(
            min=0, max=10**9, interval=MILLISECONDS_A_STEP, layout=widgets.Layout(display="none")
        )
        for control in (self._k, self._start, self._seed):
            control.observe(self._on_new_run, "value")
        self._colours.observe(self._on_colours, "value")
        for choice in self._axis_choices:
            choice.observe(self._on_axis, "value")
        self._slider.observe(self._on_slide, "value")
        self._timer.observe(self._on_tick, "value")

    def _put(self, control, value):
        """Set a control, without acting as if the reader had done it."""
        self._putting = True
        control.value = value
        self._putting = False

    # A click may arrive after the button it hit went grey.

    def _press_e(self):
        with self._lock:
            if self.playback.next_half_step == "E":
                self.e_step()

    def _press_m(self):
        with self._lock:
            if self.playback.next_half_step == "M":
                self.m_step()

    def _press_play(self):
        with self._lock:
            self._play(not self._timer.playing)

    def _play(self, playing):
        self._timer.playing = playing and not self.playback.at_end
        self._buttons["Play"].description = "Pause" if self._timer.playing else "Play"

    def _on_tick(self, _):
        with self._lock:
            if self._timer.playing:
                self.step()

    def _on_slide(self, change):
        with self._lock:
            if not self._putting:
                self.go(2 * change.new)

    def _on_colours(self, _):
        with self._lock:
            self._show()

    def _on_axis(self, change):
        with self._lock:
            if self._putting:
                return
            across, up = self._axis_choices
            if across.value == up.value:
                self._put(up if change.owner is across else across, change.old)
            self._new_picture()

    def _on_new_run(self, change):
        with self._lock:
            if self._putting:
                return
            try:
                self.playback = self._chosen_run()
            except (TypeError, ValueError) as error:
                self._put(change.owner, change.old)
                self._say(f"{error}. The run before is kept.", wrong=True)
                return
            self._put(self._k, len(self.state.mixture.proportions))
            self._play(False)
            self._new_picture()

    def _chosen_run(self):
        given = self._start.value == GIVEN
        start = self._given if given else STARTS[self._start.value](self._x, self._k.value, self._seed.value)
        return Playback(self._x, start, **self._run_options)

    # The display.

    def _new_picture(self):
        axes = [choice.value for choice in self._axis_choices] or range(len(self._columns))
        self._picture = Picture(self._x, self.playback, self._columns, axes)
        self._put(self._slider, self.state.step)  # first, since a lower maximum would move it
        self._slider.max = max(1, len(self.playback.states) - 1)
        self._show()

    def _show(self):
        playback = self.playback
        axes = self._picture.axes
        previous = playback.previous_mixture
        self._table.value = parameter_table(
            self.state.mixture.marginal(axes),
            previous and previous.marginal(axes),
            [self._columns[j] for j in axes],
        )
        self._say(playback.sentence)
        self._put(self._slider, self.state.step)
        self._slider.disabled = playback.last_frame == 0
        self._buttons["Back"].disabled = self._buttons["Reset"].disabled = playback.frame == 0
        self._buttons["E step"].disabled = playback.next_half_step != "E"
        self._buttons["M step"].disabled = playback.next_half_step != "M"
        self._buttons["Step"].disabled = self._buttons["Play"].disabled = playback.at_end
        self._k.disabled = self._seed.disabled = self._start.value == GIVEN
        if playback.at_end:
            self._play(False)
        # last: whoever sees the new picture finds everything else up to date
        self._image.value = self._picture.png(soft=self._colours.value == "soft")

    def _say(self, words, wrong=False):
        color = "color:#b00020" if wrong else ""
        self._sentence.value = (
            f"<div aria-live='polite' style='min-height:1.5em;line-height:1.5;{color}'>{escape(words)}</div>"
        )


WRAP = widgets.Layout(flex_flow="row wrap")


def width(pixels):
    """Layout of a control that is so many pixels wide."""
    return widgets.Layout(width=f"{pixels}px")


def picture_widget():
    """An empty picture, which narrow pages show smaller."""
    layout = widgets.Layout(width=f"{WIDTH}px", max_width="100%", align_self="flex-start")
    return widgets.Image(format="png", layout=layout)


def _label(pixels):
    return {"description_width": f"{pixels}px"}


def _button(text, tooltip, action):
    button = widgets.Button(description=text, tooltip=tooltip, layout=width(80))
    button.on_click(lambda _: action())
    return button


def _names_of(x, columns, d):
    if columns is None:
        columns = getattr(x, "columns", None)
    if columns is None:
        return coordinate_names(d)
    columns = [str(name) for name in columns]
    if len(columns) != d:
        raise ValueError(f"columns must name the {d} coordinates of x, but it has {len(columns)} names: {columns}")
    return columns
