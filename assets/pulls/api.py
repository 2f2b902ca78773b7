"""One account's conversation with the API of WeCom or WeChat: token, patience, and errors without secrets.

Which paths are asked, and what an error code means there, is for ``wecom.py`` and ``wechat_oa.py``.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import requests
import tenacity
from pydantic import SecretStr

# urllib3 writes each address with its query, and so tokens and secrets, at level DEBUG.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

ATTEMPTS = 6
CONNECT_SECONDS, READ_SECONDS = 10, 60
QUOTA_SECONDS = 60  # who exceeds a limit by the minute is shut out for this long

TOKEN_REFUSED = frozenset({40001, 40014, 42001})
OVER_QUOTA = 45009
BUSY = frozenset({-1, 6000, 45011, 45033, OVER_QUOTA})
# Said of the account or this machine, whatever is asked: asking on is useless.
ACCOUNT_REFUSED = frozenset({*TOKEN_REFUSED, 40013, 40125, 40164, 48001, 48002, 60020})

REASONS = {
    -1: "系统繁忙",
    6000: "数据版本冲突",
    40001: "密钥不对或令牌无效",
    40003: "没有这个人",
    40013: "企业或服务号的 ID 不对",
    40014: "令牌无效",
    40125: "密钥不对",
    40164: "本机的 IP 不在白名单里",
    42001: "令牌过期",
    45009: "调用次数超过限制",
    45011: "调用太频繁",
    45033: "并发调用超过限制",
    48001: "没有这个接口的权限",
    48002: "没有这个接口的权限",
    60011: "应用无权查看这位员工",
    60020: "本机的 IP 不在白名单里",
    60111: "没有这位员工",
    84061: "没有外部联系人",
    84074: "没有外部联系人权限",
    701008: "没有互通许可",
}


@dataclass(frozen=True)
class Account:
    """A corpid or appid and its secret."""

    id: str
    secret: SecretStr


@dataclass(frozen=True)
class Request:
    """One call: its path below ``cgi-bin/``. Query and body may hold a secret and are never shown."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)


class PullError(Exception):
    """A call failed; the message is Chinese and repeats nothing the server said."""


class ApiError(PullError):
    """The API refused a call; the message names the code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"errcode={code}（{REASONS.get(code, '接口拒绝')}）")
        self.code = code


class UnexpectedAnswerError(PullError):
    """An answer without what every answer of its kind has."""


class BusyError(PullError):
    """No answer after every attempt: busy, over its limits, cut off or no JSON."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class Api:
    """Calls of one account. Each waits and tries again while the API is busy, and takes one new token if refused."""

    def __init__(self, base_url: str, token_request: Request, sleep: Callable[[float], None]) -> None:
        """``sleep`` waits that many seconds. ``token_request`` is answered with an ``access_token``."""
        self._base_url = base_url.rstrip("/")
        self._token_request = token_request
        self._token: str | None = None
        self._session = requests.Session()
        self._patiently = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(BusyError),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_seconds_to_wait,
            sleep=sleep,
            reraise=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._session.close()

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """The answer to a GET; raises PullError."""
        return self._call(Request("GET", path, query))

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a POST of JSON; raises PullError."""
        return self._call(Request("POST", path, body=body))

    def _call(self, request: Request) -> dict[str, Any]:
        try:
            return self._with_token(request)
        except ApiError as error:
            if error.code not in TOKEN_REFUSED or self._token is None:
                raise
            self._token = None
        return self._with_token(request)

    def _with_token(self, request: Request) -> dict[str, Any]:
        if self._token is None:
            answer = self._patiently(self._send, self._token_request)
            if not answer.get("access_token"):
                raise UnexpectedAnswerError("接口的回答里没有 access_token")
            self._token = str(answer["access_token"])
        query = {"access_token": self._token, **request.query}
        return self._patiently(self._send, Request(request.method, request.path, query, request.body))

    def _send(self, request: Request) -> dict[str, Any]:
        """One attempt. Errors of the client are never passed on: they quote the address, and with it the token."""
        try:
            response = self._session.request(
                request.method,
                f"{self._base_url}/cgi-bin/{request.path}",
                params=request.query,
                json=request.body,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.Timeout:
            raise BusyError("接口没有按时回答") from None
        except requests.RequestException:
            raise BusyError("连接不上接口，或连接中断") from None
        if response.status_code != requests.codes.ok:
            raise BusyError(f"接口回答 HTTP {response.status_code}")
        answer = _json_object(response.content)
        code = int(answer.get("errcode") or 0)
        if code in BUSY:
            raise BusyError(f"errcode={code}（{REASONS[code]}）", code)
        if code != 0:
            raise ApiError(code)
        return answer


def list_in(answer: Mapping[str, Any], key: str) -> list[Any]:
    """The list that ``answer`` must hold under ``key``: one left out is not taken for an empty one."""
    values = answer.get(key)
    if not isinstance(values, list):
        raise UnexpectedAnswerError(f"接口的回答里没有 {key}")
    return values


def _json_object(content: bytes) -> dict[str, Any]:
    """The body as the APIs write it: nicknames may hold half characters and raw control characters."""
    try:
        answer = json.loads(content.decode("utf-8", errors="replace"), strict=False)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise BusyError("接口的回答不是 JSON 对象")
    return answer


_DOUBLING = tenacity.wait_exponential(multiplier=1, max=30)


def _seconds_to_wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return QUOTA_SECONDS if isinstance(error, BusyError) and error.code == OVER_QUOTA else _DOUBLING(state)
