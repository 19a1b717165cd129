"""Which slices of a stream there are, which of them changed, and how they are fetched."""
