"""Singer tap for Tripletex, the Norwegian accounting system."""

import gc

gc.set_threshold(100_000)  # neither what is imported here nor rows make many cycles
