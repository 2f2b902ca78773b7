"""A server on loopback that behaves as the APIs do: tokens, cursors, pages, and faults when a test asks for them.

It holds what a test puts into it and remembers what was asked. Nothing of the real API's data is in here.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SECRET = "s3cr3t-of-the-account"
TOKEN = "tok3n"
PAGE = 100

Answer = dict[str, Any]
CUT = b"the connection ends in the middle of the answer"


class StandIn:
    """What the server knows, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.secrets: dict[str, str] = {}
        # WeCom, by userid: elements of external_contact_list, or the code that asking for them gives
        self.contacts: dict[str, list[Answer] | int] = {}
        self.tag_groups: list[Answer] | int = []
        self.listed: list[str] | None = None  # the employees of the list, when others are known
        self.unlicensed: set[str] = set()
        # the official account, by openid
        self.fans: dict[str, Answer] = {}
        self.fans_total: int | None = None
        self.page_of_openids = 10_000
        # what goes wrong: for the call with this number, counted per path from 1, this answer
        # (a number is the HTTP status of an empty one, bytes are no JSON)
        self.faults: dict[tuple[str, int], Answer | int | bytes] = {}
        self.before_answer: Callable[[str, Any], None] = lambda path, body: None
        self.calls: list[tuple[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.tokens = 0
        self.dead_tokens: set[str] = set()
        self.cursor_age = 0  # cursors of another age are unknown

    def asked(self, path: str) -> list[Any]:
        """The bodies or queries of the calls of ``path``."""
        return [body for asked, body in self.calls if asked == path]

    def expire_token(self) -> None:
        """From now on the token given last is refused."""
        self.dead_tokens.add(f"{TOKEN}-{self.tokens}")

    def answer(self, path: str, query: dict[str, str], body: Any) -> Answer | int | bytes:
        """What the API says to one call."""
        self.counts[path] += 1
        self.calls.append((path, body if body is not None else query))
        self.before_answer(path, body)
        fault = self.faults.get((path, self.counts[path]))
        if fault is not None:
            return fault
        if path in ("gettoken", "stable_token"):
            given = query if path == "gettoken" else body
            account = given.get("corpid") or given.get("appid")
            secret = given.get("corpsecret") or given.get("secret")
            if self.secrets.get(account) != secret:
                return refused(40001)
            self.tokens += 1
            return {"errcode": 0, "access_token": f"{TOKEN}-{self.tokens}", "expires_in": 7200}
        if query.get("access_token", "") in {"", *self.dead_tokens}:
            return refused(42001)
        return ROUTES[path](self, query, body)

    def _follow_users(self, query: Answer, body: Answer) -> Answer:
        return {"errcode": 0, "follow_user": list(self.contacts) if self.listed is None else self.listed}

    def _contacts(self, query: Answer, body: Answer) -> Answer:
        (userid,) = body["userid_list"]
        known = self.contacts.get(userid, 60111)
        if isinstance(known, int):
            return refused(known)
        start = 0
        if body["cursor"]:
            age, start_text = body["cursor"].split(":")
            start = int(start_text)
            if int(age) != self.cursor_age:
                return refused(40058)
        end = start + body["limit"]
        following = f"{self.cursor_age}:{end}" if end < len(known) else ""
        page = {"errcode": 0, "external_contact_list": known[start:end], "next_cursor": following}
        if userid in self.unlicensed:
            page["fail_info"] = {"unlicensed_userid_list": [userid]}
        return page

    def _tags(self, query: Answer, body: Answer) -> Answer:
        if isinstance(self.tag_groups, int):
            return refused(self.tag_groups)
        return {"errcode": 0, "tag_group": self.tag_groups}

    def _openids(self, query: Answer, body: Answer) -> Answer:
        openids = list(self.fans)
        start = openids.index(query["next_openid"]) + 1 if query.get("next_openid") else 0
        page = openids[start : start + self.page_of_openids]
        total = len(openids) if self.fans_total is None else self.fans_total
        answer: Answer = {"total": total, "count": len(page), "next_openid": page[-1] if page else ""}
        return answer | ({"data": {"openid": page}} if page else {})

    def _fans(self, query: Answer, body: Answer) -> Answer:
        return {"user_info_list": [self.fans[user["openid"]] for user in body["user_list"]]}


ROUTES: dict[str, Callable[[StandIn, Answer, Answer], Answer]] = {
    "externalcontact/get_follow_user_list": StandIn._follow_users,
    "externalcontact/batch/get_by_user": StandIn._contacts,
    "externalcontact/get_corp_tag_list": StandIn._tags,
    "user/get": StandIn._openids,
    "user/info/batchget": StandIn._fans,
}


def refused(code: int) -> Answer:
    """An error answer; its errmsg says more than may be repeated."""
    return {"errcode": code, "errmsg": f"refused, hint: [{TOKEN} {SECRET}]"}


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """A stand-in that listens on a free port of loopback until the block ends."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else the body waits 40 ms behind the header

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: Any) -> None:
            address = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            said = stand_in.answer(address.path.removeprefix("/cgi-bin/"), query, body)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(said if isinstance(said, int) else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.close_connection = said is CUT
            with suppress(ConnectionError):  # the client may be gone
                self.wfile.write(content[:10] if said is CUT else content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
