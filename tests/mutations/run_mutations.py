#!/usr/bin/env python3
"""Break one thing at a time in a copy of the project, and see whether a test or a notebook goes red.

    .venv/bin/python tests/mutations/run_mutations.py              all of them, some minutes
    .venv/bin/python tests/mutations/run_mutations.py sign pi      those with "sign" or "pi" in their description
    .venv/bin/python tests/mutations/run_mutations.py --stale      only list those that are stale, in a second

(On Windows: .venv\\Scripts\\python.) It is no part of the test suite and of CI. It never touches the project itself:
it copies it to a temporary folder, and first sees that all is green there. Then it prints what was broken and the
assertion that caught it. The exit status is 1 if anything was missed, or if a mutation is stale: its `old` text must
occur exactly once in the file (of a notebook: in its code cells).
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = (
    ".git",
    "build",
    ".venv",
    "__pycache__",
    ".ipynb_checkpoints",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    "slides",
)
MOST_SECONDS = 600  # what is broken so that it never ends counts as caught

ORACLES = "tests/test_oracles.py"
POST = "tests/test_post.py"
UPDATES = "tests/test_updates.py"
BOUND = "tests/test_bound.py"
PLOTS = "tests/test_plots.py"
EM = "tests/test_em.py"
MIXTURE = "tests/test_mixture.py"
STARTS = "tests/test_starts.py"
OWN_CODE = "tests/practice/test_own_code.py"
DATASETS = "tests/datasets/test_datasets.py"
TYPED = "tests/widgets/test_typed.py"
TABLES = "tests/widgets/test_tables.py"
CAPTIONS = "tests/widgets/test_captions.py"
PLAYBACK = "tests/widgets/test_playback.py"
STEPPER = "tests/widgets/test_stepper.py"
EXPLORERS = "tests/widgets/test_explorers.py"
LLOYD = "tests/test_kmeans.py"
COVARIANCE_MODELS = "tests/test_covariances.py"
SELECTION = "tests/test_selection.py"
RATE = "tests/test_rate.py"
PRACTICE = "tests/practice/test_practice.py"
RIGHT_ONES = f"{PRACTICE}::test_a_right_one_passes_in_one_line"
WRONG_ONES = f"{PRACTICE}::test_a_wrong_one_is_told_why"
ANSWERS = "tests/practice/test_answers.py"
WRONG_ANSWERS = f"{ANSWERS}::test_a_wrong_answer_is_named"
GALLERY = "tests/datasets/test_gallery.py"
BLOCKS = "tests/test_blocks.py"
WEIGHTS = "tests/test_weights.py"
KNOWN = "tests/test_known.py"
PRIORS = "tests/test_priors.py"
THREADS = "tests/test_threads.py"
SLIDES = "tests/documents/test_slides.py"
LINKS = "tests/documents/test_links.py"
NOTEBOOK = {
    int(path.name[:2]): f"notebooks/{path.name}" for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
}

# Of each file: what is broken, the text as it is, the text that breaks it, and the tests to run, in this order. What is
# broken in a notebook must turn that notebook red.
MUTATIONS = {
    "docs/make_slides.py": [
        ("answers on the slides", 'if "<details>" in cell.source:', 'if "<summary" not in cell.source:', SLIDES),
        ("exercises on the slides", '{"exercise", "answer", "check", "remove-cell"} & set(', "set() & set(", SLIDES),
        ("the code of pictures on the slides", 'kind in {"picture", "numbers"} and', 'kind == "numbers" and', SLIDES),
        ("a stepper that is not kept", "    return source[: found.start()] + keep", "    return source + keep", SLIDES),
    ],
    "docs/link_notebooks.py": [
        ("older links stay", "last.source = re.sub", "_ = re.sub", LINKS),
        ("the next notebook is itself", "[*names, None][here + 1]", "[*names, None][here]", LINKS),
        ("no glossary", "Every letter and term: [glossary](../docs/glossary.md).", "", LINKS),
    ],
    "gmm_teach/mixture.py": [
        ("sign of the exponent", "peaks[:, None], 0.5 *", "peaks[:, None], -0.5 *", ORACLES),
        ("1/2 missing in the exponent", "peaks[:, None], 0.5 *", "peaks[:, None], 1.0 *", ORACLES),
        (
            "K for d in the density",
            "- 0.5 * self.means.shape[1] * np.log",
            "- 0.5 * self.means.shape[0] * np.log",
            ORACLES,
        ),
        ("determinant for its square root", "half_log_dets = np.log(", "half_log_dets = 2 * np.log(", ORACLES),
        ("Sigma for its inverse in the density", "self._inverse_factors @", "self._factors @", ORACLES),
        ("pi_k missing in the joint density", "np.log(self.proportions) - 0.5 * self", "-0.5 * self", ORACLES),
        ("two blocks share a point", "slice(n * b // blocks,", "slice(max(n * b // blocks - 1, 0),", BLOCKS),
        ("the last block is lost", "in range(blocks)", "in range(max(blocks - 1, 1))", BLOCKS),
        (
            "plain exp for log-sum-exp in the density",
            "return np.logaddexp.reduce(self.log_joint(x), axis=1)",
            "return np.log(np.exp(self.log_joint(x)).sum(axis=1))",
            MIXTURE,
        ),
        (
            "largest term for the sum (erratum 9)",
            "return np.logaddexp.reduce(self.log_joint(x), axis=1)",
            "return self.log_joint(x).max(axis=1)",
            POST,
        ),
        ("factor transposed in a sample", '"nij,nj->ni"', '"nji,nj->ni"', ORACLES),
        ("smallest term for the hard label", "(x).argmax(axis=1)", "(x).argmin(axis=1)", ORACLES),
    ],
    "gmm_teach/_sklearn.py": [
        (
            "to scikit-learn: proportions divided by their sum",
            "in (mixture.proportions, mixture.means, theirs)",
            "in (mixture.proportions / mixture.proportions.sum(), mixture.means, theirs)",
            MIXTURE,
        ),
        ("to scikit-learn: not a copy", 'np.array(part, order="C")', 'np.asarray(part, order="C")', MIXTURE),
        (
            "to scikit-learn: L^-1 for its transpose",
            "np.eye(len(L)), lower=True).T",
            "np.eye(len(L)), lower=True)",
            MIXTURE,
        ),
        (
            "to scikit-learn: precisions to a rounding",
            "_precision_factor(covariance) for",
            "np.linalg.inv(np.linalg.cholesky(covariance)).T for",
            MIXTURE,
        ),
        ("to scikit-learn: claims to have converged", "converged_=False", "converged_=True", MIXTURE),
        (
            "from scikit-learn: variances squared",
            "theirs.reshape(K, -1, 1) * np.eye",
            "theirs.reshape(K, -1, 1) ** 2 * np.eye",
            MIXTURE,
        ),
        (
            "from scikit-learn: tied covariance transposed over k",
            "np.broadcast_to(theirs, (K, d, d))",
            "np.broadcast_to(theirs, (K, d, d)).swapaxes(0, 2)",
            MIXTURE,
        ),
    ],
    "gmm_teach/em.py": [
        (
            "responsibilities normalised over points",
            "joint.sum(axis=1, keepdims=True)",
            "joint.sum(axis=0, keepdims=True)",
            ORACLES,
        ),
        ("responsibilities not normalised", "return joint / density,", "return joint,", ORACLES),
        (
            "plain exp for log-sum-exp in the E step",
            "highest = log_joint.max(axis=1, keepdims=True)",
            "highest = np.zeros((len(log_joint), 1))",
            EM,
        ),
        (
            "hard labels for soft",
            "return joint / density,",
            "return (log_joint == highest).astype(float),",
            ORACLES,
        ),
        ("largest term for the sum in log L", "(highest + np.log(density))[:, 0]", "highest[:, 0]", ORACLES),
        (
            "old mean in Sigma",
            "            mixture = m_step(x, responsibilities)\n",
            "            new = m_step(x, responsibilities)\n"
            "            moved = new.means - mixture.means\n"
            "            wider = new.covariances + moved[:, :, None] * moved[:, None, :]\n"
            "            mixture = Mixture(new.proportions, new.means, wider)\n",
            POST,
        ),
        ("pi not updated", "proportions = S / w.sum()", "proportions = np.full(len(S), 1 / len(S))", ORACLES),
        ("weights: pi divided by n", "proportions = S / w.sum()", "proportions = S / len(x)", WEIGHTS),
        ("weights: not used", "T = w[:, None] * T", "pass", WEIGHTS),
        ("weights: used twice", "T = w[:, None] * T", "T = w[:, None] ** 2 * T", WEIGHTS),
        ("what rounding leaves of a mean", "    means += np.array([T_k", "    _ = np.array([T_k", BLOCKS),
        (
            "Sigma divided by n",
            "(x - m_k) / S_k for T_k, m_k, S_k in zip(T.T, means, S, strict=True)])\n    proportions",
            "(x - m_k) / len(x) for T_k, m_k, S_k in zip(T.T, means, S, strict=True)])\n    proportions",
            ORACLES,
        ),
        (
            "Sigma around 0",
            "covariances = np.array([T_k * (x - m_k).T @ (x - m_k)",
            "covariances = np.array([T_k * x.T @ x",
            ORACLES,
        ),
        (
            "weights squared in Sigma",
            "covariances = np.array([T_k * (x",
            "covariances = np.array([T_k**2 * (x",
            ORACLES,
        ),
        (
            "another E step not used",
            "responsibilities, log_likelihood = e_step(x, mixture)",
            "responsibilities, log_likelihood = globals()['e_step'](x, mixture)",
            OWN_CODE,
        ),
        ("collapse not noticed", "    check_none_flat(S, means, covariances)\n    return", "    return", EM),
    ],
    "gmm_teach/runs.py": [
        ("stop rule: the gain in tens of nats", "elif rise < tol:", "elif rise / 10 < tol:", EM),
        ("stop rule: tol = 0 never stops", "if rise <= 0:", "if rise <= -np.inf:", EM),
        ("stop rule: one step more", "elif step == max_steps:", "elif step > max_steps:", EM),
    ],
    "gmm_teach/blocks.py": [
        ("fit: off the diagonal only half", "np.where(a == b, -0.5, -1)", "-0.5", BLOCKS),
        ("fit: eta without its constant", " - 0.5 * (ways**2).sum(axis=(1, 2))", "", BLOCKS),
        (
            "fit: linear part lost",
            "linear = roots.swapaxes(1, 2) @ ways",
            "linear = 0 * roots.swapaxes(1, 2) @ ways",
            BLOCKS,
        ),
        ("fit: plain exp for log-sum-exp", "density.min() < UNDERFLOW", "density.min() < 0", BLOCKS),
        (
            "fit: softmax over points",
            "density = T.sum(axis=0)\n        if",
            "density = T.sum(axis=1, keepdims=True)\n        if",
            BLOCKS,
        ),
        ("fit: Sigma around the middle", " - S[:, None, None] * shifts[:, :, None] * shifts[:, None, :]", "", BLOCKS),
        ("fit: mean in the wrong units", "centres + shifts @ factor.T", "centres + shifts", BLOCKS),
        ("fit: never with care", "largest < MOST_ROUNDING else None", "largest < np.inf else None", BLOCKS),
        ("fit: always with care", "largest < MOST_ROUNDING else None", "largest < 0 else None", BLOCKS),
        ("fit: thin covariances not seen", "max(largest, 1 / shares.min())", "largest", BLOCKS),
        ("fit: steps of run_em taken up too late", "exact, m_step, since", "mixture, m_step, 1", BLOCKS),
        (
            "fit: careful sums around the old mean",
            "careful_sums, mixture, means)",
            "careful_sums, mixture, mixture.means)",
            BLOCKS,
        ),
        ("fit: a collapse that rounding feigns", "with suppress(CollapsedComponent):", "with nullcontext():", BLOCKS),
        ("fit: squares between blocks lost", " + (n * apart.T) @ apart", "", BLOCKS),
        (
            "fit: full covariances whatever m_step",
            "kind, whitening = COVARIANCES_OF[m_step],",
            'kind, whitening = "full",',
            BLOCKS,
        ),
        ("weights: fit's M step ignores them", "T *= weights[rows] / density", "T *= 1 / density", WEIGHTS),
        ("weights: careful sums ignore them", "enumerate(weights[rows] * T.T)", "enumerate(T.T)", WEIGHTS),
        ("weights: log L ignores them", "(weights[rows] * np.log(density)).sum()", "np.log(density).sum()", WEIGHTS),
        ("weights: careful log L ignores them", "(weights[rows] * log_density).sum()", "log_density.sum()", WEIGHTS),
        ("weights: log L far out ignores them", "(weights[rows] * highest).sum()", "highest.sum()", WEIGHTS),
        ("weights: steps of run_em ignore them", "[0], np.broadcast_to(weights, len(x)))", "[0])", WEIGHTS),
        ("fit: one core", "if min(cores, blocks) == 1:", "if True:", BLOCKS),
        (
            "fit: an interruption loses everything",
            "        except KeyboardInterrupt:\n            pass",
            "        except KeyboardInterrupt as interrupt:\n            raise RuntimeError from interrupt",
            BLOCKS,
        ),
        (
            "fit: a collapse forgets what was known",
            "collapse.so_far = Fit(mixture, log_likelihoods, *end)",
            "pass",
            BLOCKS,
        ),
        ("fit: fewer results than blocks", "    if len(parts) != len(blocks):", "    if False:", BLOCKS),
        ("fit: no bar", "                bar.update()", "                pass", BLOCKS),
        ("fit: futures not waited for", 'if hasattr(result, "result") else', "if False else", BLOCKS),
        ("fit: place of a bad number not told", "in {place}, with", "with", BLOCKS),
    ],
    "gmm_teach/_threads.py": [
        ("threads: not limited", "limit(limits=1,", "limit(limits=2,", THREADS),
        ("threads: not restored", "self.limit.restore_original_limits()", "pass", THREADS),
        (
            "threads: the first to leave restores",
            "            if self.inside == 0:\n                self.limit.restore",
            "            if True:\n                self.limit.restore",
            THREADS,
        ),
    ],
    "gmm_teach/_checks.py": [
        ("weights: below 0", "    if w.min() < 0:\n", "    if False:\n", WEIGHTS),
        ("weights: all 0", "    if w.max() == 0:\n", "    if False:\n", WEIGHTS),
    ],
    "gmm_teach/known.py": [
        ("labels: not looked at", "np.where(possible, log_joint, -np.inf)", "log_joint", KNOWN),
        ("gaps: no spread added", "(scatters + lacking)", "scatters", KNOWN),
        ("gaps: spread not weighted", "T[rows, k].sum() * left", "rows.sum() * left", KNOWN),
        ("gaps: filled by the mean of the component", "(seen - mean[there]) @ slopes", "0", KNOWN),
        ("gaps: marginal variance for the conditional", " - Sigma[np.ix_(gap, there)] @ slopes", "", KNOWN),
        ("gaps: a row of gaps", "if (rows := np.flatnonzero(gaps.all(axis=1))).size:", "if False:", KNOWN),
    ],
    "gmm_teach/priors.py": [
        (
            "prior: alpha for alpha - 1",
            "(S + alpha - 1) / (n + K * (alpha - 1))",
            "(S + alpha) / (n + K * alpha)",
            PRIORS,
        ),
        ("prior: pi divided by n", "/ (n + K * (alpha - 1))", "/ n", PRIORS),
        ("prior: degrees of freedom without d + 1", "(S + nu + d + 1)[", "(S + nu)[", PRIORS),
        ("prior: the mean of the posterior", "(S + nu + d + 1)[", "(S + nu - d - 1)[", PRIORS),
        ("prior: no scatter", "(scatters + Psi)", "scatters", PRIORS),
        ("prior: scatter multiplied by nu", "(scatters + Psi)", "(scatters + nu * Psi)", PRIORS),
        ("prior: a Psi that is no scatter", "if np.linalg.eigvalsh(Psi).min() <", "if False and 0 <", PRIORS),
    ],
    "gmm_teach/covariances.py": [
        (
            "diagonal model keeps the correlations",
            'None] * np.eye(W.shape[1]),\n    "sph',
            'None],\n    "sph',
            COVARIANCE_MODELS,
        ),
        ("spherical model: trace not divided by d", "/ (W.shape[1] * S)", "/ S", COVARIANCE_MODELS),
        (
            "tied model: plain average over the components",
            "W.sum(axis=0) / S.sum()",
            "(W / S[:, None, None]).mean(axis=0)",
            COVARIANCE_MODELS,
        ),
        (
            "other models: collapse not noticed",
            "    check_none_flat(S, means, covariances)\n    return",
            "    return",
            COVARIANCE_MODELS,
        ),
    ],
    "gmm_teach/selection.py": [
        ("free parameters: K proportions", "return K - 1 + K * d", "return K + K * d", SELECTION),
        ("free parameters: tied counted K times", '"tied": one}', '"tied": K * one}', SELECTION),
        (
            "BIC with the sign of mclust",
            "-2 * mixture.log_likelihood(x) + _count(mixture) * np.log",
            "2 * mixture.log_likelihood(x) - _count(mixture) * np.log",
            SELECTION,
        ),
        ("AIC: p for 2 p", "+ 2 * _count", "+ _count", SELECTION),
        ("ICL without the labels", "mixture.log_joint(x).max(axis=1)", "mixture.log_density(x)", SELECTION),
        ("held out: judged by points that were seen", "log_likelihood(x[held_out])", "log_likelihood(kept)", SELECTION),
        ("several runs: worst first", "key=lambda run: -run.", "key=lambda run: run.", SELECTION),
        ("several runs: M step not used", "iterate(x, begin, m_step=m_step)", "iterate(x, begin)", SELECTION),
        (
            "several runs: a start of another model",
            "begin = function(x, K, seed, m_step)",
            "begin = function(x, K, seed)",
            SELECTION,
        ),
        (
            "several runs: a collapse is lost",
            "collapsed.append(result)",
            "collapsed = [result]",
            SELECTION,
        ),
        ("several runs: a spike among the others", "(spiked if result.spikes else runs)", "runs", SELECTION),
        ("spikes: a thin cluster of many points", "< FEW * mixture.d)", "< np.inf)", SELECTION),
        ("spikes: units matter", "whiten @ mixture.covariances @ whiten.T", "mixture.covariances", SELECTION),
        ("several runs: every start has the same seed", "(seed + i) % 2**32", "seed", SELECTION),
    ],
    "gmm_teach/practice/own_code.py": [
        ("own code: a fall ends the run", "SMALLEST_FALL = 1e-12", "SMALLEST_FALL = np.inf", OWN_CODE),
        ("own code: no fall is rounding", "SMALLEST_FALL = 1e-12", "SMALLEST_FALL = 0", OWN_CODE),
        (
            "own code: rounding of a sum that cancels forgotten",
            "max(abs(before), abs(after), len(x))",
            "max(abs(before), abs(after))",
            OWN_CODE,
        ),
        ("own code: rounding of a large sum forgotten", "max(abs(before), abs(after), len(x))", "len(x)", OWN_CODE),
        ("own code: the last fall for the first", "{min(falls)}", "{max(falls)}", OWN_CODE),
        ("own code: a fall ends the run after all", "return np.inf if fell", "return -1 if fell", OWN_CODE),
        ("own code: x copied to other memory", ".shape[1]).view()", ".shape[1]).copy()", OWN_CODE),
        ("own code: x open to writing", "    x.flags.writeable = False\n", "", OWN_CODE),
        ("own code: responsibilities open to writing", "given = read_only(given)", "given = np.array(given)", OWN_CODE),
        (
            "own code: states before it off by one",
            "states = len(states), tuple(states)",
            "states = len(states), tuple(states[1:])",
            OWN_CODE,
        ),
        (
            "own code: step off by one",
            "error.step, error.states = len(states),",
            "error.step, error.states = len(states) - 1,",
            OWN_CODE,
        ),
        (
            "own code: a collapse told as an error",
            "from collapse\n            raise\n",
            "from collapse\n            raise own_code_error(name, function, collapse, ()) from None\n",
            OWN_CODE,
        ),
        ("own code: an interrupt caught", "except Exception as error", "except BaseException as error", OWN_CODE),
        (
            "own code: the first line for the last",
            "own[-1].line or None, own[-1].lineno",
            "own[0].line or None, own[0].lineno",
            OWN_CODE,
        ),
        (
            "own code: a line of somebody else's",
            "if frame.filename == _file(function)",
            "if frame.filename != __file__",
            OWN_CODE,
        ),
        (
            "own code: partial not unwrapped",
            "    while isinstance(function, functools.partial):\n        function = function.func\n",
            "",
            OWN_CODE,
        ),
        ("own code: decorator not unwrapped", "return inspect.unwrap(function)", "return function", OWN_CODE),
        (
            "own code: callable object has no line",
            ' or getattr(type(function).__call__, "__code__", None)',
            "",
            OWN_CODE,
        ),
        ("own code: every ValueError is of read-only", ' and "read-only" in words', "", OWN_CODE),
        ("own code: every TypeError is of the call", " and len(summary.stack) == 1", "", OWN_CODE),
        ("own code: a missing line is an empty one", "own[-1].line or None", "own[-1].line", OWN_CODE),
        ("own code: transposed not noticed", "T.shape == shape[::-1]", "T.shape == shape", OWN_CODE),
        ("own code: ragged lists not taken", "np.array(value, dtype=object)", "np.asarray(value)", OWN_CODE),
        ("own code: 0 taken for a logarithm", " and T.min() < 0", "", OWN_CODE),
        (
            "own code: sums over the columns not noticed",
            "np.allclose(T.sum(axis=0), 1)",
            "np.allclose(T.sum(axis=1), 1)",
            OWN_CODE,
        ),
        (
            "own code: log-likelihood may be infinite",
            " or not np.isfinite(float(number))",
            " or np.isnan(number)",
            OWN_CODE,
        ),
        ("own code: log-likelihood may be bool", 'not in "iuf"', 'not in "iufb"', OWN_CODE),
        ("own code: log-likelihood not made a float", "    return float(number)\n", "    return value\n", OWN_CODE),
        ("own code: K and d of the Mixture not checked", "if (K, d) != wanted:", "if False:", OWN_CODE),
        ("own code: the E step blamed for the M step", "mixture.log_joint(x)  # or", "mixture.means  # or", OWN_CODE),
    ],
    "gmm_teach/bound.py": [
        ("sign of the entropy", "return -float(times_log(", "return float(times_log(", BOUND),
        (
            "Q without log pi",
            "return float((T * log_joint).sum())",
            "return float((T * (log_joint - np.log(mixture.proportions))).sum())",
            BOUND,
        ),
        ("sign of H", "float(-(T * log_posterior)", "float((T * log_posterior)", BOUND),
        ("KL the wrong way round", "rel_entr(T, R)", "rel_entr(R, T)", BOUND),
        (
            "entropy taken from Q, not added",
            "responsibilities) + entropy(",
            "responsibilities) - entropy(",
            BOUND,
        ),
    ],
    "gmm_teach/updates.py": [
        ("1/2 missing in A", 'float(-0.5 * np.einsum("n', 'float(-1.0 * np.einsum("n', UPDATES),
        (
            "sign of the gradient of A",
            'return _square("precision", precision, len(mean)) @ (',
            'return -_square("precision", precision, len(mean)) @ (',
            UPDATES,
        ),
        (
            "Sigma for its inverse in the Hessian of A",
            '-_not_negative("weights", weights, "n").sum() * _square(',
            '-_not_negative("weights", weights, "n").sum() * np.linalg.inv(precision) @ _square(',
            UPDATES,
        ),
        (
            "mean divided by n",
            'return weights @ x / _total("weights", weights)',
            "return weights @ x / len(x)",
            UPDATES,
        ),
        (
            "sign of log det in B",
            "float(0.5 * np.sum(weights) * log_det",
            "float(-0.5 * np.sum(weights) * log_det",
            UPDATES,
        ),
        ("1/2 missing in the gradient of B", "covariance.T - 0.5 * squares", "covariance.T - squares", UPDATES),
        (
            "inverse not transposed in the gradient of B",
            "* covariance.T - 0.5",
            "* covariance - 0.5",
            UPDATES,
        ),
        (
            "gradient of the symmetric view not doubled",
            "vech(2 * gradient - np.diag(np.diag(gradient)))",
            "vech(gradient)",
            UPDATES,
        ),
        (
            "V transposed in the second derivative of B",
            "np.trace(moved @ moved)",
            "np.trace(moved @ moved.T)",
            UPDATES,
        ),
        (
            "commutation matrix missing in the Hessian of B",
            "np.kron(covariance.T, covariance) @ swap",
            "np.kron(covariance.T, covariance)",
            UPDATES,
        ),
        (
            "Sigma divided by S - 1",
            'return scatter(x, weights, mean) / _total("weights", weights)',
            'return scatter(x, weights, mean) / (_total("weights", weights) - 1)',
            UPDATES,
        ),
        (
            "last component missing in the gradient of C",
            "return ratio[:-1] - ratio[-1]",
            "return ratio[:-1]",
            UPDATES,
        ),
        (
            "diagonal Hessian of C (erratum 4)",
            "-np.diag(curvature[:-1]) - curvature[-1]",
            "-np.diag(curvature[:-1])",
            UPDATES,
        ),
    ],
    "gmm_teach/starts.py": [
        ("K x K identity (erratum 3)", "np.eye(d) if covariance", "np.eye(K) if covariance", POST),
        (
            "components in the order of K-means",
            "from_means(centres[np.lexsort(centres.T[::-1])])",
            "from_means(centres)",
            POST,
            STARTS,
        ),
    ],
    "gmm_teach/datasets/csv_reader.py": [
        ("CSV: a comma before a semicolon", 'max("\\t;, "', 'max("\\t,; "', DATASETS),
        ("CSV: marks in quotes separate", """re.sub('"[^"]*"', "", text)""", "text", DATASETS),
        ("CSV: a header is always there", "has_header = row_names or", "has_header = True or", DATASETS),
        ("CSV: the header is not counted as row 1", "enumerate(reader, start=1)", "enumerate(reader)", DATASETS),
        (
            "CSV: the line where a row ends for where it begins",
            "row {number} (line {line} of the file)",
            "row {number} (line {reader.line_num} of the file)",
            DATASETS,
        ),
        (
            "CSV: a decimal comma makes a column of words",
            "if re.fullmatch(BROKEN_NUMBER, cell):",
            "if False:",
            DATASETS,
        ),
        (
            "CSV: a gap in a column of numbers leaves the column out",
            "return sorted({j for _, cells in rows for j, cell in enumerate(cells) if _is_number(cell)})",
            "width = min((len(cells) for _, cells in rows), default=0)\n"
            "    return [j for j in range(width) if all(_is_number(cells[j]) for _, cells in rows)]",
            DATASETS,
        ),
        (
            "CSV: nan is a number",
            "return re.fullmatch(NUMBER, cell) is",
            'return re.fullmatch(NUMBER + "|NaN", cell) is',
            DATASETS,
        ),
        ("CSV: half a header is taken for one", "if not name or _is_number(name) or", "if False and", DATASETS),
        (
            "CSV: an empty row within is dropped",
            "while rows and not any(rows[-1][1]):\n        rows.pop()",
            "rows = [row for row in rows if any(row[1])]",
            DATASETS,
        ),
        ("CSV: what is left out is not named", "if len(numeric) < len(first):", "if False:", DATASETS),
        (
            "CSV: the byte order mark stays in the first name",
            'decode("utf-8")).lstrip("\\ufeff")',
            'decode("utf-8"))',
            DATASETS,
        ),
    ],
    "gmm_teach/widgets/typed.py": [
        ("typed: a fraction upside down", "repr(_floats(top / bottom))", "repr(_floats(bottom / top))", TYPED),
        ("typed: infinity let through", "if not math.isfinite(number):", "if math.isnan(number):", TYPED),
        ("typed: columns count from 0", "at column {foreign.start() + 1}", "at column {foreign.start()}", TYPED),
        ("typed: any depth", "    if depth > DEEPEST:", "    if depth > 10**9:", TYPED),
        ("typed: Python's own errors escape", "except (ValueError, SyntaxError, ", "except (ValueError, ", TYPED),
        ("typed: seven digits written", "decimal = repr(value)", 'decimal = f"{value:.7g}"', TYPED),
        ("typed: a fraction that is only near", "if top / bottom == value and", "if", TYPED),
    ],
    "gmm_teach/_format.py": [
        ("means: three digits for large ones", 'return f"z.{places}f"', 'return ".3g"', TABLES),
        ("means: two decimals always", "max(2, places)", "2", TABLES),
        (
            "units: metres and grams are added",
            "len(units) == 1 and ",
            "",
            CAPTIONS,
        ),
        ("minus: short in an exponent", r"|(?<=\de)-(?=\d)", "", CAPTIONS),
    ],
    "gmm_teach/widgets/playback.py": [
        (
            "frames: the start has colours",
            "done = self.previous if self.before_e_step else self",
            "done = self",
            PLAYBACK,
        ),
        ("frames: step leads to the E step of the start", "self.step > 0\n", "True\n", PLAYBACK),
        ("frames: nothing is narrow", "NARROW = 0.01", "NARROW = 0.0", CAPTIONS),
    ],
    "gmm_teach/widgets/stepper.py": [
        ("stepper: a late move moves the new run", ' and self._first_edition <= moved["edition"]', "", STEPPER),
        ("stepper: what is closed is kept", "        close_all(self)", "        pass", STEPPER),
        ("stepper: colours by number", "np.argsort(-shared, axis=None", "np.argsort(shared, axis=None", STEPPER),
        ("stepper: working is not said", "self.player.working = True", "pass", STEPPER),
    ],
    "gmm_teach/widgets/explorers/base.py": [
        ("explorers: back to the first place", "self._before.pop()", "self._before.pop(0)", EXPLORERS),
        ("explorers: each message of a slider is a move", "if not (by_slider and self._slid):", "if True:", EXPLORERS),
        ("explorers: a hand need not let go", 'if message["done"]:', "if True:", EXPLORERS),
        (
            "explorers: a film takes the reader along",
            "            self._place = here\n",
            "            pass\n",
            EXPLORERS,
        ),
        ("explorers: the browser's rounding is a move", "0.51 * slider.step", "0.0", EXPLORERS),
    ],
    "gmm_teach/widgets/explorers/drawing.py": [
        ("explorers: all arrows as long", "0.25 * slope / (slope + typical)", "0.25 * (slope > 0)", EXPLORERS),
    ],
    "gmm_teach/widgets/explorers/mixture.py": [
        ("explorers: a collapse is not said", "self._collapse = words", "pass", EXPLORERS),
        (
            "explorers: a third for a half",
            "np.log(2) * np.arange(HALVINGS",
            "np.log(3) * np.arange(HALVINGS",
            EXPLORERS,
        ),
    ],
    "gmm_teach/widgets/explorers/bound.py": [
        (
            "explorers: the bound follows",
            "self._responsibilities(self.anchor))",
            "self._responsibilities(m))",
            EXPLORERS,
        ),
        (
            "explorers: an M step makes an E step too",
            "(self.anchor), self.anchor])",
            "(self.anchor)] * 2)",
            EXPLORERS,
        ),
    ],
    "gmm_teach/widgets/explorers/updates.py": [
        ("explorers: variances for their roots", "np.sqrt(np.diag(covariance))", "np.diag(covariance)", EXPLORERS),
        ("explorers: nothing kept for the others", "self._place - SMALLEST + 1e-12", "self._place.copy()", EXPLORERS),
    ],
    "gmm_teach/datasets/gallery.py": [
        ("gallery: a start near the cluster", "[[0, 0], [12, 12]], wide)", "[[0, 0], [1, 1]], 0.01 * wide)", GALLERY),
        ("gallery: equal components a little apart", "for apart in (0, 1)", "for apart in (0.5, 1)", GALLERY),
        ("gallery: equal components far apart", "[0.001, 0]", "[0.5, 0]", GALLERY),
        ("gallery: another start for four", "[0.5, 1.5], [3.2, 0.4]", "[0, 1], [4, 0]", GALLERY),
        ("gallery: a good maximum for a poor one", "A_POOR_MAXIMUM = 17", "A_POOR_MAXIMUM = 16", GALLERY),
        ("gallery: the same order twice", "ANOTHER_ORDER = 9", "ANOTHER_ORDER = 1", GALLERY),
        ("gallery: units that mislead K-means only", "MISLEAD_EM = 8", "MISLEAD_EM = 0", GALLERY),
        ("gallery: clusters apart", "means=[[-1, 0], [1, 0]]", "means=[[-3, 0], [3, 0]]", GALLERY),
        ("gallery: a mean near the far point", "from_means([[-2], [2]])", "from_means([[-2], [20]])", GALLERY),
    ],
    "gmm_teach/kmeans.py": [
        ("K-means: farthest for nearest", ".argmin(axis=1)", ".argmax(axis=1)", LLOYD),
        ("K-means: distances not squared", ") ** 2).sum(", ")).sum(", LLOYD),
        ("K-means: median for mean", "points.mean(axis=0)", "np.median(points, axis=0)", LLOYD),
        (
            "K-means: an empty cluster goes to the centre of all",
            "else centres[k] for",
            "else x.mean(axis=0) for",
            LLOYD,
        ),
        ("K-means: never stops early", "            break\n", "            pass\n", LLOYD),
        (
            "K-means: stops a step too early",
            "        if (pairs[-1][1] == labels).all():\n",
            "        if (pairs[-1][1] != labels).sum() < 2:\n",
            LLOYD,
        ),
        ("K-means: one step too many", "range(steps)", "range(steps + 1)", LLOYD),
    ],
    "gmm_teach/plots.py": [
        (
            "eigenvalues for their square roots in the ellipse",
            "return np.sqrt(eigenvalues[::-1])",
            "return eigenvalues[::-1]",
            PLOTS,
        ),
        (
            "ellipse half as wide",
            "width=2 * r * first, height=2 * r * second",
            "width=r * first, height=r * second",
            PLOTS,
        ),
        ("fresh axes show no ellipse", "    ax.autoscale_view()\n\n\ndef grid_over", "\n\ndef grid_over", PLOTS),
        ("ellipse mirrored", "vectors[1, 1], vectors[0, 1]", "vectors[0, 1], vectors[1, 1]", PLOTS),
    ],
    "gmm_teach/rate.py": [
        ("1/2 missing in the difference", "/ (2 * size)", "/ size", RATE),
        ("one-sided difference", "after(theta - change)) / (2 * size)", "after(theta)) / size", RATE),
        ("Jacobian transposed", "np.column_stack(columns)", "np.array(columns)", RATE),
        ("last proportion for the first ones", "mixture.proportions[:-1]", "mixture.proportions[1:]", RATE),
        ("rate from moves that are rounding", "SMALLEST_MOVE = 1e-7", "SMALLEST_MOVE = 0", RATE),
        ("rate upside down", "moves[last + 1] / moves[last]", "moves[last] / moves[last + 1]", RATE),
    ],
    "gmm_teach/practice/trials.py": [
        ("practice: tolerance loosened", "TOLERANCE = 1e-5", "TOLERANCE = 1e-1", WRONG_ONES),
        ("practice: tolerance tightened", "TOLERANCE = 1e-5", "TOLERANCE = 1e-12", RIGHT_ONES),
        ("practice: far tolerance tightened", "TOLERANCE_FAR = 1e-3", "TOLERANCE_FAR = 1e-7", RIGHT_ONES),
        (
            "practice: a mistake is named that one input alone speaks for",
            "and all(\n                gives(",
            "and any(\n                gives(",
            WRONG_ONES,
        ),
        ("practice: a change in place is not seen", "not np.array_equal(old, new)", "False", WRONG_ONES),
        ("practice: what a Mixture refused is not read", 'hasattr(error, "refused")', "False", WRONG_ONES),
        (
            "practice: nan agrees with nan",
            "        return ()  # nan agrees",
            "        pass  # nan agrees",
            f"{PRACTICE}::test_nan_is_no_mistake_of_the_catalogue",
        ),
        (
            "practice: two guesses for one part",
            "for count in (1, 2) if len(names) == len(exercise.parts) else (1,):",
            "for count in (1, 2):",
            f"{PRACTICE}::test_two_mistakes_are_not_guessed_for_one_part_where_another_is_wrong_for_no_known_reason",
        ),
        (
            "practice: inputs are not made smaller",
            "for candidate in smaller(case):",
            "for candidate in ():",
            f"{PRACTICE}::test_the_smallest_input_is_as_small_as_can_be",
        ),
    ],
    "gmm_teach/practice/cases.py": [
        ("practice: no far points", "*offset, *far, _high())", "*offset, _high())", WRONG_ONES),
        ("practice: no point far from 0", "_many(), *offset,", "_many(),", WRONG_ONES),
        ("practice: no high dimension", "*far, _high())", "*far)", WRONG_ONES),
        ("practice: no single point", "return (*near, one,", "return (*near,", WRONG_ONES),
        ("practice: K is d", "(8, 3, 2)", "(8, 3, 3)", f"{PRACTICE}::test_the_inputs_tell_n_d_and_k_apart"),
    ],
    "gmm_teach/practice/mistakes.py": [
        ("practice: pi_k forgotten is not known", 'all equal": np.zeros_like', 'all equal": np.log', WRONG_ONES),
        (
            "practice: S_k - 1 is taken for right",
            "    mean_divisor: Callable = lambda T: T.sum(axis=0)\n",
            "    mean_divisor: Callable = lambda T: T.sum(axis=0) - 1\n",
            RIGHT_ONES,
        ),
    ],
    "gmm_teach/practice/checks.py": [
        (
            "practice: what is kept from the call before is not seen",
            "    again = run(exercise, function, case)\n    if",
            "    again = first\n    if",
            WRONG_ONES,
        ),
        ("practice: a failure passes", "    if not failed:", "    if True:", WRONG_ONES),
        (
            "practice: helpers use nothing from outside",
            "helpers.append(value)",
            "pass",
            f"{PRACTICE}::test_arrays_from_outside_are_named_wherever_they_are_used",
        ),
        (
            "practice: lambdas use nothing from outside",
            "tables += table.get_children()",
            "pass",
            f"{PRACTICE}::test_arrays_from_outside_are_named",
        ),
    ],
    "gmm_teach/practice/answers.py": [
        ("answers: everything is right", "if not equal(right):", "if False:", WRONG_ANSWERS),
        ("answers: no mistake is named", "if equal(value)), otherwise)", "if False), otherwise)", WRONG_ANSWERS),
        ("answers: any shape will do", "if array.shape != shape:", "if False:", WRONG_ANSWERS),
        (
            "answers: a function that is not started is wrong",
            "raise _NotStarted",
            "pass",
            f"{ANSWERS}::test_an_untouched_exercise_is_not_started",
        ),
    ],
    NOTEBOOK[1]: [
        ("normalised over points", "T / T.sum(axis=0)", "T / T.sum(axis=1, keepdims=True)"),
        (
            "old mean in Sigma",  # in both factors: in one alone it would change nothing
            "(T[k] * (x - m[k]).T) @ (x - m[k])",
            "(T[k] * (x - start.means[k]).T) @ (x - start.means[k])",
        ),
    ],
    "notebooks/01b_em_by_hand.ipynb": [
        ("by hand: equal proportions", "Mixture([1 / 4, 3 / 4], means", "Mixture([1 / 2, 1 / 2], means"),
        ("two coins: hard labels", "T = f / f.sum(axis=0)  # E", "T = np.eye(2)[f.argmax(axis=0)].T  # E"),
        ("two coins: divided by all tosses", "(tosses * T.sum(axis=1))  # M", "50  # M"),
    ],
    NOTEBOOK[2]: [
        ("K for d in the density", "    d = len(m)\n", "    d = 3\n"),
        ("sign of the exponent", "* np.exp(-distance / 2)", "* np.exp(distance / 2)"),
    ],
    NOTEBOOK[3]: [
        ("sign of H", "return -np.exp(log_posterior(theta_0)) @", "return np.exp(log_posterior(theta_0)) @"),
        ("Q without log pi", "T * theta.log_joint(x)", "T * (theta.log_joint(x) - np.log(theta.proportions))"),
    ],
    NOTEBOOK[4]: [
        ("1/2 missing in A", "-0.5 * t * (point - m)", "-t * (point - m)"),
        ("mean divided by n", "weights @ x / weights.sum()", "weights @ x / len(x)"),
    ],
    NOTEBOOK[5]: [
        (
            "weights squared in Sigma",
            "return (weights[:, None] * z).T @ z",
            "return (weights[:, None] * z).T @ (weights[:, None] * z)",
        ),
        ("commutation matrix is the identity", "b * d + a] = 1", "a * d + b] = 1"),
    ],
    NOTEBOOK[6]: [
        ("diagonal Hessian of C", "- sums[-1] / pi[-1] ** 2 * np.ones(", "- 0 * np.ones("),
        ("pi not divided by n", "T.sum(axis=0) / len(T)", "T.sum(axis=0)"),
    ],
    NOTEBOOK[7]: [
        ("K for d in the density", "(x.shape[1] * np.log(2 * np.pi)", "(len(pi) * np.log(2 * np.pi)"),
        ("plain exp for log-sum-exp", "    highest = a.max(axis=1, keepdims=True)\n", "    highest = 0 * a[:, :1]\n"),
        ("pi not updated", "return S / len(x), m, ", "return np.full(len(S), 1 / len(S)), m, "),
    ],
    NOTEBOOK[8]: [
        ("right for printed: the power of 2 pi", "integral(m, Sigma, power=K / 2)", "integral(m, Sigma, d / 2)"),
        ("printed for right: Hessian of C", "right = printed - S[-1] / pi[-1] ** 2", "right = printed"),
    ],
    NOTEBOOK[9]: [
        ("gallery: the floor added", "vectors * np.maximum(eigenvalues, floor)", "vectors * (eigenvalues + floor)"),
        ("gallery: matched to the first order", "order = linear_sum_assignment(distances)[1]", "order = np.arange(3)"),
        ("gallery: a covariance in old units", "A @ mixture.covariances @ A.T", "mixture.covariances"),
        (
            "gallery: logarithms left too early",
            "np.exp(log_joint - log_density)",
            "np.exp(log_joint) / np.exp(log_density)",
        ),
    ],
    NOTEBOOK[10]: [
        ("K-means: 1/2 missing in the exponent", "start) / (2 * sigma**2))\nT, _", "start) / sigma**2)\nT, _"),
        (
            "K-means: means of all points",
            "held(T.T @ x / T.sum(axis=0)[:, None], sigma)",
            "held(T.T @ x / len(x), sigma)",
        ),
        ("K-means: sigma not in the M step", "return lambda x, T: held(", "return lambda x, T, sigma=1: held("),
        ("K-means: constants forgotten in F", "constants = n * np.log(K) + n * d / 2", "constants = n * d / 2"),
        ("K-means: equal covariances for EM", "bent = run_em(points, begin).states[-1].mixture", "bent = begin"),
    ],
    NOTEBOOK[11]: [
        ("tied covariance divided by K n", "W.sum(axis=0) / n]", "W.sum(axis=0) / n / 3]"),
        ("K proportions for K - 1", "        K\n        - 1\n", "        K\n"),
        ("ICL without the labels", "a.max(axis=1).sum()", "np.logaddexp.reduce(a, axis=1).sum()"),
    ],
    NOTEBOOK[12]: [
        ("1/2 missing in the difference", "/ (2 * h.sum())", "/ h.sum()"),
        (
            "r for its square in what is left",
            "g * predicted**2 / (1 - predicted**2)",
            "g * predicted / (1 - predicted)",
        ),
        (
            "seen for missing information",
            "np.eye(11) - np.linalg.solve(complete, observed)",
            "np.linalg.solve(complete, observed)",
        ),
        ("jumps without the safeguard", "if log_likelihood >= least:", "if log_likelihood > -np.inf:"),
        ("jump half as far", "v_0 + 2 * a * u + a**2 * w", "v_0 + 2 * a * u + a * w"),
    ],
    NOTEBOOK[13]: [
        ("own data: s not squared in Sigma", "s[:, None] * mixture.covariances * s", "mixture.covariances * s"),
        ("own data: the volume forgotten", "shift = -np.log(s).sum()", "shift = np.log(s).sum()"),
        (
            "own data: K-means on standardised points twice",
            "raw, even = k_means_labels(x), k",
            "raw, even = k_means_labels(z), k",
        ),
        ("own data: start not mapped back", "start = in_units(quickest.start)", "start = quickest.start"),
        ("own data: highest BIC taken", "min(choices, key=score.get)", "max(choices, key=score.get)"),
        ("own data: numbers written with six digits", "parameters.tolist()", "parameters.round(6).tolist()"),
        ("own data: the guard left on", "reg_covar=0, tol=1e-11", "reg_covar=1e-2, tol=1e-11"),
    ],
    NOTEBOOK[18]: [
        ("robust: each unseen point once more", "(W + Psi) / (S_k + nu + d + 1)", "(W + Psi) / (S_k + nu + d + 2)"),
        ("robust: noise without its volume", "ours / (ours + noise / volume)", "ours / (ours + noise)"),
        ("robust: u in the count of a t component", "/ S[:, None, None], Tu", "/ Tu.sum(axis=1)[:, None, None], Tu"),
        ("robust: u without the coordinates", "u.append((nu + len(m)) /", "u.append(nu /"),
    ],
}


class Mutation(NamedTuple):
    """One line of the list above."""

    file: str
    what: str
    old: str
    new: str
    tests: tuple


def main(words):
    """Run the mutations whose description holds one of the words, or all; return the exit status."""
    mutations = [
        Mutation(file, what, old, new, tests or (file,))
        for file, lines in MUTATIONS.items()
        for what, old, new, *tests in lines
    ]
    stale = [mutation for mutation in mutations if changed(ROOT, mutation) is None]
    for mutation in stale:
        print(f"STALE   {mutation.file}: {mutation.what}: its old text does not occur exactly once")
    if words == ["--stale"]:
        print(f"{len(stale)} of {len(mutations)} are stale")
        return 1 if stale else 0
    chosen = [m for m in mutations if m not in stale and (not words or any(word in m.what for word in words))]
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        where = run(copy, "-c", "import gmm_teach; print(gmm_teach.__file__)")[1].strip()
        if not Path(where).is_relative_to(copy):
            sys.exit(f"the copy does not import its own gmm_teach, but {where}")
        print(f"{len(chosen)} mutations. First: is all green without them?", flush=True)
        for test in sorted({test for mutation in chosen for test in mutation.tests}):
            caught = caught_by(copy, [test])
            if caught is not None:
                sys.exit(f"red before anything was broken: {caught}")
        missed = [mutation for mutation in chosen if not catch(copy, mutation)]
    print(f"{len(chosen) - len(missed)} caught, {len(missed)} missed, {len(stale)} stale")
    return 1 if missed or stale else 0


def catch(copy, mutation):
    """Break the copy, run the tests, mend the copy, print a line of the table; return whether a test went red."""
    file = copy / mutation.file
    original = file.read_bytes()
    file.write_text(changed(copy, mutation), encoding="utf-8", newline="")
    caught = caught_by(copy, mutation.tests)
    file.write_bytes(original)
    print(f"{'caught' if caught else 'MISSED'}  {file.name}: {mutation.what}", flush=True)
    print(f"        -> {caught or 'all stayed green: ' + ', '.join(mutation.tests)}", flush=True)
    return caught is not None


def changed(copy, mutation):
    """Return the text of the file with `new` for `old`, or None where `old` does not occur exactly once."""
    file = copy / mutation.file
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if not mutation.file.endswith(".ipynb"):
        return text.replace(mutation.old, mutation.new) if text.count(mutation.old) == 1 else None
    notebook = json.loads(text or '{"cells": []}')
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells]
    if sum(source.count(mutation.old) for source in sources) != 1:
        return None
    for cell, source in zip(cells, sources, strict=True):
        cell["source"] = source.replace(mutation.old, mutation.new)
    return json.dumps(notebook, ensure_ascii=False, indent=1)


def caught_by(copy, tests):
    """Run the tests in the copy until one goes red; return its name and the line that failed, or None."""
    status, output = run(copy, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:cacheprovider", *tests)
    if status == 0:
        return None
    lines = re.sub(r"\x1b\[[\d;]*m", "", output).splitlines()
    names = [line.split(" - ")[0].split(" ", 1)[1] for line in lines if line.startswith(("FAILED ", "ERROR "))]
    failed = [line for line in lines if re.match(r"-+> *\d+ ", line)]  # a notebook marks the line with an arrow
    failed += [after for line, after in pairwise(lines) if re.match(r"\S+\.py:\d+: in ", line)]
    if not names:
        sys.exit("no test went red, and yet pytest failed:\n" + output)
    name = re.sub(r"::Cell (\d+)$", lambda match: f" [{int(match[1]) + 1}]", names[0])  # numbered as JupyterLab does
    return f"{name}: {re.sub(r'^-+> *[0-9]+ ', '', failed[0]).strip()}" if failed else name


def run(copy, *arguments):
    """Run Python in the copy, with the copy's own modules and no stale bytecode; return exit status and output."""
    environment = dict(
        os.environ, PYTHONPATH=str(copy), PYTHONDONTWRITEBYTECODE="1", OPENBLAS_NUM_THREADS="1", NO_COLOR="1"
    )
    command = [sys.executable, *arguments]
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return 1, f"FAILED it did not end within {MOST_SECONDS} seconds"
    return done.returncode, done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
