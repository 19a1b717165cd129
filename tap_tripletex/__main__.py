"""Run the tap as ``python -m tap_tripletex``."""

from __future__ import annotations

from tap_tripletex.tap import TapTripletex

if __name__ == "__main__":
    TapTripletex.cli()
