"""Draws Vega-Lite specifications from standard input to standard output; run as a process, never imported.

`python -I renderer.py png|svg|svgs SECONDS`; `svgs` takes a list of them and writes each as a line of JSON, null for
one that cannot be drawn. It may write no file, use no more than so much processor time, and load
nothing; where the system allows, it has no network either.
"""

from __future__ import annotations

import ctypes
import json
import sys

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000


def shut_in(seconds: int) -> None:
    """Give up what drawing does not need. Must come before any thread begins."""
    if sys.platform == "linux":
        # A network with nobody in it; not allowed in some containers, where the loader's own refusal has to do.
        ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def main(format: str, seconds: int) -> None:
    """Read, draw, write."""
    shut_in(seconds)
    import vl_convert

    spec = json.loads(sys.stdin.buffer.read())
    if format == "svgs":
        for each in spec:
            try:
                svg = vl_convert.vegalite_to_svg(each, allowed_base_urls=[])
            except ValueError:
                svg = None
            sys.stdout.write(f"{json.dumps(svg)}\n")
            sys.stdout.flush()
    elif format == "svg":
        sys.stdout.buffer.write(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]).encode())
    else:
        sys.stdout.buffer.write(vl_convert.vegalite_to_png(spec, allowed_base_urls=[], scale=2.0))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
