"""The command `gmc`, as it comes with the package: `python -m gmc check spec.gm`."""

import signal
import sys

from ._gmc import main as _main


def main():
    """Runs the command line of this process and ends it with its exit code."""
    # Ctrl-C is gmc's: it stops a run after the current round, with a checkpoint.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_main(["gmc", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
