"""One thread where the work is in small pieces: there several wait for each other longer than they work."""

import sys
from contextlib import ContextDecorator
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController
from tqdm import tqdm

if sys.platform == "emscripten":
    tqdm.monitor_interval = 0  # no thread can watch its bars there, and it would say so in red


class _OneThread(ContextDecorator):
    """While any thread is inside, libraries of a kind have one thread; the last to leave restores what was."""

    def __init__(self, kind: str) -> None:
        self.kind, self.lock, self.inside = kind, Lock(), 0
        self.controller: ThreadpoolController | None = None
        self.limit: Any = None

    def __enter__(self) -> None:
        with self.lock:
            if self.inside == 0:
                self.controller = self.controller or ThreadpoolController()  # once, since it takes milliseconds
                self.limit = self.controller.limit(limits=1, user_api=self.kind)
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                self.limit.restore_original_limits()


one_thread = _OneThread("blas")  # for linear algebra
one_thread_of_k_means = _OneThread("openmp")  # scikit-learn's; to be entered when that is loaded
