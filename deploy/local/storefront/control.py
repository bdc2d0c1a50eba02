"""The storefront's own endpoints under ``/__storefront__/``: faults and the request log."""

from http import HTTPStatus

from deploy.local.storefront.faults import FaultPlan, Faults, parse_plan
from deploy.local.storefront.reply import JSON, Receive, Reply, json_reply
from deploy.local.storefront.requestlog import RequestLog

PREFIX = "/__storefront__/"
_BODY_LIMIT = 64 * 1024


class Control:
    """Answers requests about the storefront itself."""

    def __init__(self, faults: Faults, log: RequestLog) -> None:
        self._faults, self._log = faults, log

    async def answer(self, method: str, path: str, receive: Receive) -> Reply:
        """The answer to a request under `PREFIX`."""
        match path.removeprefix(PREFIX):
            case "requests":
                return self._requests(method)
            case "faults":
                return self._fault_plan(method, await _body(receive) if method == "PUT" else b"")
            case _:
                hint = f"there are {PREFIX}faults and {PREFIX}requests"
                return json_reply(HTTPStatus.NOT_FOUND, {"error": hint})

    def _requests(self, method: str) -> Reply:
        match method:
            case "GET":
                return Reply(HTTPStatus.OK, self._log.to_json(), JSON)
            case "DELETE":
                self._log.clear()
                return Reply(HTTPStatus.NO_CONTENT, b"")
            case _:
                return _unknown_method(method)

    def _fault_plan(self, method: str, body: bytes) -> Reply:
        match method:
            case "GET":
                return self._shown()
            case "PUT":
                return self._installed(body)
            case "DELETE":
                self._faults.install(FaultPlan.model_validate({}))
                return Reply(HTTPStatus.NO_CONTENT, b"")
            case _:
                return _unknown_method(method)

    def _shown(self) -> Reply:
        return json_reply(HTTPStatus.OK, self._faults.plan.model_dump(by_alias=True))

    def _installed(self, body: bytes) -> Reply:
        try:
            self._faults.install(parse_plan(body))
        except ValueError as error:
            return json_reply(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": str(error)})
        return self._shown()


def _unknown_method(method: str) -> Reply:
    return json_reply(HTTPStatus.METHOD_NOT_ALLOWED, {"error": f"{method} is not known here"})


async def _body(receive: Receive) -> bytes:
    """The request's body, cut off past `_BODY_LIMIT`, which no valid plan reaches."""
    body, more = b"", True
    while more and len(body) <= _BODY_LIMIT:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
