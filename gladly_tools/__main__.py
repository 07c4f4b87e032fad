"""`python -m gladly_tools` is the command line."""

from __future__ import annotations

from gladly_tools.cli import main

if __name__ == "__main__":
    main()
