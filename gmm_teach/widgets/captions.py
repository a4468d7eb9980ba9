"""What a frame of a run says: what just happened, what to predict, the picture in words. Components count from 1."""

import numpy as np

from .._format import in_print


def position(frame):
    """Return where this is in the run, such as "t = 3 of 12, M step done"."""
    words = f"t = {frame.step} of {len(frame.playback.states) - 1}"
    if not frame.before_e_step:
        return words
    return f"{words}, {'M step done' if frame.step else 'before the E step'}"


def sentence(frame):
    """Return what just happened, in one sentence, and in another why the run ends, where it ends here."""
    words = _what_happened(frame)
    playback = frame.playback
    if not frame.tells_the_end:
        return words
    if playback.collapse:
        return f"{words} The next M step cannot be done: {playback.reason}."
    if playback.mistake:
        return f"{words} The run ends here: {playback.reason}"
    return f"{words} {playback.reason[:1].upper()}{playback.reason[1:]}."  # "EM" and "L" within it stay as they are


def _what_happened(frame):
    state, t = frame.state, frame.step
    if t == 0:
        K = len(state.mixture.proportions)
        components = f"{K} components" if K > 1 else "1 component"
        log_likelihood = f"log L = {in_print(state.log_likelihood, '.3f')}"
        if frame.before_e_step:
            return f"The start: {components}, and no point has its colour yet; {log_likelihood}. Press E step."
        return f"Step 0: the E step shared the points out among {components}; {log_likelihood}."
    before = frame.previous.state
    moves = np.linalg.norm(state.mixture.means - before.mixture.means, axis=1)
    k = int(moves.argmax())
    moved = f"mean {k + 1} moved {moves[k]:.2g}, log L {_rose(state.log_likelihood - before.log_likelihood, frame)}"
    if frame.before_e_step:
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


def in_hand(log_likelihood, best_of_em):
    """Return what a component in the reader's hand does to log L, beside the best that EM has found."""
    below = f"{_difference(log_likelihood, best_of_em)} the best that EM has found, {in_print(best_of_em, '.3f')}"
    return f"In your hand: log L = {in_print(log_likelihood, '.3f')}, {below}. Let go, and EM starts there."


def by_hand(log_likelihood, best_by_hand, best_of_em):
    """Return the score of a fit by hand: log L now, the reader's best, and the best that EM has found."""
    return (
        f"Fit by hand: log L = {in_print(log_likelihood, '.3f')}; your best is {in_print(best_by_hand, '.3f')}, "
        f"{_difference(best_by_hand, best_of_em)} the best that EM has found, {in_print(best_of_em, '.3f')}. "
        "Drag the crosses and the handles of the ellipses."
    )


def _difference(value, other):
    return f"{abs(value - other):.3f} {'above' if value > other else 'below'}"


def question(frame):
    """Return what to predict before the next half-step."""
    following = frame.next_half_step
    if following is None:
        return "The run ends here. From which start would EM end elsewhere?"
    if frame.responsibilities is None:
        return "Which points will take the colour of which mean? Then press E step."
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
    state, responsibilities = frame.state, frame.responsibilities
    n, K = state.responsibilities.shape
    clusters, held = "not yet shared out", [""] * K
    if responsibilities is not None:
        counts = np.bincount(responsibilities.argmax(axis=1), minlength=K)
        clusters, held = f"in {K} clusters" if K > 1 else "in 1 cluster", [f"{count} points, " for count in counts]
    words = [
        f"{n} points {clusters}, drawn by {' and '.join(columns)}; {position(frame)}; "
        f"log L = {in_print(state.log_likelihood, '.3f')}."
    ]
    for k in range(K):
        deviations = np.sqrt(np.diag(mixture.covariances[k]))
        words.append(
            f"Component {k + 1}: {held[k]}proportion {mixture.proportions[k]:.2f}, "
            f"mean {_numbers(mixture.means[k])}, standard deviation {_numbers(deviations)}."
        )
    words += [
        f"Component {k + 1} is collapsing, smallest standard deviation {deviation:.2g}."
        for k, deviation in frame.collapsing()
    ]
    return " ".join(words)


def _numbers(values):
    words = ", ".join(in_print(value, ".3g") for value in values)
    return f"({words})" if len(values) > 1 else words
