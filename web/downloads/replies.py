"""What every answer of the downloads app has in common: words, language, and no traceback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

import redis
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.downloads.failures import DownloadError, explain
from web.downloads.records import Records
from web.language import Language, negotiate

Handler = Callable[[Request], Awaitable[Response]]


class RefusedError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, code: str, **details: str) -> None:
        super().__init__(code)
        self.status, self.code, self.details = status, code, details


def told(handler: Handler) -> Handler:
    """Turns failures into answers with words."""

    @wraps(handler)
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except RefusedError as failure:
            return _refusal(request, failure.status, failure.code, failure.details)
        except DownloadError as error:
            return _refusal(request, 422, error.code, error.details)
        except redis.RedisError:
            return _refusal(request, 503, "no-broker", {})
        except OSError as error:  # the store
            reason = error.strerror or type(error).__name__
            return _refusal(request, 503, "store", {"reason": reason})

    return guarded


def _refusal(request: Request, status: int, code: str, details: dict[str, str]) -> Response:
    return JSONResponse(explain(code, details, language(request)), status)


def language(request: Request) -> Language:
    return negotiate(
        request.headers.get("accept-language", ""), request.query_params.get("lang", "")
    )


def records_of(request: Request) -> Records:
    records: Records = request.app.state.records
    return records
