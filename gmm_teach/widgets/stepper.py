"""The stepper: a player of a run of EM, with everything else behind one control.

playback.py has the run, picture.py makes pixels of it, player.py holds the position and runs in the browser;
controls.py is what the control opens.
"""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import ipywidgets as widgets
import numpy as np
from IPython import get_ipython
from IPython.display import HTML, display
from numpy.typing import ArrayLike

from .._checks import as_count, as_points
from .._format import coordinate_names
from ..datasets import Dataset
from ..mixture import Mixture, check_mixture
from ..runs import State
from . import captions
from .ask import ComponentAnswer, PointAnswer, ask_component, ask_point, for_the_page
from .controls import BY_HAND, GIVEN, STARTS, More
from .layout import close_all
from .move import moved, moved_on_picture
from .picture import Look, Picture
from .playback import FIRST_FRAME, Playback, frame_of_step
from .player import Player, freeze, in_the_page
from .sheet import Sheet
from .tables import parameter_table
from .words import say

Array = ArrayLike | None
EARLIER_AT_MOST = 4
BEGIN, END = 10, 4  # steps that a player which leaves some out has of the run's begin and of its end, if it can
SLOW = 100_000  # points times components, from which on a reader must hear that EM takes its time


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
    true_mixture : Mixture, optional
        What the points were drawn from, if that is known; it can be shown dotted.
    e_step, m_step : callable, optional
        The reader's own, with the signature of the module's: e_step(x, mixture) returns responsibilities (n, K) and
        the log-likelihood, m_step(x, responsibilities) returns a Mixture. What goes wrong in them is shown.

    Attributes
    ----------
    playback : Playback
        The whole run, whose states are those of :func:`gmm_teach.run_em`.
    look : Look
        How it is drawn.
    by_hand : bool
        Whether EM waits while the reader fits by hand; see :meth:`fit_by_hand`.

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

    def __init__(
        self,
        x: ArrayLike,
        start: Mixture | int = 3,
        max_steps: int = 200,
        tol: float = 1e-8,
        seed: int = 0,
        columns: Sequence[str] | None = None,
        true_mixture: Mixture | None = None,
        e_step: Callable | None = None,
        m_step: Callable | None = None,
    ) -> None:
        d = as_points(x).shape[1]
        columns = _names_of(x, columns, d)
        self._run_options = {"max_steps": max_steps, "tol": tol, "e_step": e_step, "m_step": m_step}
        with _announced(x, start):
            playback = Playback(x, start, seed=seed, columns=columns, **self._run_options)
        if true_mixture is not None:
            _check_truth("true_mixture", true_mixture, d)
        self.look, self.seed, self._chosen_k = Look(), seed, playback.states[0].mixture.K
        self.player = Player(self._draw, self._on_click, self._on_hand)
        self.player.observe(self._on_moved, "position")
        self.player.observe(lambda _: self._new_picture(), ["fine", "narrow"])
        self.more = More(self)
        super().__init__([self.player, self.more])
        given, name = (start, GIVEN) if isinstance(start, Mixture) else (None, "K-means")
        self._take(playback, columns, given, name, true_mixture)

    def _take(self, playback, columns, given_start, name, true_mixture):
        """Begin with the run of other points, from the start that came with them or from one that has this name."""
        self.playback, self.columns, self.true_mixture = playback, columns, true_mixture
        self.given_start, self.start_name = given_start, name
        self.coordinates = tuple(range(min(2, len(columns))))
        self.earlier, self.sheet, self._order, self.by_hand = [], None, None, False
        self.look = replace(self.look, sized_by=None, truth=None)
        self._new_picture(FIRST_FRAME)

    # Moves.

    @property
    def frame(self) -> int:
        """The position, in half-steps: -1 before the first E step, where no point is shared out yet.

        2t is theta^(t) over its own responsibilities; 2t+1 is theta^(t+1) over the responsibilities that made it.
        """
        return self.player.frame

    @property
    def state(self) -> State:
        """The State in force at this frame; at -1 it is that of step 0, whose responsibilities are not shown yet."""
        return self.playback.at(self.frame).state

    def go(self, frame: int) -> None:
        """Go to a frame; ValueError where there is none."""
        with self.player.lock:
            self._place(self.playback.at(frame).number, self.player.stride)

    def step(self) -> None:
        """Go on until t has risen by one and its E step is done; after an M step, do just the E step."""
        with self.player.lock:
            here = self.playback.at(self.frame)
            if not here.at_end:  # else there is nothing new to take back
                self._place(here.after_step, 2)

    def m_step(self) -> None:
        """Do the M step; ValueError where the E step comes next, or the run has ended."""
        self._half_step("M")

    def e_step(self) -> None:
        """Do the E step; ValueError where the M step comes next, or the run has ended."""
        self._half_step("E")

    def back(self) -> None:
        """Take back a half-step if the last move was one, else a whole step."""
        with self.player.lock:
            taken_back = 1 if self.playback.at(self.frame).before_e_step else self.player.stride
            self._place(max(FIRST_FRAME, self.frame - taken_back), self.player.stride)

    def reset(self) -> None:
        """Go to the start of the run, before its first E step."""
        self.go(FIRST_FRAME)

    def ask(self, *, point: int | None = None, component: int | None = None) -> PointAnswer | ComponentAnswer:
        """Ask how a point is shared out, or how a component was made; print the answer to read it.

        Parameters
        ----------
        point : int
            A row of x, counted from 0: the answer is Bayes' rule for it, under the parameters in force.
        component : int
            Counted from 0: the answer is what the last M step made of it, as weighted sums.

        Raises
        ------
        TypeError, ValueError
            If there is no such point or component, not exactly one of them is given, or no M step has been done yet.

        Examples
        --------
        >>> stepper = Stepper([[0.0], [1.0], [5.0], [6.0]], 2)
        >>> stepper.step()
        >>> print(stepper.ask(component=0))  # doctest: +ELLIPSIS
        Component 1: S_1 = sum_i T_1,i = 2
        m_1 = sum_i T_1,i x_i / S_1 = (1.00018) / 2 = (0.5001)
        heaviest terms: 1 x[0] (0) + 1 x[1] (1) + ...
        """
        with self.player.lock:
            if (point is None) == (component is None):
                raise ValueError("ask about one thing: give point=i or component=k, counted from 0")
            frame = self.playback.at(self.frame)
            if point is not None:
                return ask_point(self.playback.x, frame.state.mixture, point)
            k = as_count("component", component, 0, len(frame.state.mixture.means) - 1)
            if frame.previous is None:
                where = "still where the start put it: no M step has been done yet; call step() first"
                raise ValueError(f"component {k} is {where}")
            return ask_component(self.playback.x, frame.previous.state.responsibilities, frame.state.mixture, k)

    def _half_step(self, kind):
        with self.player.lock:
            frame = self.playback.at(self.frame)
            if frame.at_end:
                raise ValueError(f"no {kind} step is left: the run has ended")
            if kind != frame.next_half_step:
                raise ValueError(f"the {frame.next_half_step} step comes next, not the {kind} step")
            self._place(frame.number + 1, 1)

    # Another run, other points, another look. Each leaves everything as it was where it raises.

    def begin(self, start: Mixture | int, name: str = BY_HAND) -> None:
        """Run EM from another start; the run before stays on the curve as a thin line.

        `start` is as in the constructor, errors too; `name` is what it is called beside its line, once it is an earlier
        one.
        """
        self._begin(start, name, self.by_hand)

    def _begin(self, start, name, by_hand, same_components=False):
        """Begin anew, with the colours of the clusters or, where these are the same components, with theirs."""
        with self._working():
            playback = self._play(start, max_steps=0) if by_hand else self._play(start)
            if not self.by_hand:  # what a hand tries is no run
                self.earlier = [*self.earlier, (self.start_name, self.playback.log_likelihoods)][-EARLIER_AT_MOST:]
            if not same_components:
                self._order = _matched(playback, self.playback, self._order)
            self.playback, self.start_name, self.by_hand = playback, name, by_hand
            self._chosen_k = playback.states[0].mixture.K
            if self.look.sized_by not in range(self._chosen_k):
                self.look = replace(self.look, sized_by=None)
            self._new_picture(FIRST_FRAME)

    def move(self, k: int, *, mean: Array = None, covariance: Array = None, proportion: float | None = None) -> None:
        """Move one component from where it is now, and run EM from there; the run before stays as a thin line.

        Parameters
        ----------
        k : int
            Which component, counted from 0.
        mean : array_like, shape (d,), optional
        covariance : array_like, shape (d, d), optional
            Symmetric and positive definite.
        proportion : float, optional
            Between 0 and 1; the other proportions keep their ratios and share out the rest.

        Raises
        ------
        TypeError, ValueError
            If there is no such component, nothing is given, or it makes no Gaussian. Nothing has changed then.

        Examples
        --------
        >>> stepper = Stepper([[0.0], [1.0], [5.0], [6.0]], 2)
        >>> stepper.move(0, mean=[5.5], proportion=0.25)
        >>> stepper.state.mixture.means[0], stepper.state.mixture.proportions
        (array([5.5]), array([0.25, 0.75]))
        """
        with self.player.lock:
            self._begin_by_hand(moved(self.state.mixture, k, mean, covariance, proportion), self.by_hand)

    def fit_by_hand(self, on: bool = True) -> None:
        """Let EM wait while the reader moves the components, or with False start it from what the hand has made.

        Meanwhile the log-likelihood stands beside the best that EM has found.
        """
        with self.player.lock:
            if on != self.by_hand:
                self._best_of_em, self._best_by_hand = self._best_so_far(), -np.inf
                self._begin_by_hand(self.state.mixture, on)

    def _begin_by_hand(self, mixture, by_hand):
        """Begin with the colours of the first E step, which the reader has seen while the hand moved."""
        with self.player.hold_sync():
            self._begin(mixture, BY_HAND, by_hand, same_components=True)
            self.go(frame_of_step(0))

    def forget_earlier(self) -> None:
        """Take the curves of earlier starts away."""
        with self._working():
            self.earlier = []
            self._new_picture()

    def use(self, dataset: Dataset, start: Mixture | int | None = None, kind: str = "K-means") -> None:
        """Run EM on other points, whose coordinates have the names that come with them; errors as in the constructor.

        Without a start it is the set's own; or one with as many components as the reader chose last, or as there are
        different points, if those are fewer. It is found as `kind` says, by its name in the tab of starts.
        """
        with self._working():
            if not isinstance(dataset, Dataset):
                raise TypeError("dataset must be a Dataset, such as datasets.load_post() or datasets.read_csv(text)")
            given = start if isinstance(start, Mixture) else getattr(dataset, "start", None)
            name = GIVEN
            if start is None:
                start = given or min(self._chosen_k, len(np.unique(dataset.x, axis=0)))
            if not isinstance(start, Mixture):
                start, name = STARTS[kind](dataset.x, start, self.seed), kind
            columns = _names_of(dataset.x, dataset.columns, dataset.x.shape[1])
            playback = Playback(dataset.x, start, seed=self.seed, columns=columns, **self._run_options)
            self._take(playback, columns, given, name, getattr(dataset, "true_mixture", None))

    def restyle(self, **changes) -> None:
        """Change how the run is drawn: the attributes of `picture.Look`, by name; errors as there."""
        with self._working():
            look = replace(self.look, **changes)
            if look.sized_by is not None:
                as_count("sized_by", look.sized_by, 0, self.playback.states[0].mixture.K - 1)
            if look.truth is not None:
                _check_truth("truth", look.truth, len(self.columns))
            self.look = look
            self._new_picture()

    def show_axes(self, *axes: int) -> None:
        """Draw other coordinates, counted from 0; ValueError where they are not two different ones of the d."""
        with self._working():
            d = len(self.columns)
            if len(axes) != min(d, 2) or len(set(axes)) != len(axes):
                raise ValueError(f"axes must be {min(d, 2)} different coordinates, but they are {axes}")
            self.coordinates = tuple(as_count("axes", axis, 0, d - 1) for axis in axes)
            self._new_picture()

    def draw_by_hand(self, sheet: Sheet | None) -> None:
        """Show a sheet to draw points on in the place of the run, or, with None, the run again."""
        with self._working():
            self.sheet = sheet
            self._new_picture()

    def close(self) -> None:
        """Take the stepper off the page and free its run: an open one takes 8 n K bytes a step."""
        close_all(self)

    def freeze(self, last_step: int = 40) -> str:
        """Return the run, to `last_step` at most, as HTML that needs no Python, no widgets and no network.

        Write it to a file, or show it by ``IPython.display.HTML``. A step takes up some 150 kB. TypeError or ValueError
        if `last_step` is not a whole number of 0 or more, or a sheet is being drawn on in the place of the run.
        """
        return freeze(*self.film(last_step))

    def film(
        self, last_step: int = 40, with_end: bool = False, narrow: bool = False
    ) -> tuple[dict, list[tuple[dict, bytes]]]:
        """Return what :meth:`freeze` makes a player of: its settings, and the words and the PNG of every frame.

        For a page that keeps its pictures elsewhere; errors as in :meth:`freeze`. A longer run ends at `last_step` or,
        `with_end`, goes to its end in as many steps, and says which are left out. `narrow` has the panels below each
        other, for telephones.
        """
        with self.player.lock:
            if self.sheet:
                raise ValueError("a sheet is shown, not the run; use its points or put it away, then freeze")
            last_frame = min(self.playback.last_frame, frame_of_step(as_count("last_step", last_step, 0)))
            picture = self._pictured(fine=True, narrow=narrow)  # whatever screen it will be seen on
            numbers = _frames_to_keep(self.playback, last_step) if with_end else range(FIRST_FRAME, last_frame + 1)
            frames = [self.playback.at(number) for number in numbers]
            contents = [(self._say(frame.number), picture.png(frame.number)) for frame in frames]
            for (words, _), (frame, following) in zip(contents, pairwise(frames), strict=False):
                first, after = frame.step + 1, following.step
                if first < after:
                    gap = "leaves_out" if first + 1 < after else "leaves_one_out"
                    words["sentence"] += f" {say('link', gap, first=first, last=after - 1, next=after)}"
            if not frames[-1].at_end:
                contents[-1][0]["sentence"] += f" {say('link', 'ends_here')}"
            told = self.player.settings() | {"position": self.player.position | {"frame": FIRST_FRAME}}
            told |= {"first_frame": FIRST_FRAME, "last_frame": last_frame, "narrow": narrow}
            told |= {"timeline": picture.timeline, "panel": picture.panel}
            return told | ({"kept": list(numbers)} if with_end else {}), contents

    # What the player asks for, and what it says.

    def _draw(self, number):
        with self.player.lock:
            if self.sheet:
                return self.sheet.words(), self.sheet.png()
            return self._say(number), self._picture.png(number)

    def _say(self, number):
        frame = self.playback.at(number)
        mixtures = self._picture.mixtures
        words = self._say_of(frame, mixtures[frame.step], mixtures[frame.step - 1] if frame.step else None)
        if self.by_hand:
            words["sentence"] = self._hand_beside_em(frame.state.log_likelihood)
            words["position"] = say("hands", "fitting")
        return words

    def _say_of(self, frame, mixture, before):
        names = [self.columns[j] for j in self.coordinates]
        return for_the_page(frame) | {
            "alt": captions.alternative(frame, mixture, names, self.look.lecture),
            "position": captions.position(frame, self.look.lecture),
            "sentence": captions.sentence(frame, self.columns),
            "wrong": bool(frame.tells_the_end and self.playback.mistake),
            "question": captions.question(frame),
            "table": parameter_table(mixture, before, names, self._picture.colors),
        }

    def _on_moved(self, change):
        """Refuse a move of a browser that has not yet heard of the new run; of a new picture it need not have heard."""
        player, moved = self.player, change.new
        with player.lock:
            if moved != player.position:
                return  # another move has come since
            here = player.first_frame <= moved["frame"] <= player.last_frame
            if here and self._first_edition <= moved["edition"]:
                player.go(moved["frame"], moved["stride"])
            else:
                known = change.old["edition"] == player.edition
                player.go(*((change.old["frame"], change.old["stride"]) if known else (player.first_frame, 2)))

    @property
    def equal_scales(self) -> bool:
        """Whether both axes of the points have the same scale in the picture."""
        return self._picture.equal

    def _on_click(self, across, down):
        if self.sheet:
            self.sheet.add(across, down)
            self._new_picture()

    def _on_hand(self, message):
        """Follow a hand that moves a component; when it lets go, EM starts there."""
        now, k = self.state.mixture, message["component"]
        try:
            mixture = moved_on_picture(now, k, self.coordinates, message.get("mean"), message.get("covariance"))
            if message["done"]:
                self._begin_by_hand(mixture, self.by_hand)
                return None
            playback = self._play(mixture, max_steps=0)
        except ValueError as error:
            return {"refused": str(error)}
        picture, frame = self._picture.trying(playback), playback.at(0)
        words = self._say_of(frame, picture.mixtures[0], self._picture.mixtures[self.state.step])
        words |= {"position": say("hands", "in_hand"), "sentence": self._hand_beside_em(frame.state.log_likelihood)}
        return words | {"picture": in_the_page(picture.png(0))}

    def _hand_beside_em(self, log_likelihood):
        if not self.by_hand:
            return captions.by_hand(log_likelihood, self._best_so_far())
        self._best_by_hand = max(self._best_by_hand, log_likelihood)
        return captions.by_hand(log_likelihood, self._best_of_em, self._best_by_hand)

    def _best_so_far(self):
        return max(map(max, [self.playback.log_likelihoods, *(values for _, values in self.earlier)]))

    def _play(self, start, **options):
        options = self._run_options | {"seed": self.seed, "columns": self.columns} | options
        return Playback(self.playback.x, start, **options)

    def _new_picture(self, frame=None):
        """Draw anew, and go to a frame of what may be a new run; without one, stay."""
        with self.player.lock, self.player.hold_sync():
            if not self.sheet:
                self._picture = self._pictured(self.player.fine, self.player.narrow)
            self.player.edition += 1
            if frame is not None:
                self._first_edition = self.player.edition  # of this run
            self.player.timeline = {} if self.sheet else self._picture.timeline
            self.player.panel = {} if self.sheet else self._picture.panel
            self.player.lecture, self.player.tool = self.look.lecture, bool(self.sheet)
            self._place(*((self.frame, self.player.stride) if frame is None else (frame, 2)))
            self.more.refresh()

    def _pictured(self, fine, narrow):
        fine = fine or self.look.lecture  # which is large
        screen = {"fine": fine, "narrow": narrow, "order": self._order, "by_hand": self.by_hand}
        return Picture(self.playback, self.columns, self.coordinates, self.look, self.earlier, **screen)

    def _place(self, frame, stride):
        with self.player.hold_sync():
            self.player.first_frame = frame if self.sheet else FIRST_FRAME  # a sheet has no other frame
            self.player.last_frame = frame if self.sheet else self.playback.last_frame
            self.player.go(frame, stride)

    @contextmanager
    def _working(self):
        """Let the browser show that something is on its way."""
        with self.player.lock:
            self.player.working = True
            try:
                yield
            finally:
                self.player.working = False

    def _ipython_display_(self):
        """Show the player, and leave an ordinary picture for pages where nothing is alive."""
        display(self._repr_mimebundle_(), raw=True)
        with self.player.lock:
            display(self.player.still_bundle(), raw=True)


