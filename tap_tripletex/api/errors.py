"""What can go wrong, in words that a person can act on."""

from __future__ import annotations


class TripletexError(Exception):
    """Anything that stops a stream, a company or the run; the message says what to do."""


class FinalError(TripletexError):
    """Nothing that follows can succeed, so the run ends; it is said once."""


class SettingsError(TripletexError):
    """A setting is missing or cannot be understood."""


class CatalogError(TripletexError):
    """The catalog cannot be understood."""


class StateError(TripletexError):
    """The state cannot be read by this version of the tap."""


class AuthenticationError(TripletexError):
    """Tripletex does not accept the tokens."""


class TokensRefusedError(AuthenticationError, FinalError):
    """Tripletex gives no session for the tokens of the settings; they are not sent again."""


class CompanyLostError(TripletexError):
    """Nothing more can be read of one company; it is said once, and the others go on."""


class CompanyRefusedError(AuthenticationError, CompanyLostError):
    """A session that was made just now does not open a company; it is not asked for again."""


class CompanyDownError(CompanyLostError):
    """What every stream of a company needs to know had no usable answer."""


class UnknownCompanyError(TripletexError):
    """The tokens do not open a company that the settings name."""


class RefusedError(TripletexError):
    """Tripletex refused a request in a way that no retry can change.

    Attributes:
        code: the API's own code of the error; None when the answer had none.
        status: HTTP status; None where it does not matter.
    """

    def __init__(self, message: str, code: int | None = None, status: int | None = None) -> None:
        """Keep the API's code and the HTTP status."""
        super().__init__(message)
        self.code = code
        self.status = status


class NotFoundError(RefusedError):
    """There is no such object, in the API's own words (404 with code 6000)."""


class ForbiddenError(RefusedError):
    """The token's rights or the company's modules do not cover a path (code 9000)."""


class RememberedError(TripletexError):
    """A stream was forbidden in an earlier run, and nothing tells that it no longer is."""


class ResultTooLargeError(RefusedError):
    """The answer would exceed the API's limit of rows (code 23000)."""


class IllegalFieldError(RefusedError):
    """The ``fields`` expression names a field that the API does not have (code 11000).

    Attributes:
        words: the words that the API's message has twice (the refused name is one: it is named
            before and within the explanation), or else all its words. The message is in the
            language of the token's user, so no other part of it can be relied on.
    """

    def __init__(self, message: str, words: frozenset[str]) -> None:
        """Keep the words of the API's message."""
        super().__init__(message, 11000)
        self.words = words


class UnavailableError(TripletexError):
    """No usable answer: network fault, server error or garbled body, after all retries."""


class UnreachableError(UnavailableError):
    """A request that cannot be sent, or not safely, however often it is tried."""


class DownError(UnavailableError, FinalError):
    """So many requests in a row had no answer that no more are sent."""


class SlowError(UnavailableError):
    """No answer in time, or one that is too large; with fewer rows there may be one."""


class RateLimitedError(UnavailableError):
    """The API answered 429; retried in the next window of the rate limit."""


class EndedError(FinalError):
    """The run ends, and nothing more is sent."""


class ControlTotalError(TripletexError):
    """Postings do not add up to the trial balance, and the settings call that an error."""


class UnreadError(TripletexError):
    """Some slices of a stream could not be read, or not as a whole."""


class MalformedRowError(TripletexError):
    """An answer that the tap goes by is not as documented."""
