"""How the answers are served: sessions, rate limit, faults, in process and over HTTP."""