@contextmanager
def _announced(x, start):
    """Say on the page that EM is running, where it will take a while."""
    K, words = start.K if isinstance(start, Mixture) else start, None
    if get_ipython() and isinstance(K, int) and len(x) * K >= SLOW:
        words = display(HTML(say("more", "running", n=f"{len(x):,}")), display_id=True)
    try:
        yield
    finally:
        if words:
            words.update(HTML(""))


def _frames_to_keep(playback, steps):
    """The numbers of the frames that show a run to its end in so many steps; those between its ends evenly spread."""
    last = len(playback.states) - 1
    kept = np.arange(1, last + 1)
    if steps < last:
        end = min(END, (steps + 1) // 3)
        begin = min(BEGIN, steps - end)
        between = np.linspace(begin, last - end + 1, steps - begin - end + 2)[1:-1].round().astype(int)
        kept = np.concatenate([kept[:begin], between, kept[last - end :]])
    return [FIRST_FRAME, frame_of_step(0), *(number for t in kept.tolist() for number in (2 * t - 1, 2 * t))]


def _matched(playback, before, order):
    """A colour for each component of a run: that of the component of the run before with most points in common."""
    shared = playback.states[-1].responsibilities.T @ before.states[-1].responsibilities
    order = order or range(shared.shape[1])
    colors = {}
    for pair in np.argsort(-shared, axis=None, kind="stable").tolist():
        k, j = divmod(pair, shared.shape[1])
        if k not in colors and order[j] not in colors.values():
            colors[k] = order[j]
    free = (color for color in range(sum(shared.shape)) if color not in colors.values())
    return [colors[k] if k in colors else next(free) for k in range(len(shared))]


def _names_of(x, columns, d):
    if columns is None:
        columns = getattr(x, "columns", None)
    if columns is None:
        return coordinate_names(d)
    columns = [str(name) for name in columns]
    if len(columns) != d:
        raise ValueError(f"columns must name the {d} coordinates of x, but it has {len(columns)} names: {columns}")
    return columns


def _check_truth(name, truth, d):
    check_mixture(name, truth)
    if truth.means.shape[1] != d:
        raise ValueError(f"{name} must have the d = {d} of x, but its d is {truth.means.shape[1]}")
