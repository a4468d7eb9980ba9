"""K-means as it happens, to be shown beside EM: label every point by the nearest centre, then move each centre.

The labels are hard where EM's responsibilities are soft, and every cluster counts as round and equally wide.
A TypeError or ValueError names an argument that is not as described.
"""

import numpy as np
from numpy.typing import ArrayLike

from ._checks import as_count, as_points, as_real, read_only


def lloyd(x: ArrayLike, centres: ArrayLike, steps: int) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Run Lloyd's algorithm for K-means and keep every step.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    centres : array_like, shape (K, d)
        Where it starts.
    steps : int
        How often the centres move at most, 0 or more.

    Returns
    -------
    tuple of (centres, labels)
        One pair for each step, step 0 first: the (K, d) centres, and the (n,) labels of the points nearest to these
        centres, counted from 0; write-protected. A point between two centres goes to the first. The next centres are
        the means of their points; a centre without points stays where it is. The last pair is that of `steps`, or
        sooner the first whose labels are those of the pair before: from there on nothing changes.

    Examples
    --------
    >>> pairs = lloyd([[0.0], [1.0], [5.0], [6.0]], centres=[[0.0], [1.0]], steps=10)
    >>> for centres, labels in pairs:
    ...     print(centres.ravel(), labels)
    [0. 1.] [0 1 1 1]
    [0. 4.] [0 0 1 1]
    [0.5 5.5] [0 0 1 1]
    """
    x = as_points(x)
    centres = as_real("centres", centres, ("K", x.shape[1]))
    steps = as_count("steps", steps, 0)
    pairs = [(read_only(centres), read_only(_nearest(x, centres)))]
    for _ in range(steps):
        centres, labels = pairs[-1]
        own = [x[labels == k] for k in range(len(centres))]
        centres = [points.mean(axis=0) if len(points) > 0 else centres[k] for k, points in enumerate(own)]
        pairs.append((read_only(centres), read_only(_nearest(x, centres))))
        if (pairs[-1][1] == labels).all():
            break
    return tuple(pairs)


def _nearest(x, centres):
    squared_distances = ((x[:, None] - np.asarray(centres)) ** 2).sum(axis=2)
    return squared_distances.argmin(axis=1)
