"""A run of EM and the position in it: one integer, moved by half-steps. No widgets, no pixels.

Frame 2t is theta^(t) over its own responsibilities: the E step is done, an M step comes next.
Frame 2t+1 is theta^(t+1) over the responsibilities that made it: the M step is done, an E step comes next.
"""

from dataclasses import dataclass, replace

from .._checks import as_count, as_points, read_only
from ..em import CollapsedComponent
from ..practice.own_code import OwnCodeError, run_own
from ..runs import run_em


class Playback:
    """A finished run that is walked through, forwards and backwards.

    Parameters
    ----------
    x, start, max_steps, tol, seed
        As in :func:`gmm_teach.run_em`.
    e_step, m_step : callable, optional
        A reader's own, with the signature of the module's.

    Attributes
    ----------
    x : ndarray, shape (n, d)
        The points, write-protected.
    states : tuple of State
        Every whole step that the run reached, step 0 first.
    collapse : CollapsedComponent or None
        What ended the run, if a component collapsed.
    mistake : OwnCodeError or None
        What ended the run, if the reader's own code went wrong. Where not even its first E step works, `states` is
        step 0 by the module's E step.
    converged : bool
    reason : str
        Why the run ended, in words; components counted from 1, as in the pictures.
    frame : int
        The position: 0 to `last_frame`.
    stride : int
        1 where the last move was a half-step, else 2: what `back` takes back.

    Raises
    ------
    TypeError, ValueError
        As :func:`gmm_teach.run_em` does; but a collapse, or a mistake in the reader's code, ends the run and is kept.
    """

    def __init__(self, x, start, max_steps=200, tol=1e-8, seed=0, e_step=None, m_step=None):
        self.x = read_only(as_points(x))
        self.collapse = self.mistake = None
        self.converged = False
        try:
            if e_step is None and m_step is None:
                run = run_em(self.x, start, max_steps, tol, seed)
            else:
                begin = run_em(self.x, start, 0, tol, seed).states
                run = run_own(self.x, begin[0].mixture, max_steps, tol, e_step, m_step)
            self.states, self.converged, self.reason = run.states, run.converged, run.reason
        except CollapsedComponent as collapse:
            # a reader's own E step may find a collapse at the very start
            self.states, self.collapse = collapse.states or begin, collapse
            self.reason = f"component {collapse.component + 1} collapsed at step {collapse.step}: {collapse.what}"
        except OwnCodeError as mistake:
            self.states, self.mistake = mistake.states or begin, mistake
            self.reason = str(mistake)
        self.frame = 0
        self.stride = 2

    def at(self, number):
        """Return the :class:`Frame` with this number; errors as in `go`."""
        return Frame(self, as_count("frame", number, 0, self.last_frame))

    @property
    def last_frame(self):
        """The last position: both halves of every step, from 0."""
        return 2 * (len(self.states) - 1)

    @property
    def state(self):
        """What is in force at the present frame."""
        return self.at(self.frame).state

    @property
    def at_end(self):
        """True where no step is left."""
        return self.at(self.frame).at_end

    @property
    def next_half_step(self):
        """``"M"`` or ``"E"``, whichever is legal now; None at the end."""
        return self.at(self.frame).next_half_step

    def go(self, frame):
        """Go to a frame.

        Parameters
        ----------
        frame : int
            0 to `last_frame`.

        Raises
        ------
        TypeError, ValueError
            If there is no such frame.
        """
        self.frame = as_count("frame", frame, 0, self.last_frame)

    def half_step(self):
        """Do the E step or the M step that comes next; at the end, stay."""
        self._move(self.frame + 1, 1)

    def step(self):
        """Go on to the end of the next E step, so that M and E are both done; at the end, stay."""
        self._move(self.frame + 2 - self.frame % 2, 2)

    def back(self):
        """Take back a half-step if the last move was one, else a whole step; at the start, stay."""
        self.go(max(0, self.frame - (self.stride if self.frame % 2 == 0 else 1)))

    def _move(self, frame, stride):
        if not self.at_end:  # else nothing has moved, and there is nothing to take back
            self.frame, self.stride = frame, stride


@dataclass(frozen=True, eq=False)
class Frame:
    """One position in a run.

    Attributes
    ----------
    playback : Playback
        The run.
    number : int
        The position, in half-steps.
    """

    playback: Playback
    number: int

    @property
    def step(self):
        """The t of the theta^(t) in force."""
        return (self.number + 1) // 2

    @property
    def after_m_step(self):
        """True where the M step of `step` is done and its E step is not."""
        return self.number % 2 == 1

    @property
    def state(self):
        """What is in force; after an M step the responsibilities are still those that it used."""
        state = self.playback.states[self.step]
        if self.after_m_step:
            return replace(state, responsibilities=self.before.responsibilities)
        return state

    @property
    def before(self):
        """The State of theta^(t-1) where theta^(t) is in force; None at the start."""
        return self.playback.states[self.step - 1] if self.number else None

    @property
    def at_end(self):
        """True where no step is left."""
        return self.number == self.playback.last_frame

    @property
    def next_half_step(self):
        """``"M"`` or ``"E"``, whichever is legal here; None at the end."""
        if self.at_end:
            return None
        return "E" if self.after_m_step else "M"
