"""The process of one exercise: what starts it, what it does, and what it refuses."""

import builtins
import io
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from threading import Event, Timer
from types import FunctionType

try:
    import resource
except ImportError:  # Windows
    resource = None

SET_UP_SECONDS = 300  # until a process has imported what it needs; nothing of a submission runs before
LONGEST = 2000  # characters of a message


def in_a_process(job):
    """Run a job in a process of its own, in an empty folder; return the verdict and a message."""
    token = secrets.token_hex()
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "LOKY_MAX_CPU_COUNT"), "1")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        process = subprocess.Popen(
            # isolated: neither the folder nor the environment says what is imported
            [sys.executable, "-I", "-B", "-c", "from gmm_teach.grade.process import run; run()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", cwd=scratch,
            env={**os.environ, **one_thread, "MPLBACKEND": "agg", "TMPDIR": scratch, "TEMP": scratch},
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        with suppress(OSError):  # it ended at once; there will be no answer
            process.stdin.write(json.dumps({**job, "token": token}))
            process.stdin.close()
        ready, _ = _line(process, SET_UP_SECONDS)
        if "trouble" in ready:
            return "error", f"the notebook's own set-up fails here: {ready['trouble']}"
        told, in_time = _line(process, job["seconds"])
        process.kill()
        process.wait()
        process.stdout.close()
    if told.get("token") == token:
        return told["verdict"], told["message"]
    if not in_time:
        return "error", f"not done after {job['seconds']:g} seconds: is there a loop without an end?"
    return "error", f"its process ended (with {process.returncode}) before the check did: sys.exit, or too much memory?"


def _line(process, seconds):
    """Return the next line of a process as a dict, empty where there is none, and whether it came in time."""
    late = Event()  # a clock of our own might say otherwise than the timer's

    def end():
        late.set()
        process.kill()

    timer = Timer(seconds, end)
    timer.start()
    text = process.stdout.readline(10 * LONGEST)
    timer.cancel()
    try:
        return dict(json.loads(text)), True
    except ValueError:
        return {}, not late.is_set()


def run():
    """Run the job on the standard input: set-up, answers, and the check, which gets only the names of the answers."""
    job, channel = json.load(sys.stdin), os.fdopen(os.dup(1), "w", encoding="utf-8")
    token = job.pop("token")
    quiet = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(quiet, number)

    def tell(**words):
        channel.write(json.dumps(words) + "\n")
        channel.flush()

    printed, refused = io.StringIO(), []
    theirs, ours = {"__name__": "answer"}, {"__name__": "check"}
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            for source in job["set up"]:
                exec(compile(source, "set-up", "exec"), theirs)
        except Exception as error:
            tell(trouble=say_error(error))
            return
        before = _code_of_the_checks()
        tell(ready=True)
        _limit(job["seconds"], job["megabytes"])
        sys.addaudithook(lambda event, given: _refuse(event, given, os.getcwd(), refused))
        try:
            for source in job["answers"]:
                exec(compile(source, "answer", "exec"), theirs)
            for source in job["set up"]:  # again, since an answer may have changed an array
                exec(compile(source, "set-up", "exec"), ours)
            ours |= {name: theirs[name] for name in job["names"] if name in theirs}
            printed.seek(printed.truncate(0))
            exec(compile(job["check"], "check", "exec"), ours)
            message = printed.getvalue().strip()
            verdict = "not started" if message.startswith("Not started") else "passed"
        except AssertionError as error:
            verdict, message = "not yet", str(error)
        except BaseException as error:
            verdict, message = "error", say_error(error)
    changed = sorted(name for name, code in _code_of_the_checks().items() if before.get(name, code) is not code)
    if refused:
        verdict, message = "error", f"the answer tried {refused[0]}, which is not allowed"
    elif changed:
        verdict, message = "error", f"the answer changed {changed[0]}, which the check needs"
    tell(token=token, verdict=verdict, message=message)
    os._exit(0)  # without what an answer may have left for the end


def _limit(seconds, megabytes):
    """Let the system end what takes too much, where it can."""
    if resource:
        spent = int(time.process_time())
        for kind, most in (
            (resource.RLIMIT_CPU, spent + int(2 * seconds) + 5),  # should the parent be gone
            (resource.RLIMIT_AS, int(megabytes * 1e6)),
        ):
            resource.setrlimit(kind, (most, most))


FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES_FILES = re.compile(r"os\.(remove|rename|rmdir|mkdir|link|symlink|chmod|chown|truncate)$|shutil\.(rmtree|move)$")
LEAVES = re.compile(r"subprocess\.|os\.(system|exec|fork|forkpty|posix_spawn|spawn|startfile|kill)$|socket\.|gc\.get_")


def _refuse(event, given, scratch, refused):
    """An audit hook: let no answer change files outside of its folder, or reach outside of its process."""
    writes = event == "open" and (given[2] or 0) & FOR_WRITING
    if writes or CHANGES_FILES.match(event):
        where = os.path.realpath(os.fsdecode(given[0])) if isinstance(given[0], (str, bytes, os.PathLike)) else ""
        inside = where.startswith(os.path.realpath(scratch) + os.sep) or where == os.path.realpath(os.devnull)
        if inside and (writes or all(value in (-1, None) for value in given[1:] if isinstance(value, int))):
            return
        what = f"to change the file {given[0]!r}"
    elif LEAVES.match(event):
        what = f"{event}{given!r}"[:200]
    else:
        return
    refused.append(what)
    raise PermissionError(f"not allowed: {what}")


def _code_of_the_checks():
    """Return what an answer may not change: every function, class and name of gmm_teach, NumPy and the builtins."""
    found = {}
    owners = [
        (name, module)
        for name, module in list(sys.modules.items())
        if name.split(".")[0] in {"gmm_teach", "numpy", "builtins"}
    ]
    for name, owner in owners:
        for key, value in list(vars(owner).items()):
            found[f"{name}.{key}"] = value
            if isinstance(value, FunctionType):
                found[f"{name}.{key}.__code__"] = value.__code__
            if isinstance(value, type) and value.__module__ == name and owner is not builtins:
                owners += [] if isinstance(owner, type) else [(f"{name}.{key}", value)]
    return found


def say_error(error):
    """Say an error in a line, with the line of the answer where it happened."""
    if isinstance(error, MemoryError):
        return "it needs more memory than there is for an exercise"
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == "answer" else line
        trace = trace.tb_next
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {words}" + (f" (line {line} of the answer)" if line else "")


@contextmanager
def started():
    """Fail where what runs inside prints "Not started": the checks of `docs/course_tools.py` for other graders."""
    with redirect_stdout(io.StringIO()) as printed:
        yield
    print(printed.getvalue(), end="")
    assert not printed.getvalue().startswith("Not started"), printed.getvalue()
