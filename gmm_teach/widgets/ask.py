"""Ask about one point, or one component: Bayes' rule, or the M step, with its numbers in it.

The browser's cards say the same; there ask.js does it, so that a page without a kernel can answer too.
"""

from dataclasses import dataclass

import numpy as np

from .._checks import as_count
from ..mixture import Mixture
from .words import say

HEAVIEST = 5  # terms of a weighted sum that are shown
# Below this, a density has fewer digits than double precision promises, and soon none.
SMALLEST_LOG = float(np.log(np.finfo(float).tiny))


@dataclass(frozen=True, eq=False)
class PointAnswer:
    """How the E step shares one point out. ``str()`` writes it as Bayes' rule.

    Attributes
    ----------
    point : int
        The row of x, counted from 0.
    x : ndarray, shape (d,)
        The point itself.
    log_proportions : ndarray, shape (K,)
        log pi_k.
    log_densities : ndarray, shape (K,)
        log f_k(x_i), in nats.
    responsibilities : ndarray, shape (K,)
        T[i, k] = pi_k f_k(x_i) / sum_j pi_j f_j(x_i).
    widths : ndarray, shape (d,)
        The smallest standard deviations, which say how many digits of x matter.
    """

    point: int
    x: np.ndarray
    log_proportions: np.ndarray
    log_densities: np.ndarray
    responsibilities: np.ndarray
    widths: np.ndarray

    def __str__(self) -> str:
        logs = self.log_proportions + self.log_densities
        total = float(np.logaddexp.reduce(logs))
        far = total < SMALLEST_LOG
        scaled = np.exp(logs - logs.max() if far else logs)
        rows = [("log pi_k", self.log_proportions), ("log f_k", self.log_densities), ("log pi_k f_k", logs)]
        rows += [("T", self.responsibilities)] if far else [("pi_k f_k", scaled), ("T", self.responsibilities)]
        head = _row(say("card", "component"), range(1, len(logs) + 1), "d")
        lines = [f"x[{self.point}] = {_vector(self.x, self.widths)}", head]
        lines += [_row(name, values, ".4g") for name, values in rows]
        lines.append(say("answer", "far" if far else "sum", sum=f"{np.exp(total):.4g}", log=f"{total:.4g}"))
        below = scaled.sum() if far else np.exp(total)
        for k, (top, share) in enumerate(zip(scaled, self.responsibilities, strict=True), start=1):
            lines.append(f"T_{k} = {top:.4g} / {below:.4g} = {share:.4g}")
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class ComponentAnswer:
    """How the last M step made one component. ``str()`` writes it as weighted sums.

    Attributes
    ----------
    component : int
        Which one, counted from 0.
    weight : float
        S_k = sum_i T[i, k], in points.
    mean : ndarray, shape (d,)
    covariance : ndarray, shape (d, d)
        Around the new mean.
    proportion : float
        What the M step gave; by the formula, S_k / n.
    n : int
        How many points there are.
    weighted_sum : ndarray, shape (d,)
        sum_i T[i, k] x_i.
    heaviest : list of (int, float, ndarray)
        The five points with the largest T[i, k]: the row of x, T[i, k], and x_i.
    """

    component: int
    weight: float
    mean: np.ndarray
    covariance: np.ndarray
    proportion: float
    n: int
    weighted_sum: np.ndarray
    heaviest: list[tuple[int, float, np.ndarray]]

    def __str__(self) -> str:
        k, S = self.component + 1, f"{self.weight:.6g}"
        matrix = "[" + ", ".join("[" + ", ".join(f"{v:.4g}" for v in row) + "]" for row in self.covariance) + "]"
        widths = np.sqrt(np.diag(self.covariance))
        terms = " + ".join(f"{T:.4g} x[{i}] {_vector(x, widths)}" for i, T, x in self.heaviest)
        lines = [
            say("answer", "component", k=k, S=S),
            f"m_{k} = sum_i T_{k},i x_i / S_{k} = {_vector(self.weighted_sum, self.weight * widths, 6)} / {S} "
            f"= {_vector(self.weighted_sum / self.weight, widths)}",
            f"{say('card', 'heaviest')}: {terms} + ...",
            f"Sigma_{k} = sum_i T_{k},i (x_i - m_{k}) (x_i - m_{k})^T / S_{k} = {matrix}, {say('card', 'new_mean')}",
            f"pi_{k} = S_{k} / n = {S} / {self.n} = {self.weight / self.n:.4g}",
        ]
        off = np.abs(self.weighted_sum / self.weight - self.mean)
        if (off > 1e-6 * (widths + np.abs(self.mean))).any():
            lines.append(say("answer", "another_mean", k=k, mean=_vector(self.mean, widths)))
        return "\n".join(lines)


def ask_point(x: np.ndarray, mixture: Mixture, i: int) -> PointAnswer:
    """Answer for row i of x; TypeError or ValueError where there is none, or its log density overflows."""
    i = as_count("point", i, 0, len(x) - 1)
    log_proportions = np.log(mixture.proportions)
    logs = mixture.log_joint(x[i : i + 1])[0]
    shares = np.exp(logs - np.logaddexp.reduce(logs))
    widths = np.sqrt(np.diagonal(mixture.covariances, axis1=1, axis2=2)).min(axis=0)
    return PointAnswer(i, x[i], log_proportions, logs - log_proportions, shares, widths)


def ask_component(x: np.ndarray, responsibilities: np.ndarray, made: Mixture, k: int) -> ComponentAnswer:
    """Answer for component k of what an M step made of these responsibilities; ValueError where it has no share."""
    weights = responsibilities[:, k]
    S = float(weights.sum())
    if S == 0:
        raise ValueError(f"component {k} has no share of any point: its sum S_k is 0, and nothing can be divided by it")
    heaviest = np.argsort(-weights, kind="stable")[:HEAVIEST].tolist()
    terms = [(i, float(weights[i]), x[i]) for i in heaviest]
    parameters = made.means[k], made.covariances[k], float(made.proportions[k])
    return ComponentAnswer(k, S, *parameters, len(x), weights @ x, terms)


def for_the_page(frame) -> dict:
    """What the cards of one frame need, as plain numbers: the mixture, and for each component its update."""
    mixture, before = frame.state.mixture, frame.previous
    theta = [parameter.tolist() for parameter in (mixture.proportions, mixture.means, mixture.covariances)]
    updates = []
    for k in range(len(mixture.means) if before else 0):
        try:
            a = ask_component(frame.playback.x, before.responsibilities, mixture, k)
            terms = [[i, _short(T, 5), _short(x, 9)] for i, T, x in a.heaviest]
            updates.append([_short(a.weight), _short(a.weighted_sum, 12), terms])
        except ValueError:  # a reader's own E step may leave a component without points
            updates.append(None)
    return {"theta": theta, "updates": updates}


def _short(value, digits=8):
    """Fewer digits, so that a page stays small."""
    return float(f"{value:.{digits}g}") if np.ndim(value) == 0 else [_short(entry, digits) for entry in value]


def _vector(values, widths, least=4):
    """Coordinates in four digits at least, or in as many as show a hundredth of a width."""
    with np.errstate(divide="ignore"):
        digits = np.clip(np.ceil(np.log10(np.abs(values) / widths)) + 2, least, 15).astype(int)
    return "(" + ", ".join(f"{value:.{n}g}" for value, n in zip(values, digits, strict=True)) + ")"


def _row(name, values, style):
    return f"{name:14}" + "".join(f"{value:>12{style}}" for value in values)
