"""What a frame of a run says: what just happened, what to predict, the picture as text. Components count from 1."""

import numpy as np

from .._format import comparable, in_print, name_and_unit, styles_of_means, with_long_minus
from ..runs import alike


def position(frame, lecture=False):
    """Where this is in the run, such as "t = 3 of 12, M step done"; a lecture does not give the end away."""
    words = f"t = {frame.step}" + ("" if lecture else f" of {len(frame.playback.states) - 1}")
    if not frame.before_e_step:
        return words
    return f"{words}, {'M step done' if frame.step else 'before the E step'}"


def sentence(frame, columns):
    """What just happened, in one sentence, and in another why the run ends, where it does; all columns of x."""
    words = _what_happened(frame, columns)
    playback = frame.playback
    if not frame.tells_the_end:
        return words
    if playback.mistake:
        return f"{words} The run ends here: {playback.reason}"
    reason = with_long_minus(playback.reason)
    if playback.collapse:
        return f"{words} The next M step cannot be done: {reason}."
    return f"{words} {reason[:1].upper()}{reason[1:].removesuffix('.')}."  # "EM" and "L" within it stay as they are


def _what_happened(frame, columns):
    state, t = frame.state, frame.step
    if t == 0:
        K = len(state.mixture.proportions)
        components = f"{K} components" if K > 1 else "1 component"
        log_likelihood = f"log L = {in_print(state.log_likelihood, '.3f')}"
        if frame.before_e_step:
            return f"The start: {components}, and no point has its colour yet; {log_likelihood}. Press E step."
        return f"Step 0: the E step shared the points out among {components}; {log_likelihood}."
    before = frame.previous.state
    moved = f"{_farthest_move(frame, columns)}, log L {_rose(state.log_likelihood - before.log_likelihood, frame)}"
    if frame.before_e_step:
        return f"M step {t}: {moved}."
    n = len(state.responsibilities)
    changed = (state.responsibilities.argmax(axis=1) != before.responsibilities.argmax(axis=1)).sum()
    changes = f"the E step then gave {changed} of {n} points another cluster" if changed else "no point changed cluster"
    return f"Step {t}: {moved}; {changes}."


def _farthest_move(frame, columns):
    """Which mean moved farthest; where coordinates have units of their own, along which of them."""
    x, moves = frame.playback.x, frame.state.mixture.means - frame.previous.state.mixture.means
    if comparable(columns, x):
        lengths = np.linalg.norm(moves, axis=1)
        k = int(lengths.argmax())
        unit = name_and_unit(columns[0])[1]
        return f"mean {k + 1} moved {in_print(lengths[k], '.2g')}{' ' * bool(unit)}{unit}"
    widths = x.std(axis=0)
    in_widths = np.abs(moves) / np.where(widths > 0, widths, 1)
    k, j = (int(i) for i in np.unravel_index(in_widths.argmax(), in_widths.shape))
    name, unit = name_and_unit(columns[j])
    return f"mean {k + 1} moved farthest, by {in_print(abs(moves[k, j]), '.2g')}{' ' * bool(unit)}{unit} in {name}"


def _rose(gain, frame):
    if gain > 0:
        return f"rose by {in_print(gain, '.1f' if 0.1 <= gain < 1e6 else '.1e')}"
    if frame.step == len(frame.playback.states) - 1 and frame.playback.converged:
        return "did not rise"
    return f"fell by {in_print(-gain, '.2g')}, which a correct EM step never does"


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
    """What to predict before the next half-step."""
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


def alternative(frame, mixture, columns, lecture=False):
    """The picture as text, for a reader who does not see it; mixture and columns in the coordinates drawn."""
    state, responsibilities = frame.state, frame.responsibilities
    n, K = state.responsibilities.shape
    clusters, held = "not yet shared out", [""] * K
    if responsibilities is not None:
        counts = np.bincount(responsibilities.argmax(axis=1), minlength=K)
        clusters, held = f"in {K} clusters" if K > 1 else "in 1 cluster", [f"{count} points, " for count in counts]
    words = [
        f"{n} points {clusters}, drawn by {' and '.join(columns)}; {position(frame, lecture)}; "
        f"log L = {in_print(state.log_likelihood, '.3f')}."
    ]
    styles = styles_of_means(mixture)
    for k in range(K):
        deviations = np.sqrt(np.diag(mixture.covariances[k]))
        words.append(
            f"Component {k + 1}: {held[k]}proportion {mixture.proportions[k]:.2f}, mean "
            f"{_numbers(mixture.means[k], styles)}, standard deviation {_numbers(deviations, ['.3g'] * len(columns))}."
        )
    if alike(state.mixture):
        words.append("All components are alike.")
    for k, deviation in frame.collapsing():
        what = "'s next M step collapses"
        if deviation is not None:
            what = f" is collapsing, smallest standard deviation {in_print(deviation, '.2g')}"
        words.append(f"Component {k + 1}{what}.")
    return " ".join(words)


def _numbers(values, styles):
    words = ", ".join(in_print(value, style) for value, style in zip(values, styles, strict=True))
    return f"({words})" if len(values) > 1 else words
