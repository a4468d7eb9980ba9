"""Seconds of one EM step, memory of a whole fit, and growth with n, d and K: `gmm_teach.fit` beside other libraries.

    python -m pip install --editable ".[scale]" gmmx pomegranate
    python benchmarks/fit_beside_others.py                 all of it, as Markdown
    python benchmarks/fit_beside_others.py speed           one part: speed, threads, memory or growth

All are called with their defaults. It takes some ten minutes, in which the machine should do nothing else. The same
points, the same start and the same number of steps for all. They take turns, each in a process of its own, for several
rounds; medians are printed. A library that is not installed is left out, and said to be. How a step is timed:
`contenders.py`.
"""

import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from gmm_teach import Mixture

HERE = Path(__file__).parent
PICTURE = HERE / "growth_of_fit.png"

SIZES = [(1100, 2, 3), (10**5, 2, 3), (10**6, 2, 3), (10**5, 10, 8), (2 * 10**4, 50, 10)]
GOALS = {(10**6, 2, 3): 25, (10**5, 10, 8): 12, (2 * 10**4, 50, 10): 4}  # times as fast as scikit-learn
MOST_OF_FLOOR, MOST_OF_ONE_THREAD = 2.5, 1.5
NEEDS = {
    "scikit-learn": "sklearn",
    "gmmx (float32)": "gmmx",
    "pomegranate (float32)": "pomegranate",
}
NAMES = ["fit", "fit, one thread", "run_em", *NEEDS, "floor"]
ROUNDS, REPEATS, STEPS = 3, 3, 10

ROWS_ON_DISK = 10**7

GROWTH = {
    "n": [(n, 2, 3) for n in (10**4, 10**5, 10**6, 4 * 10**6)],
    "d": [(2 * 10**4, d, 3) for d in (2, 8, 32, 128)],
    "K": [(10**5, 2, K) for K in (2, 8, 32, 128)],
}


def problem(n, d, K):
    """Draw points from K round clusters, and a start near the truth; return them as arrays by name."""
    draw, spread = np.random.default_rng(0), np.sqrt(2 / d)  # so that they overlap as much, whatever d
    truth = Mixture(np.full(K, 1 / K), 2 * spread * draw.normal(size=(K, d)), np.tile(np.eye(d), (K, 1, 1)))
    x, _ = truth.sample(n, draw)
    means = truth.means + 0.5 * spread * draw.normal(size=(K, d))
    return {"x": x, "proportions": truth.proportions, "means": means, "covariances": truth.covariances}


