"""The console script: hands over to the command line of the oracle, if its extra is installed."""

import sys

WITHOUT_JAX = (["adapter"], ["vectors", "export"], ["vectors", "verify"])


def main() -> int:
    """Run the command line.

    Errors  one line and exit code 2 when the extra that a command needs is not installed.
    """
    try:
        if any(sys.argv[1 : 1 + len(words)] == words for words in WITHOUT_JAX):
            from oracle.light import run  # noqa: PLC0415 (NumPy alone has no command line)
        else:
            from oracle.cli import run  # noqa: PLC0415 (as above)

        return run()
    except ModuleNotFoundError as error:
        ours = (error.name or "").partition(".")[0] in {"oracle", "purevjp"}
        if ours and error.name not in {"oracle.cli", "oracle.light"}:
            raise
        print(f"purevjp: {error.name} is missing; install the extras: pip install '.[oracle,study]'", file=sys.stderr)
        return 2
    except ValueError as error:  # a row that is refused when it is imported
        print(f"purevjp: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
