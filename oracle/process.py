"""A backend's process: started, asked for one line after the other, and ended, whatever it does."""

import contextlib
import os
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

from oracle.vectors.strict import parsed, printable
from purevjp.aliases import Tree

OK, UNSUPPORTED, ERROR, CRASHED, TIMED_OUT = "ok", "unsupported", "error", "crashed", "timed out"
ANSWERS = (OK, UNSUPPORTED, ERROR)
PROTOCOL = 1
MOST_LINE = 4096
"""Bytes of an answer; and of what is kept of standard error."""

LONGEST_WAIT = 1e6
"""Seconds after which a wait without a limit is given up."""

TIMEOUT = 10.0
"""Seconds that a case may take."""

GRACE = 1.0
"""Seconds to say goodbye in."""

Adapter = TypedDict(
    "Adapter",
    {
        "command": list[str],
        "folder": Path,
        "timeout": float,
        "process": subprocess.Popen[bytes] | None,
        "unsent": bytes,
        "rest": bytes,
        "stderr": bytes,
        "starts": int,
        "cases": int,
        "capabilities": Mapping[str, Any],
    },
)
"""A command, its process while it runs, and the end of what it wrote to standard error."""

Outcome = TypedDict(
    "Outcome", {"status": str, "reason": str, "value": Tree, "cotangents": tuple[Tree, ...], "stderr": str}
)
"""What came of one case: results if it is `ok`, else a reason in one line."""


@contextlib.contextmanager
def adapter(command: str, *, timeout: float = TIMEOUT) -> Iterator[Adapter]:
    """A backend that was started, and is stopped afterwards, with a folder of its own, in memory where there is room.

    Errors  ValueError when the command is none, cannot be run, or does not answer hello.
    """
    words = shlex.split(command)
    if not words:
        raise ValueError("the command of an adapter is empty")
    if shutil.which(words[0]) is None:
        raise ValueError(f"there is no program {words[0]!r} to run")
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 (a folder is made in it)
    with tempfile.TemporaryDirectory(prefix="purevjp-", dir=in_memory) as folder:
        new: Adapter = {
            "command": words, "folder": Path(folder), "timeout": timeout, "process": None,
            "unsent": b"", "rest": b"", "stderr": b"", "starts": 0, "cases": 0, "capabilities": {},
        }  # fmt: skip
        try:
            failure = start(new)
            if failure is not None:
                said = f"; it says: {failure['stderr']}" if failure["stderr"] else ""
                raise ValueError(f"the adapter {command!r} does not answer hello: {failure['reason']}{said}")
            yield new
        finally:
            stop(new)


def start(of: Adapter) -> Outcome | None:
    """Start the process and greet it; what went wrong, if something did."""
    of["unsent"], of["rest"], of["stderr"] = b"", b"", b""
    of["starts"] += 1
    pipe = subprocess.PIPE
    of["process"] = subprocess.Popen(  # noqa: S603 (the user's own command)
        of["command"], stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, bufsize=0
    )
    for number in streams_of(of):
        os.set_blocking(number, False)
    answer = asked(of, "hello\n")
    if answer["status"] != OK:
        kill(of)
        return answer
    try:
        capabilities = parsed(answer["reason"], "what it says of itself") if answer["reason"] else {}
        version = capabilities.get("protocol", PROTOCOL) if isinstance(capabilities, dict) else None
    except ValueError as error:
        return failed(of, ERROR, str(error))
    if version != PROTOCOL:
        return failed(of, ERROR, f"it should speak protocol {PROTOCOL}")
    of["capabilities"] = capabilities
    return None


def stop(of: Adapter) -> None:
    """Say goodbye, and end the process if it does not go by itself."""
    process = of["process"]
    if process is None:
        return
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        assert process.stdin is not None
        process.stdin.write(b"bye\n")
        process.stdin.close()
        process.wait(GRACE)
    kill(of)


def kill(of: Adapter) -> None:
    """End the process and whatever it has started."""
    process = of["process"]
    if process is None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    of["process"] = None


def failed(of: Adapter, status: str, reason: str) -> Outcome:
    """The outcome of a case that cost the process its life."""
    drain(of)
    kill(of)
    return outcome(of, status, reason)


