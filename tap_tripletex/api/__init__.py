"""One exchange with Tripletex: a request, its answer, and what an error means."""
