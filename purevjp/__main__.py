"""The console script: hands over to the command line of the oracle, if its extra is installed."""

import sys


def main() -> int:
    """Run the command line.

    Errors  one line and exit code 2 when the extra that a command needs is not installed.
    """
    try:
        from oracle.cli import run  # noqa: PLC0415 (NumPy alone has no command line)

        return run()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"oracle", "purevjp"} and error.name != "oracle.cli":
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
