"""A run of EM, frame by frame: a frame is a position in the run, and each half-step leads to the next. No pixels.

Frame -1 is theta^(0) before any E step: no point is shared out yet.
Frame 2t is theta^(t) over its own responsibilities: the E step is done, an M step comes next.
Frame 2t+1 is theta^(t+1) over the responsibilities that made it: the M step is done, an E step comes next.
"""

from dataclasses import dataclass, replace

import numpy as np

from .._checks import as_count, as_points, read_only
from ..em import CollapsedComponent
from ..practice.own_code import OwnCodeError, run_own
from ..runs import run_em

FIRST_FRAME = -1
# A component narrower than this share of the data's own smallest width is on its way to a point.
NARROW = 0.01


def frame_of_step(t):
    """The frame of theta^(t) over its own responsibilities."""
    return 2 * t


class Playback:
    """A finished run, frame by frame: `states`, `converged`, `reason`, and the write-protected points `x`.

    Arguments are those of run_em, or a reader's own `e_step` and `m_step`. A `collapse`, or a `mistake` in the reader's
    code, ends the run and is kept. Where not even the reader's first E step works, `states` is step 0 by the module's.
    """

    def __init__(self, x, start, max_steps=200, tol=1e-8, seed=0, e_step=None, m_step=None, columns=None):
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
            collapse.columns = columns
            self.reason = str(collapse)
        except OwnCodeError as mistake:
            self.states, self.mistake = mistake.states or begin, mistake
            self.reason = str(mistake)

    def at(self, number):
        """Return the :class:`Frame` with this number; TypeError or ValueError where there is none."""
        return Frame(self, as_count("frame", number, FIRST_FRAME, self.last_frame))

    @property
    def log_likelihoods(self):
        """Those of all steps, in a list."""
        return [state.log_likelihood for state in self.states]

    @property
    def last_frame(self):
        """The number of the last frame."""
        return frame_of_step(len(self.states) - 1)


@dataclass(frozen=True, eq=False)
class Frame:
    """One position in a run: the frame `number` of `playback`."""

    playback: Playback
    number: int

    @property
    def step(self):
        """The t of the theta^(t) in force."""
        return (self.number + 1) // 2

    @property
    def before_e_step(self):
        """True where the E step of `step` is still to come."""
        return self.number != frame_of_step(self.step)

    @property
    def state(self):
        """What is in force. The start has the responsibilities of its own E step, even before that is shown."""
        state = self.playback.states[self.step]
        if self.before_e_step and self.step:
            return replace(state, responsibilities=self.responsibilities)
        return state

    @property
    def responsibilities(self):
        """Those in force, shape (n, K): of the last E step done; None before the first."""
        done = self.previous if self.before_e_step else self
        return done and self.playback.states[done.step].responsibilities

    @property
    def previous(self):
        """The Frame of theta^(t-1) after its E step, where theta^(t) is in force; None at step 0."""
        return Frame(self.playback, frame_of_step(self.step - 1)) if self.step else None

    @property
    def at_end(self):
        """True where no half-step is left."""
        return self.number == self.playback.last_frame

    @property
    def tells_the_end(self):
        """True where a reader must hear why the run ends: at its end, and at once where not one M step can be done."""
        return self.playback.last_frame in (0, self.number)

    @property
    def next_half_step(self):
        """``"M"`` or ``"E"``, whichever comes next; None at the end."""
        if self.at_end:
            return None
        return "E" if self.before_e_step else "M"

    @property
    def after_step(self):
        """Where the next E step after an M step leads: t has risen by one, or by half a step if M is done already."""
        finish_this = self.before_e_step and self.step > 0
        return min(frame_of_step(self.step if finish_this else self.step + 1), self.playback.last_frame)

    def collapsing(self):
        """(k, smallest standard deviation) of each narrow component, and (k, None) of one that collapses next."""
        playback = self.playback
        smallest = _smallest_deviations(self.state.mixture.covariances)
        found = {}
        if playback.collapse and self.step == len(playback.states) - 1:
            found[playback.collapse.component] = None
        if self.step:  # the start is the reader's own choice
            data_width = _smallest_deviations(np.atleast_2d(np.cov(playback.x.T, bias=True)))
            found |= {k: float(smallest[k]) for k in np.flatnonzero(smallest < NARROW * data_width).tolist()}
        return sorted(found.items())


def _smallest_deviations(covariances):
    return np.sqrt(np.clip(np.linalg.eigvalsh(covariances)[..., 0], 0, None))