def outcome(of: Adapter, status: str, reason: str, value: Tree = None, cotangents: tuple[Tree, ...] = ()) -> Outcome:
    """One outcome."""
    stderr = of["stderr"].decode("utf-8", "replace").strip()
    return {"status": status, "reason": reason, "value": value, "cotangents": cotangents, "stderr": stderr}


def asked(of: Adapter, line: str) -> Outcome:
    """The answer to one line."""
    drain(of)
    if of["rest"]:
        return failed(of, ERROR, f"it said more than it was asked: {shown(of['rest'])}")
    of["unsent"] += line.encode()
    return heard(of)


def heard(of: Adapter) -> Outcome:
    """The next answer, which must come in time and in one line."""
    failure = conversed(of)
    if failure is not None:
        return failure
    answer, _, of["rest"] = of["rest"].partition(b"\n")
    word, _, reason = answer.decode("utf-8", "replace").strip().partition(" ")
    if word not in ANSWERS:
        return failed(of, ERROR, f"it should answer {', '.join(ANSWERS)}, but says {shown(answer)}")
    return outcome(of, word, printable(reason))


def conversed(of: Adapter) -> Outcome | None:
    """Write what is unsent, and listen until there is a line in `rest`; what went wrong, if something did."""
    stdin, stdout, stderr = streams_of(of)
    deadline = time.monotonic() + of["timeout"]
    of["unsent"] = written(stdin, of["unsent"])
    poll = select.poll()
    poll.register(stdout, select.POLLIN)
    poll.register(stderr, select.POLLIN)
    if of["unsent"]:
        poll.register(stdin, select.POLLOUT)
    while b"\n" not in of["rest"]:
        left = deadline - time.monotonic()
        if left <= 0:
            return failed(of, TIMED_OUT, f"no answer in {of['timeout']:g} s")
        for number, _ in poll.poll(min(left, LONGEST_WAIT) * 1000):
            if not attended(of, number):
                if number == stdout:
                    return ended(of)
                poll.unregister(number)
        if len(of["rest"]) > MOST_LINE:
            break
    if of["rest"].partition(b"\n")[0][MOST_LINE:]:
        return failed(of, ERROR, f"its answer has more than {MOST_LINE} bytes: {shown(of['rest'])}")
    return None


def attended(of: Adapter, number: int) -> bool:
    """Write to a stream what is unsent, or take what it has; whether there is more to do."""
    stdin, stdout, _ = streams_of(of)
    if number == stdin:
        of["unsent"] = written(stdin, of["unsent"])
        return bool(of["unsent"])
    return taken(of, number, is_stdout=number == stdout)


def streams_of(of: Adapter) -> tuple[int, int, int]:
    """The numbers of the process's standard input, output and error."""
    process = of["process"]
    assert process is not None
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdin.fileno(), process.stdout.fileno(), process.stderr.fileno()


def written(stdin: int, unsent: bytes) -> bytes:
    """What is left of some lines after a part was written; nothing where nobody reads."""
    try:
        return unsent[os.write(stdin, unsent) :] if unsent else unsent
    except BlockingIOError:
        return unsent
    except BrokenPipeError:
        return b""


def taken(of: Adapter, number: int, *, is_stdout: bool) -> bool:
    """Take what a stream has, of standard error the end alone; whether the stream is open still."""
    try:
        data = os.read(number, 1 << 16)
    except BlockingIOError:
        return True
    if is_stdout:
        of["rest"] += data
    else:
        of["stderr"] = (of["stderr"] + data)[-MOST_LINE:]
    return bool(data)


def drain(of: Adapter) -> None:
    """Take what was said in the meantime, without waiting."""
    if of["process"] is not None:
        _, stdout, stderr = streams_of(of)
        taken(of, stdout, is_stdout=True)
        taken(of, stderr, is_stdout=False)


def ended(of: Adapter) -> Outcome:
    """The outcome of a case during which the process ended."""
    assert of["process"] is not None
    with contextlib.suppress(subprocess.TimeoutExpired):
        of["process"].wait(GRACE)
    code = of["process"].returncode
    if code is None:
        how = "closed its standard output"
    else:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return failed(of, CRASHED, f"the process {how}")


def shown(said: bytes) -> str:
    """The beginning of what was said, in one line."""
    return repr(printable(said[:60].decode("utf-8", "replace")))
