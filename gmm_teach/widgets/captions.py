"""What a frame of a run says: what just happened, what to predict, the picture in words. Components count from 1."""

import numpy as np

from .._format import in_print

# A component narrower than this share of the data's own smallest width is on its way to a point.
NARROW = 0.01


def position(frame):
    """Return where this is in the run, such as "t = 3 of 12, M step done"."""
    words = f"t = {frame.step} of {len(frame.playback.states) - 1}"
    return f"{words}, M step done" if frame.after_m_step else words


def sentence(frame):
    """Return what just happened, in one sentence, and in another why the run ends, where it ends here."""
    words = _what_happened(frame)
    playback = frame.playback
    if not frame.at_end:
        return words
    if playback.collapse:
        return f"{words} The next M step cannot be done: {playback.reason}."
    if playback.mistake:
        return f"{words} The run ends here: {playback.reason}"
    return f"{words} {playback.reason.capitalize()}."


def _what_happened(frame):
    state, before = frame.state, frame.before
    t = state.step
    if before is None:
        K = len(state.mixture.proportions)
        log_likelihood = in_print(state.log_likelihood, ".3f")
        return f"Step 0, the start: K = {K} components share out the points; log L = {log_likelihood}."
    moves = np.linalg.norm(state.mixture.means - before.mixture.means, axis=1)
    k = int(moves.argmax())
    moved = f"mean {k + 1} moved {moves[k]:.2g}, log L {_rose(state.log_likelihood - before.log_likelihood, frame)}"
    if frame.after_m_step:
        return f"M step {t}: {moved}."
    changed = (state.responsibilities.argmax(axis=1) != before.responsibilities.argmax(axis=1)).sum()
    n = len(state.responsibilities)
    return f"Step {t}: {moved}; the E step then gave {changed} of {n} points another cluster."


def _rose(gain, frame):
    if gain > 0:
        return f"rose by {gain:.1f}" if 0.1 <= gain < 1e6 else f"rose by {gain:.1e}"
    if frame.step == len(frame.playback.states) - 1 and frame.playback.converged:
        return "rose no more"
    return f"fell by {-gain:.2g}, which a correct EM step never does"


def question(frame):
    """Return what to predict before the next half-step."""
    following = frame.next_half_step
    if following is None:
        return "The run ends here. From which start would EM end elsewhere?"
    if following == "E":
        return "Which points will the E step give to another cluster? Then press E step."
    if frame.step == 0:
        return "Which mean will move farthest, and how will the ellipses change? Then press M step."
    return "Which mean will move farthest, and will log L rise more or less than before? Then press M step."


def alternative(frame, mixture, columns):
    """Return the picture in words, for a reader who does not see it.

    Parameters
    ----------
    frame : Frame
    mixture : Mixture
        The one in force, in the coordinates that are drawn.
    columns : sequence of str
        Their names.
    """
    state = frame.state
    n, K = state.responsibilities.shape
    counts = np.bincount(state.responsibilities.argmax(axis=1), minlength=K)
    words = [
        f"{n} points in {K} clusters, drawn by {' and '.join(columns)}; {position(frame)}; "
        f"log L = {in_print(state.log_likelihood, '.3f')}."
    ]
    for k in range(K):
        deviations = np.sqrt(np.diag(mixture.covariances[k]))
        words.append(
            f"Component {k + 1}: {counts[k]} points, proportion {mixture.proportions[k]:.2f}, "
            f"mean {_numbers(mixture.means[k])}, standard deviation {_numbers(deviations)}."
        )
    words += [
        f"Component {k + 1} is collapsing, smallest standard deviation {deviation:.2g}."
        for k, deviation in collapsing(frame)
    ]
    return " ".join(words)


def collapsing(frame):
    """Return (k, smallest standard deviation) of each component that is collapsing at this frame.

    It is the one that ends the run at the next step, or one narrower than a hundredth of the data.
    """
    playback = frame.playback
    smallest = _smallest_deviations(frame.state.mixture.covariances)
    narrow = set()
    if frame.number:
        data_width = _smallest_deviations(np.atleast_2d(np.cov(playback.x.T, bias=True)))
        narrow = set(np.flatnonzero(smallest < NARROW * data_width).tolist())
    if playback.collapse and frame.step == len(playback.states) - 1:
        narrow.add(playback.collapse.component)
    return [(k, float(smallest[k])) for k in sorted(narrow)]


def _smallest_deviations(covariances):
    return np.sqrt(np.clip(np.linalg.eigvalsh(covariances)[..., 0], 0, None))


def _numbers(values):
    words = ", ".join(in_print(value, ".3g") for value in values)
    return f"({words})" if len(values) > 1 else words