def timed(name, file, steps=STEPS, repeats=REPEATS):
    """Run one contender in a process of its own; return its seconds and its means, or None where it is not there."""
    if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
        return None
    command = [sys.executable, HERE / "contenders.py", name, file, str(steps), str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def speed(folder):
    """Print the milliseconds of a step for each size and each contender, and what `fit` is compared with them."""
    print(f"| n, d, K | {' | '.join(NAMES)} |")
    print("|---" * (len(NAMES) + 1) + "|")
    notes = []
    for size in SIZES:
        file = folder / "points.npz"
        np.savez(file, **problem(*size))
        seconds, means = {name: [] for name in NAMES}, {}
        for _ in range(ROUNDS):
            for name in NAMES:
                found = timed(name, file)
                if found is not None:
                    seconds[name] += found["seconds"]
                    means[name] = np.array(found["means"])
        middle = {name: 1e3 * np.median(values) for name, values in seconds.items() if values}
        cells = [f"{middle[name]:.2f}" if name in middle else "not installed" for name in NAMES]
        print(f"| {', '.join(f'{number:,}' for number in size)} | {' | '.join(cells)} |", flush=True)
        notes.append(compared(size, middle, means))
    print("\n" + "\n".join(notes))


def compared(size, middle, means):
    """Return a line on how many times as fast `fit` is, and how far the means of others are from its own."""
    times = [f"{name} {middle[name] / middle['fit']:.1f}" for name in middle if name in NEEDS]
    goal = f" (goal for scikit-learn: {GOALS[size]})" if size in GOALS else ""
    apart = [f"{name} {np.abs(means[name] - means['fit']).max():.0e}" for name in means if name in NEEDS]
    return (
        f"- {size}: times as long as fit: {', '.join(times)}{goal}; fit takes {middle['fit'] / middle['floor']:.1f} "
        f"times as long as the floor (goal: {MOST_OF_FLOOR}). Means apart by at most: {', '.join(apart)}."
    )


def threads(folder):
    """Print the milliseconds of a step of `run_em` on few points with many coordinates, and with one BLAS thread."""
    for d in (20, 30, 50):
        np.savez(folder / "points.npz", **problem(500, d, 3))
        seconds = {name: [] for name in ("run_em", "run_em, one BLAS thread")}
        for _ in range(ROUNDS):
            for name in seconds:
                seconds[name] += timed(name, folder / "points.npz")["seconds"]
        default, alone = (1e3 * np.median(values) for values in seconds.values())
        ratio = f"{default / alone:.2f} (goal: {MOST_OF_ONE_THREAD})"
        print(
            f"- n = 500, K = 3, d = {d}: {default:.2f} ms by default, {alone:.2f} with one BLAS thread: {ratio}",
            flush=True,
        )


def memory(folder):
    """Print the memory that a fit needs beside its points, which lie in a file of ten million rows."""
    file, rows = folder / "points.npy", 10**6
    parameters = problem(rows, 2, 3)
    x = np.lib.format.open_memmap(file, mode="w+", dtype=float, shape=(ROWS_ON_DISK, 2))
    for first in range(0, ROWS_ON_DISK, rows):
        x[first : first + rows] = parameters["x"] + first / ROWS_ON_DISK
    x.flush()
    start = Mixture(*(parameters[name] for name in ("proportions", "means", "covariances")))
    code = "import sys; sys.path.insert(0, sys.argv[1]); import fit_beside_others as b; b.memory_of_one(*sys.argv[2:])"
    np.savez(folder / "start.npz", p=start.proportions, m=start.means, c=start.covariances)
    print(f"A file of {file.stat().st_size / 1e6:.0f} MB, {ROWS_ON_DISK:,} rows of d = 2, K = 3, four steps:\n")
    for name in ("fit, one thread", "fit"):
        subprocess.run([sys.executable, "-c", code, HERE, name, file, folder / "start.npz"], check=True)


def memory_of_one(name, file, start):
    """Fit the points in the file, and print by how much the memory of this process grew, file pages not counted."""
    import contenders

    stored = np.load(start)
    arguments = (np.load(file, mmap_mode="r"), Mixture(stored["p"], stored["m"], stored["c"]), 4)
    contenders.CONTENDERS[name](arguments[0][:1000], *arguments[1:])  # imports and pools are not counted
    before, highest, done = own_memory(), own_memory(), threading.Event()

    def watch():
        nonlocal highest
        while not done.is_set():
            highest = max(highest, own_memory())
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    clock = time.perf_counter()
    contenders.CONTENDERS[name](*arguments)
    seconds = time.perf_counter() - clock
    done.set()
    watcher.join()
    print(f"- {name}: {(highest - before) / 1e6:.0f} MB beside the points (goal: under 64), {seconds:.1f} s")


def own_memory():
    """Bytes of memory that belong to this process alone (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon")))


def growth(folder):
    """Draw the seconds of a step against n, d and K, with fitted slopes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.4), layout="constrained")
    for ax, (letter, sizes) in zip(figure.subplots(1, 3), GROWTH.items(), strict=True):
        place = "ndK".index(letter)
        at = [size[place] for size in sizes]
        for name, marker in (("fit", "o"), ("scikit-learn", "s")):
            seconds = []
            for size in sizes:
                np.savez(folder / "points.npz", **problem(*size))
                seconds.append(np.median(timed(name, folder / "points.npz", steps=3)["seconds"]))
            slope = np.polyfit(np.log(at), np.log(seconds), 1)[0]
            ax.loglog(at, np.multiply(seconds, 1e3), marker + "-", label=f"{name}: {letter}$^{{{slope:.2f}}}$")
            milliseconds = ", ".join(f"{1e3 * value:.2f}" for value in seconds)
            print(f"- {name}, {letter} = {at}: {milliseconds} ms, slope {slope:.2f}", flush=True)
        others = [f"{other} = {sizes[0]['ndK'.index(other)]:,}" for other in "ndK" if other != letter]
        ax.set(xlabel=letter, ylabel="ms a step", title=", ".join(others))
        ax.legend(fontsize="small")
    figure.savefig(PICTURE, dpi=110)


def main(parts):
    """Print the parts asked for, or all."""
    packages = ["numpy", "scikit-learn", "gmmx", "jax", "pomegranate", "torch"]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores,", ", ".join(map(installed, packages)) + ".\n")
    with tempfile.TemporaryDirectory(prefix="fit-") as folder:
        for part in parts or ["speed", "threads", "memory", "growth"]:
            print(f"\n## {part.capitalize()}\n", flush=True)
            {"speed": speed, "threads": threads, "memory": memory, "growth": growth}[part](Path(folder))


def installed(package):
    """Return the package with its version."""
    try:
        return f"{package} {version(package)}"
    except ImportError:
        return f"no {package}"


if __name__ == "__main__":
    main(sys.argv[1:])
