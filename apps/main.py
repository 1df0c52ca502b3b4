"""``fund``: reads the words, runs the command, turns every error into one clear line and an exit code."""

import sys
from collections.abc import Sequence
from importlib import import_module

from domain.errors import FundError

INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    from apps.parser import build

    parser = build()
    args = parser.parse_args(words)
    if args.version:
        from apps.version import code_version

        print(code_version())
        return 0
    if args.command is None:
        parser.print_help()
        return 2
    try:
        module = import_module(f"apps.commands.{args.command}")
        code: int = module.command(args)
        return code
    except FundError as error:
        print(f"fund: {error.what}", file=sys.stderr)
        if error.do:
            print(f"      {error.do}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("fund: interrupted; nothing is lost (fund status shows what waits)", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
