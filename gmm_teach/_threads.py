"""One thread for linear algebra where products are small: there several wait for each other longer than they work."""

import sys
from contextlib import ContextDecorator
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController
from tqdm import tqdm

if sys.platform == "emscripten":
    tqdm.monitor_interval = 0  # no thread can watch its bars there, and it would say so in red


class _OneThread(ContextDecorator):
    """While any thread is inside, BLAS has one thread; the last to leave restores what was."""

    def __init__(self) -> None:
        self.lock, self.inside = Lock(), 0
        self.controller: ThreadpoolController | None = None
        self.limit: Any = None

    def __enter__(self) -> None:
        with self.lock:
            if self.inside == 0:
                self.controller = self.controller or ThreadpoolController()  # once, since it takes milliseconds
                self.limit = self.controller.limit(limits=1, user_api="blas")
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                self.limit.restore_original_limits()


one_thread = _OneThread()
