"""The entry point: one place where every outcome becomes an exit code."""

import gc
import sys

from foretell.cli import run_command_line


def main() -> None:
    """Run the command line and end the process with its documented exit code."""
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="replace")  # a terminal that lacks our letters must not end the command
    # Little of ours dies in cycles, and looking for some every 700 objects takes a tenth of a fast run.
    gc.set_threshold(10_000, 20, 20)
    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
