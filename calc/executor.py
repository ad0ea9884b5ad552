"""Where independent pieces of work run: in this process, in others on this machine, on other machines.

One door: a `concurrent.futures.Executor` that the caller hands in, or none. A piece is a pure function of what it is
given, bounded in work; pieces go out in order, a few ahead, and come back in order, so that nothing depends on which
ends first. There is no scheduling here: that is the executor's.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import itertools
import multiprocessing
import pickle
import platform
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from calc.errors import ExecutorError, InputError
from calc.language import say, say_many

Item = TypeVar("Item")
Answer = TypeVar("Answer")

#: Pieces under way at once: enough for some dozens of workers, and a limit on memory.
AHEAD = 64
#: Seconds between two questions whether to stop, and until a scheduler must have answered.
_ASK_S = 0.2
_CONNECT_S = 10
_DASK = ("tcp", "tls", "ws", "wss", "ucx")
#: Dask's errors for workers or a scheduler that are gone, by name, as it is not imported here.
_GONE = ("KilledWorker", "CommClosedError", "ClosedClientError", "SchedulerClosedError")
#: What the answer of a piece depends on besides this package.
_REQUIREMENTS = ("numpy", "scipy", "pandas", "numba", "highspy")


def in_order(
    executor: Executor | None,
    function: Callable[[Item], Answer],
    items: Iterable[Item],
    *,
    ahead: int = AHEAD,
    should_stop: Callable[[], bool] | None = None,
    otherwise: Callable[[Item], Answer] | None = None,
) -> Iterator[Answer]:
    """Answers of a function for each item, in the order of the items.

    Parameters
    ----------
    executor : Executor or None
        None: in this process, one after the other.
    function : callable
        Pure; with an executor of other processes it and its items must be picklable.
    items : iterable
        Taken as they are needed, so that a generator keeps memory bounded.
    ahead : int
        Most items under way at once.
    should_stop : callable, optional
        When it says True, nothing more is handed out; what is under way is left to end unheard.
    otherwise : callable, optional
        Answers, in this process, for the items that a stop left without one; without it they have none.

    Raises
    ------
    ExecutorError
        When the executor lost its processes or machines.
    InputError
        When a piece cannot be sent to another process, such as a solver that is defined within a function.
    """
    stopped = should_stop or (lambda: False)
    rest = iter(items)
    if executor is None:
        for item in rest:
            if not stopped():
                yield function(item)
            elif otherwise is not None:
                yield otherwise(item)
        return
    going: deque[tuple[Item, Future[Answer]]] = deque()
    newest: Item | None = None
    try:
        while not stopped():
            for newest in itertools.islice(rest, ahead - len(going)):
                going.append((newest, executor.submit(function, newest)))
            if not going:
                return
            first = going[0][1]
            if wait([first], timeout=_ASK_S if should_stop else None).done:
                yield first.result()
                going.popleft()
        for _, future in going:
            future.cancel()
        for item, future in going:
            if future.done() and not future.cancelled():
                yield future.result()
            elif otherwise is not None:
                yield otherwise(item)
        if otherwise is not None:
            yield from map(otherwise, rest)
        going.clear()
    except (BrokenExecutor, CancelledError) as error:
        raise _lost(error) from error
    except Exception as error:
        if type(error).__name__ in _GONE:
            raise _lost(error) from error
        # Dask pickles when a piece is handed out, Python's own pool after that.
        if why := _unsendable(function, going[0][0] if going else newest):
            raise InputError(why) from error
        raise
    finally:
        for _, future in going:
            future.cancel()


def _unsendable(function: Callable[[Item], Answer], item: Item | None) -> str | None:
    """Why a piece that failed could not be sent; None if it could."""
    try:
        pickle.dumps((function, item))
    except Exception as error:  # whatever an object's own way to be pickled raises
        return say(
            "This cannot be sent to another process: {error}. A function of your own, such as a solver, must stand at the "
            "top of a module that the other processes can import; or run in this process.",
            error=str(error) or type(error).__name__,
        )
    return None


def _lost(error: BaseException) -> ExecutorError:
    return ExecutorError(
        say(
            "The processes or machines that the work was given to have ended ({error}); often memory was too small, or a "
            "function of your own stands where they cannot import it. "
            "Use fewer of them, or none: the result is the same.",
            error=str(error) or type(error).__name__,
        )
    )


@contextmanager
def open_executor(where: str, tell: Callable[[str], None] = lambda text: None) -> Iterator[Executor | None]:
    """An executor from a word, closed at the end of the block.

    Parameters
    ----------
    where : str
        ``in-process``; ``processes:N`` for N processes on this machine; ``tcp://host:8786`` (or ``tls://``) for a
        Dask scheduler, which needs the package ``distributed``.
    tell : callable, optional
        Called with a sentence on where work will run, once that is known to be so.

    Raises
    ------
    InputError
        When the word is none of these, Dask is not installed, its scheduler does not answer or has no worker, or a
        worker has other versions of this package or its requirements.

    Examples
    --------
    >>> with open_executor("in-process") as executor:
    ...     list(in_order(executor, abs, [-1, 2]))
    [1, 2]
    """
    kind, _, rest = where.partition(":")
    if where == "in-process":
        tell(say("Work runs in this process."))
        yield None
    elif kind == "processes" and rest.isdecimal() and int(rest) > 0:
        # Spawned, not forked: a copy of a process with threads may hang.
        with ProcessPoolExecutor(int(rest), mp_context=multiprocessing.get_context("spawn")) as pool:
            tell(
                say_many(
                    "Work runs in {count} process of this machine.",
                    "Work runs in {count} processes of this machine.",
                    int(rest),
                )
            )
            yield pool
    elif kind in _DASK and rest.startswith("//"):
        with _dask(where, tell) as executor:
            yield executor
    else:
        raise InputError(
            say(
                "{where!r} is no executor: write in-process, processes:N for N processes on this machine, or tcp://host:8786 "
                "for a Dask scheduler.",
                where=where,
            )
        )


@contextmanager
def _dask(address: str, tell: Callable[[str], None]) -> Iterator[Executor]:
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise InputError(
            say(
                "{address} is a Dask scheduler, and the package distributed is not installed: "
                "pip install distributed, or use processes:N.",
                address=address,
            )
        ) from None
    try:
        client = distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            say(
                "No Dask scheduler answers at {address}: {error}. Start one with: dask scheduler",
                address=address,
                error=str(error) or type(error).__name__,
            )
        ) from None
    with client:
        workers = len(client.nthreads())
        if not workers:
            raise InputError(
                say(
                    "The Dask scheduler at {address} has no worker. Start one with: dask worker {address} --nthreads 1",
                    address=address,
                )
            )
        _check_versions(client)
        tell(
            say_many(
                "Work runs on {count} worker of the Dask scheduler at {address}.",
                "Work runs on {count} workers of the Dask scheduler at {address}.",
                workers,
                address=address,
            )
        )
        yield client.get_executor()


def versions() -> dict[str, str]:
    """What the answer of a piece depends on: versions, and a digest of this package's code."""
    package = Path(__file__).parent
    code = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        code.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes())
    found = {"Python": platform.python_version(), "calc": code.hexdigest()[:12]}
    return found | {name: importlib.metadata.version(name) for name in _REQUIREMENTS}


def _check_versions(client: Any) -> None:
    """Refuse workers that might answer otherwise than this process would."""
    try:
        there = client.run(versions)
    except Exception as error:  # Dask passes on only the text of what went wrong there
        raise InputError(
            say(
                "A worker does not find this package, or has another version of it ({error}). Start it in the folder of the "
                "same project with: PYTHONPATH=. dask worker",
                error=str(error),
            )
        ) from None
    here = versions()
    for worker, found in sorted(there.items()):
        other = [f"{name} {found.get(name)} / {own}" for name, own in here.items() if found.get(name) != own]
        if other:
            raise InputError(
                say(
                    "The worker at {worker} has other versions than this process ({versions}), so its answers may differ. "
                    "Install the same on both, and start it again.",
                    worker=worker,
                    versions=", ".join(other),
                )
            )
