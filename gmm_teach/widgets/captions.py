"""What a frame of a run says: what just happened, what to predict, the picture as text. Components count from 1."""

import numpy as np

from .._format import comparable, in_print, name_and_unit, styles_of_means, with_long_minus
from ..runs import alike
from .words import say

# before the half-step of step 0, of step 1, and of all that follow
QUESTIONS = {
    "E": ("first_e_step", "second_e_step", "e_step"),
    "M": ("first_m_step", "second_m_step", "m_step"),
}


def position(frame, lecture=False):
    """Where this is in the run, such as "t = 3 of 12, M step done"; a lecture does not give the end away."""
    last = len(frame.playback.states) - 1
    words = say("frame", "position_in_lecture" if lecture else "position", t=frame.step, last=last)
    if not frame.before_e_step:
        return words
    return say("frame", "m_step_done" if frame.step else "before_e_step", position=words)


def sentence(frame, columns):
    """What just happened, in one sentence, and in another why the run ends, where it does; all columns of x."""
    words = _what_happened(frame, columns)
    playback = frame.playback
    if not frame.tells_the_end:
        return words
    if playback.mistake:
        return say("frame", "ends", words=words, reason=playback.reason)
    reason = with_long_minus(playback.reason)
    if playback.collapse:
        return say("frame", "collapses", words=words, reason=reason)
    return f"{words} {reason[:1].upper()}{reason[1:].removesuffix('.')}."  # "EM" and "L" within it stay as they are


def _what_happened(frame, columns):
    state, t = frame.state, frame.step
    if t == 0:
        K = len(state.mixture.proportions)
        components = say("frame", "components" if K > 1 else "one_component", K=K)
        words = "start" if frame.before_e_step else "step_0"
        return say("frame", words, components=components, log_likelihood=in_print(state.log_likelihood, ".3f"))
    before = frame.previous.state
    told = {"t": t, "moved": _farthest_move(frame, columns)}
    told["rose"] = _rose(state.log_likelihood - before.log_likelihood, frame)
    if frame.before_e_step:
        return say("frame", "m_step", **told)
    n = len(state.responsibilities)
    changed = (state.responsibilities.argmax(axis=1) != before.responsibilities.argmax(axis=1)).sum()
    changes = say("frame", "changed" if changed else "unchanged", changed=changed, n=n)
    return say("frame", "step", **told, changes=changes)


def _farthest_move(frame, columns):
    """Which mean moved farthest; where coordinates have units of their own, along which of them."""
    x, moves = frame.playback.x, frame.state.mixture.means - frame.previous.state.mixture.means
    if comparable(columns, x):
        lengths = np.linalg.norm(moves, axis=1)
        k = int(lengths.argmax())
        return say("frame", "moved", k=k + 1, far=_with_unit(lengths[k], name_and_unit(columns[0])[1]))
    widths = x.std(axis=0)
    in_widths = np.abs(moves) / np.where(widths > 0, widths, 1)
    k, j = (int(i) for i in np.unravel_index(in_widths.argmax(), in_widths.shape))
    name, unit = name_and_unit(columns[j])
    return say("frame", "moved_along", k=k + 1, far=_with_unit(abs(moves[k, j]), unit), name=name)


def _with_unit(length, unit):
    return f"{in_print(length, '.2g')} {unit}".rstrip()


def _rose(gain, frame):
    if gain > 0:
        return say("frame", "rose", gain=in_print(gain, ".1f" if 0.1 <= gain < 1e6 else ".1e"))
    if frame.step == len(frame.playback.states) - 1 and frame.playback.converged:
        return say("frame", "level")
    return say("frame", "fell", fall=in_print(-gain, ".2g"))


def by_hand(log_likelihood, best_of_em, yours=None):
    """What a hand has made of log L beside the best that EM has found; while EM waits, that is the hand's own best."""
    compared = log_likelihood if yours is None else yours
    values = {"now": log_likelihood, "yours": compared, "best": best_of_em}
    values = {name: in_print(value, ".3f") for name, value in values.items()}
    difference = say("hands", "above" if compared > best_of_em else "below", by=f"{abs(compared - best_of_em):.3f}")
    return say("hands", "trying" if yours is None else "by_hand", **values, difference=difference)


def question(frame):
    """What to predict before the next half-step; before the first ones it is what notebook 01 asks."""
    if frame.at_end:
        return say("question", "end")
    return say("question", QUESTIONS[frame.next_half_step][min(frame.step, 2)])


def alternative(frame, mixture, columns, lecture=False):
    """The picture as text, for a reader who does not see it; mixture and columns in the coordinates drawn."""
    state, responsibilities = frame.state, frame.responsibilities
    n, K = state.responsibilities.shape
    clusters, held = say("alternative", "unshared"), [""] * K
    if responsibilities is not None:
        counts = np.bincount(responsibilities.argmax(axis=1), minlength=K)
        clusters = say("alternative", "clusters" if K > 1 else "one_cluster", K=K)
        held = [say("alternative", "held", count=count) for count in counts]
    log_likelihood, names = in_print(state.log_likelihood, ".3f"), say("alternative", "and").join(columns)
    here = {"position": position(frame, lecture), "log_likelihood": log_likelihood}
    words = [say("alternative", "picture", n=n, clusters=clusters, columns=names, **here)]
    styles = styles_of_means(mixture)
    for k in range(K):
        parameters = {
            "proportion": f"{mixture.proportions[k]:.2f}",
            "mean": _numbers(mixture.means[k], styles),
            "deviation": _numbers(np.sqrt(np.diag(mixture.covariances[k])), [".3g"] * len(columns)),
        }
        words.append(say("alternative", "component", k=k + 1, held=held[k], **parameters))
    if alike(state.mixture):
        words.append(say("table", "alike"))
    for k, deviation in frame.collapsing():
        if deviation is None:
            words.append(say("alternative", "will_collapse", k=k + 1))
        else:
            words.append(say("alternative", "collapsing", k=k + 1, deviation=in_print(deviation, ".2g")))
    return " ".join(words)


def _numbers(values, styles):
    words = ", ".join(in_print(value, style) for value, style in zip(values, styles, strict=True))
    return f"({words})" if len(values) > 1 else words
