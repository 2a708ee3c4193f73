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
        print(f"purevjp: {error.name} is missing; pip install 'purevjp[oracle,study]'", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
