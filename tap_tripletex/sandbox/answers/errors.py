"""Error answers in the form that the API gives them."""

from __future__ import annotations

from typing import Any

DOCS = "https://tripletex.no/v2-docs/"

CANNOT_BE_NULL = "Kan ikke være null."
INVALID_DATE = "Dato er ugyldig. Korrekt format er yyyy-mm-dd."


class ApiError(Exception):
    """An answer other than success.

    Attributes:
        status: HTTP status.
        code: The API's own code.
        message: Text for the user, partly Norwegian, as recorded.
        developer_message: More technical text, if any.
        validation: Messages per field; None where the API sends null.
    """

    def __init__(
        self,
        status: int,
        code: int,
        message: str | None,
        *,
        developer_message: str | None = None,
        validation: list[dict[str, Any]] | None = None,
    ) -> None:
        """Keep the parts of the answer."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.developer_message = developer_message
        self.validation = validation

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the documented error body."""
        return {
            "status": self.status,
            "code": self.code,
            "message": self.message,
            "link": DOCS,
            "developerMessage": self.developer_message,
            "validationMessages": self.validation,
            "requestId": request_id,
        }


def field_message(field: str | None, message: str, path: str | None = None) -> dict[str, Any]:
    """Return one entry of `validationMessages` with the four keys that were recorded."""
    return {"field": field, "message": message, "path": path, "rootId": None}


def unauthorized() -> ApiError:
    """Bad or expired session (recorded: 401/3000)."""
    return ApiError(
        401,
        3000,
        "Unauthorized",
        developer_message="Could not log in. Check login info in Authorization header.",
    )


def forbidden(message: str = "You do not have permission to access this feature.") -> ApiError:
    """Missing right or module (recorded: 403/9000)."""
    return ApiError(403, 9000, message)


def not_found() -> ApiError:
    """No such object (recorded: 404/6000)."""
    return ApiError(404, 6000, "Object not found")


def no_such_path() -> ApiError:
    """A path that the API does not have."""
    return ApiError(404, 6000, "HTTP 404 Not Found")


def too_many_requests() -> ApiError:
    """The rate limit is used up. No body was ever recorded: this is the documented form."""
    return ApiError(429, 0, "Too Many Requests")


def server_error() -> ApiError:
    """The server failed and says so in JSON (recorded: 500/1000 with a null message)."""
    return ApiError(500, 1000, None)


def invalid_json() -> ApiError:
    """A body that is no JSON (official document: 422/22000)."""
    return ApiError(422, 22000, "Invalid JSON")


def unmappable_body() -> ApiError:
    """A body of the wrong shape (recorded: 422/16000)."""
    return ApiError(422, 16000, "Request mapping failed")


def method_not_allowed() -> ApiError:
    """Wrong method, unknown action, or a raw `>` in the path (recorded: 400/4000)."""
    return ApiError(400, 4000, "HTTP 405 Method Not Allowed")


def bad_enum() -> ApiError:
    """A value outside a parameter's enum (recorded: 404/21000, not 422)."""
    return ApiError(404, 21000, "HTTP 404 Not Found")


def not_a_number(value: str) -> ApiError:
    """Text where a number belongs (recorded: 422/21000)."""
    text = f'Wrong data format! Expected number. For input string: "{value}"'
    return ApiError(422, 21000, text)


def not_a_boolean(value: str) -> ApiError:
    """Text where `true` or `false` belongs (after the form for numbers: 422/21000)."""
    text = f'Wrong data format! Expected boolean. For input string: "{value}"'
    return ApiError(422, 21000, text)


def illegal_field(name: str, entity: str) -> ApiError:
    """A name in `fields` that the entity lacks (recorded: 400/11000)."""
    text = f"Illegal field in fields filter: {name}. {name} does not match a field in the model: "
    return ApiError(400, 11000, f"{text}{entity}DTO")


def malformed_fields(expression: str) -> ApiError:
    """A `fields` expression that cannot be parsed."""
    return ApiError(400, 11000, f"Illegal fields filter: {expression}")


def bad_sorting(name: str) -> ApiError:
    """A sort key that the entity lacks (recorded: 422/17000 with an empty list)."""
    text = f"Field specified for use in sorting does not exist: '{name}'"
    return ApiError(422, 17000, text, validation=[])


def invalid_parameters(messages: dict[str, str]) -> ApiError:
    """Missing or malformed parameters (recorded: 422/15000)."""
    entries = [field_message(name, text) for name, text in messages.items()]
    return ApiError(422, 15000, "Validation failed", validation=entries)


def invalid(field: str | None, message: str, path: str | None = None) -> ApiError:
    """A refused combination of values (recorded: 422/18000)."""
    return ApiError(
        422,
        18000,
        "Validering feilet.",
        developer_message="VALIDATION_ERROR",
        validation=[field_message(field, message, path)],
    )


def cannot_be_null(field: str) -> ApiError:
    """A value that must be given (recorded wording; observed 422 without expirationDate)."""
    return invalid(field, CANNOT_BE_NULL)


def invalid_argument(name: str, message: str) -> ApiError:
    """A paging parameter out of bounds (recorded: 422/18000 on `arg:from`)."""
    return invalid(f"arg:{name}", message, f"arg:{name}")


def bad_id_list(value: str) -> ApiError:
    """A list of ids with something else in it (recorded: 422/12000)."""
    text = f"'{value}': Listen med ID-er må være en kommaseparert liste med positive heltall."
    return ApiError(422, 12000, text)


def too_large(limit: int) -> ApiError:
    """More rows than the path returns at all, whatever `count` is (recorded: 422/23000)."""
    return ApiError(422, 23000, f"Result set too large. Limit of {limit} reached.")
