"""A run of EM and the position in it: one integer, moved by half-steps. No widgets, no pixels.

Frame 2t is theta^(t) over its own responsibilities: the E step is done, an M step comes next.
Frame 2t+1 is theta^(t+1) over the responsibilities that made it: the M step is done, an E step comes next.
"""

from dataclasses import replace

import numpy as np

from .em import CollapsedComponent, run_em
from .inputs import as_count


class Playback:
    """A finished run that is walked through, forwards and backwards.

    Parameters
    ----------
    x, start, max_steps, tol, seed
        As in :func:`gmm_teach.run_em`.

    Attributes
    ----------
    states : tuple of State
        Every whole step that the run reached, step 0 first.
    collapse : CollapsedComponent or None
        What ended the run, if a component collapsed.
    converged : bool
    reason : str
        Why the run ended, in words; components counted from 1, as in the pictures.
    frame : int
        The position: 0 to `last_frame`.

    Raises
    ------
    TypeError, ValueError
        As :func:`gmm_teach.run_em` does; but a collapse ends the run and is kept.
    """

    def __init__(self, x, start, max_steps=200, tol=1e-8, seed=0):
        try:
            run = run_em(x, start, max_steps, tol, seed)
            self.states, self.converged, self.reason, self.collapse = run.states, run.converged, run.reason, None
        except CollapsedComponent as collapse:
            self.states, self.converged, self.collapse = collapse.states, False, collapse
            self.reason = f"component {collapse.component + 1} collapsed at step {collapse.step}: {collapse.what}"
        self.frame = 0
        self._stride = 2

    @property
    def last_frame(self):
        """The last position: both halves of every step, from 0."""
        return 2 * (len(self.states) - 1)

    @property
    def at_end(self):
        """True where no step is left."""
        return self.frame == self.last_frame

    @property
    def next_half_step(self):
        """``"M"`` or ``"E"``, whichever is legal now; None at the end."""
        if self.at_end:
            return None
        return "E" if self.frame % 2 else "M"

    @property
    def state(self):
        """What is in force at this frame; after an M step the responsibilities are still those that it used."""
        t, after_m_step = divmod(self.frame, 2)
        if after_m_step:
            return replace(self.states[t + 1], responsibilities=self.states[t].responsibilities)
        return self.states[t]

    @property
    def previous_mixture(self):
        """theta^(t-1) where theta^(t) is in force; None at the start."""
        t = self.state.step
        return self.states[t - 1].mixture if t else None

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
        self._stride = 1
        self.go(min(self.frame + 1, self.last_frame))

    def step(self):
        """Go on to the end of the next E step, so that M and E are both done; at the end, stay."""
        self._stride = 2
        self.go(min(self.frame + 2 - self.frame % 2, self.last_frame))

    def back(self):
        """Take back a half-step if the last move was one, else a whole step; at the start, stay."""
        self.go(max(0, self.frame - (self._stride if self.frame % 2 == 0 else 1)))

    @property
    def sentence(self):
        """One sentence that says what just happened, and another where the run ends here."""
        words = self._what_happened()
        if not self.at_end:
            return words
        if self.collapse:
            return f"{words} The next M step cannot be done: {self.reason}."
        return f"{words} {self.reason.capitalize()}."

    def _what_happened(self):
        state = self.state
        t = state.step
        if self.frame == 0:
            K = len(state.mixture.proportions)
            return f"Step 0, the start: K = {K} components share out the points; log L = {state.log_likelihood:.3f}."
        before = self.states[t - 1]
        moves = np.linalg.norm(state.mixture.means - before.mixture.means, axis=1)
        k = int(moves.argmax())
        moved = f"mean {k + 1} moved {moves[k]:.2g}, log L {_rose(state.log_likelihood - before.log_likelihood)}"
        if self.frame % 2:
            return f"M step {t}: {moved}."
        changed = (state.responsibilities.argmax(axis=1) != before.responsibilities.argmax(axis=1)).sum()
        n = len(state.responsibilities)
        return f"Step {t}: {moved}; the E step then gave {changed} of {n} points another cluster."


def _rose(gain):
    if gain > 0:
        return f"rose by {gain:.1f}" if 0.1 <= gain < 1e6 else f"rose by {gain:.1e}"
    return "rose no more"
