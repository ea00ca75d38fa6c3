"""The child process that decodes: limits itself, then answers one picture after the other on standard input.

Each request is one message, the file's bytes. Each answer is one: a line of JSON, then the thumbnail's bytes. The JSON
object holds the fields of DecodedPicture, or `reason` and `detail` of a BadInputError, or `bug`, a traceback.
"""

import contextlib
import json
import resource
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from shared.errors import BadInputError
from shared.pictures import decoding
from shared.pictures.codecs.formats import use_one_thread
from shared.pictures.decoding import DecodedPicture
from shared.pictures.headers import Limits

MAX_MESSAGE_BYTES = 1 << 20  # Python ignores SIGXFSZ: writing more fails, and codecs do not care

Decode = Callable[[bytes, Limits], DecodedPicture]


def serve(decode: Decode) -> int:
    """Answer pictures until the other side is gone.

    Command line: CPU seconds and seconds by the clock for one picture; the fields of `Limits`.
    """
    cpu_seconds, seconds, *numbers = map(float, sys.argv[1:])
    limits = Limits(*map(int, numbers))
    limit_process(limits.memory_bytes)
    with Connection(0) as connection, contextlib.suppress(ConnectionError, EOFError):
        connection.send_bytes(b"{}")  # ready
        while True:
            data = connection.recv_bytes()
            set_timers(cpu_seconds, seconds + 1)  # ends us even where nobody is left to do it
            header, body = answer(decode, data, limits)
            set_timers(0, 0)
            connection.send_bytes(b"\n".join((json.dumps(header).encode(), body)))
    return 0


def answer(decode: Decode, data: bytes, limits: Limits) -> tuple[dict[str, Any], bytes]:
    """The header and the body that answer one picture."""
    try:
        fields = decode(data, limits)._asdict()
    except BadInputError as error:
        return {"reason": error.reason, "detail": error.detail}, b""
    except MemoryError:
        return {"reason": "decoder_memory", "detail": "decoding wants too much memory"}, b""
    except Exception:  # noqa: BLE001 - it is raised again where the job can be stopped
        import traceback  # takes longer to load than a picture

        return {"bug": traceback.format_exc()}, b""
    return fields, fields.pop("jpeg")


def set_timers(cpu_seconds: float, seconds: float) -> None:
    """End this process by SIGPROF after so much CPU time, by SIGALRM after so much time; 0 for neither."""
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def limit_process(memory_bytes: int) -> None:
    """Let allocations beyond the limit fail, where the system can (macOS cannot); write no core file and few messages."""
    limits = (resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, MAX_MESSAGE_BYTES)
    for kind, limit in limits:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


if __name__ == "__main__":
    use_one_thread()
    raise SystemExit(serve(decoding.decode))
