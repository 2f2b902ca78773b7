"""A stand-in for an S3 bucket on loopback: lists, and gives to whoever signs with the one access key."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCESS_KEY = "access-key-of-the-clinic"


@contextmanager
def s3_server(objects: Mapping[str, bytes]) -> Iterator[str]:
    """The address of a server that has ``objects`` in every bucket."""

    class Handler(_Handler):
        held = objects

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    held: Mapping[str, bytes] = {}

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        key = unquote(url.path).split("/", 2)[2:]
        if f"Credential={ACCESS_KEY}/" not in self.headers.get("Authorization", ""):
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif key:
            self._give(key[0])
        else:
            asked = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
            self._answer(200, _listing(self.held, asked.get("prefix", ""), asked.get("delimiter", "/")))

    def _give(self, key: str) -> None:
        if key not in self.held:
            self._answer(404, b"")
            return
        content = self.held[key]
        asked = self.headers.get("Range")
        if asked is None:
            self._answer(200, content)
            return
        first, last = map(int, asked.removeprefix("bytes=").split("-"))
        part = content[first : last + 1]
        self._answer(206, part, {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(content)}"})

    def _answer(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        told = {"Content-Length": str(len(content)), "Last-Modified": "Fri, 20 Nov 2026 16:00:00 GMT"}
        for name, value in {**told, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: standard error is pytest's."""


def _listing(held: Mapping[str, bytes], prefix: str, delimiter: str) -> bytes:
    below = {key: key.removeprefix(prefix) for key in sorted(held) if key.startswith(prefix)}
    folders = sorted(
        {prefix + rest.partition(delimiter)[0] + delimiter for rest in below.values() if delimiter in rest}
    )
    files = [key for key, rest in below.items() if delimiter not in rest]
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-20T16:00:00.000Z</LastModified>"
        f"<Size>{len(held[key])}</Size></Contents>"
        for key in files
    )
    prefixes = "".join(f"<CommonPrefixes><Prefix>{escape(key)}</Prefix></CommonPrefixes>" for key in folders)
    count = f"<IsTruncated>false</IsTruncated><KeyCount>{len(files) + len(folders)}</KeyCount>"
    return f"<ListBucketResult>{count}{contents}{prefixes}</ListBucketResult>".encode()
