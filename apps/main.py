"""``fund``: reads the words, runs the command, turns every error into one clear line and an exit code."""

import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from domain.errors import FundError, Unavailable

# Matrices here are small: threads of the linear algebra win nothing, and beside other work they wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

INTERRUPTED = 130
NOBODY_READS = 141
NEW_OBJECTS = 50_000  # between two looks for cycles; the usual 700 spend a tenth of a question on objects that stay


def main(words: Sequence[str] | None = None) -> int:
    """``words`` None: those of the process, which is then all this command's own and ends with it."""
    if words is not None:
        return _answer(words)
    gc.set_threshold(NEW_OBJECTS)
    try:
        return _answer(sys.argv[1:])
    finally:
        gc.freeze()  # the process ends: no search for cycles among all that was loaded


def _answer(words: Sequence[str]) -> int:
    try:
        _prepare_streams()
        code = _run(list(words))
        sys.stdout.flush()
        return code
    except FundError as error:
        return _complain(error)
    except KeyboardInterrupt:
        print("fund: interrupted; nothing is lost (fund status shows what waits)", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _complain(
            Unavailable(f"{error.strerror or error}{where}", "nothing is lost; fund status shows what waits")
        )


def _run(words: Sequence[str]) -> int:
    from apps.parser import build

    parser = build()
    if any("\ud800" <= letter <= "\udfff" for word in words for letter in word):
        parser.error("the words are not UTF-8 text")
    args = parser.parse_args(words)
    if args.version:
        from apps.version import code_version

        print(code_version())
        return 0
    if args.command is None:
        parser.print_help()
        return 2
    code: int = import_module(f"apps.commands.{args.command}").command(args)
    return code


def _complain(error: FundError) -> int:
    print(f"fund: {error.what}", file=sys.stderr)
    if error.do:
        print(f"      {error.do}", file=sys.stderr)
    return error.exit_code


def _prepare_streams() -> None:
    """A closed stream swallows what is said, and a terminal without our characters shows question marks."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it serves to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
