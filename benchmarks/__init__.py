"""How fast, how whole and how small: ratios whose two sides come from the same run. `python -m benchmarks`."""
