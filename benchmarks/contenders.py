"""The ways to fit a mixture that `fit_beside_others.py` times, each run by this file in a process of its own.

    python benchmarks/contenders.py NAME POINTS.npz STEPS REPEATS

prints as JSON the seconds of one EM step, once for each repeat, and the means after 1 + STEPS steps. A step is timed as
a difference: a fit of 1 + STEPS steps less a fit of 1 step, over STEPS; so start-up and checks of the input do not
count. What is compiled is compiled before the clock starts. All stop after the number of steps alone. All are called as
a user calls them: no environment variable is set, and no thread is limited from outside.
"""

import json
import os
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np

warnings.simplefilter("ignore")  # that the fit has not converged: it must not

THREADS = os.cpu_count()


def gmm_teach_fit(x, start, steps, **options):
    """Ours, by default: a thread for each core."""
    from gmm_teach import fit

    found = fit(x, start, max_steps=steps, tol=0, **options)
    assert not found.converged, "it has stopped before the number of steps"
    return found.mixture.means


def gmm_teach_fit_one_thread(x, start, steps):
    """Ours, over blocks, one after the other."""
    return gmm_teach_fit(x, start, steps, map=map)


def gmm_teach_run_em(x, start, steps):
    """Ours, with every step kept."""
    from gmm_teach import run_em

    return run_em(x, start, max_steps=steps, tol=0).states[-1].mixture.means


def gmm_teach_run_em_one_thread(x, start, steps):
    """Ours, with linear algebra held to one thread from outside."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return gmm_teach_run_em(x, start, steps)


def scikit_learn(x, start, steps):
    """scikit-learn, without its guard on the variances."""
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(
        len(start.means),
        weights_init=start.proportions,
        means_init=start.means,
        precisions_init=np.linalg.inv(start.covariances),
        reg_covar=0,
        tol=0,
        max_iter=steps,
    )
    return model.fit(x).means_


def gmmx(x, start, steps):
    """JAX, compiled, in single precision: it refuses double."""
    import jax
    from gmmx import EMFitter, GaussianMixtureModelJax

    parameters = (jax.numpy.asarray(a) for a in (start.means, start.covariances, start.proportions))
    model = GaussianMixtureModelJax.from_squeezed(*parameters)
    result = EMFitter(max_iter=steps, tol=-1.0, reg_covar=0.0).fit(jax.numpy.asarray(x), model)
    return np.asarray(result.gmm.means_numpy)


def pomegranate(x, start, steps):
    """Torch, in single precision."""
    import torch
    from pomegranate.distributions import Normal
    from pomegranate.gmm import GeneralMixtureModel

    single = [np.asarray(a, dtype=np.float32) for a in (x, start.means, start.covariances, start.proportions)]
    x, means, covariances, proportions = map(torch.from_numpy, single)
    components = [Normal(mean, covariance, "full") for mean, covariance in zip(means, covariances, strict=True)]
    model = GeneralMixtureModel(components, priors=proportions, max_iter=steps, tol=-np.inf)
    model.fit(x)
    return np.array([component.means.detach().numpy() for component in components])


def floor(x, start, steps):
    """One exp over n K numbers, and the multiply-adds of the E and M steps, in blocks and on all cores."""
    from threadpoolctl import threadpool_limits

    from gmm_teach.mixture import row_blocks

    (n, d), K = x.shape, len(start.means)
    numbers, matrices = np.random.default_rng(0), np.tile(np.eye(d), (K, 1, 1))
    blocks = row_blocks(n, 400_000 // (K * d))
    size = blocks[0].stop
    a, z = numbers.normal(size=(K, size)), numbers.normal(size=(K, d, size))

    def of_block(rows):
        m = rows.stop - rows.start
        np.exp(a[:, :m])
        matrices @ z[..., :m]
        for z_k in z[..., :m]:
            np.dot(z_k, z_k.T)

    with threadpool_limits(1), ThreadPoolExecutor(THREADS) as pool:
        for _ in range(steps):
            list(pool.map(of_block, blocks))
    return start.means


CONTENDERS = {
    "fit": gmm_teach_fit,
    "fit, one thread": gmm_teach_fit_one_thread,
    "run_em": gmm_teach_run_em,
    "run_em, one BLAS thread": gmm_teach_run_em_one_thread,
    "scikit-learn": scikit_learn,
    "gmmx (float32)": gmmx,
    "pomegranate (float32)": pomegranate,
    "floor": floor,
}


def main(name, file, steps, repeats):
    """Time one contender and print what came out."""
    from gmm_teach import Mixture

    stored = np.load(file)
    x, start = stored["x"], Mixture(stored["proportions"], stored["means"], stored["covariances"])
    function = CONTENDERS[name]
    seconds = []
    for _ in range(repeats + 1):
        clock = time.perf_counter()
        function(x, start, 1)
        one = time.perf_counter()
        means = function(x, start, 1 + steps)
        seconds.append((time.perf_counter() - one - (one - clock)) / steps)
    print(json.dumps({"seconds": seconds[1:], "means": np.asarray(means, dtype=float).tolist()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
