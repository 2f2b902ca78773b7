"""MariaDB and PostgreSQL as Debian packages them: on a free port of loopback, in a folder that goes with them."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from pydantic import SecretStr

PASSWORD = "s3cret/@pass"
QUOTED_PASSWORD = "s3cret%2F%40pass"


@dataclass(frozen=True)
class Server:
    """A running one: ``url`` is of the account that reads, ``admin`` opens a connection that may do all."""

    kind: str
    port: int
    admin: Callable[[], Any]

    def url(
        self, user: str = "cdp_reader", password: str = QUOTED_PASSWORD, database: str = "his"
    ) -> SecretStr:
        return SecretStr(f"{self.kind}://{user}:{password}@127.0.0.1:{self.port}/{database}")

    def run(self, *statements: str) -> None:
        with self.admin() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()


@contextmanager
def mariadb() -> Iterator[Server]:
    """Skips the test where mariadb-server is not installed."""
    server, install = _program("mariadbd"), _program("mariadb-install-db")
    with _data_folder() as folder:
        place = ["--no-defaults", f"--datadir={folder}"]
        _run([install, *place, "--auth-root-authentication-method=normal", "--skip-test-db"], folder)
        port = _free_port()
        options = ["--bind-address=127.0.0.1", f"--port={port}", f"--socket={folder}/s", "--skip-log-bin"]
        command = [server, *place, *options, f"--pid-file={folder}/pid", "--innodb-flush-method=nosync"]
        with _running(command, folder, "ready for connections"):
            made = Server("mysql", port, lambda: _mysql_root(port))
            made.run(
                "create database his character set utf8mb4",
                f"create user cdp_reader@'127.0.0.1' identified by '{PASSWORD}'",
                "grant select, execute on his.* to cdp_reader@'127.0.0.1'",
            )
            yield made


def _mysql_root(port: int) -> pymysql.Connection:
    return pymysql.connect(
        host="127.0.0.1", port=port, user="root", charset="utf8mb4", ssl_disabled=True, database=None
    )


@contextmanager
def postgresql() -> Iterator[Server]:
    """Skips the test where postgresql is not installed."""
    server, initdb = _program("postgres"), _program("initdb")
    with _data_folder() as folder:
        (folder / "password").write_text(PASSWORD)
        _hand_over(folder / "password")
        access = ["-U", "admin", "-A", "scram-sha-256", f"--pwfile={folder}/password"]
        _run([initdb, "-D", f"{folder}/data", *access, "-E", "UTF8", "--locale=C", "--no-sync"], folder)
        port = _free_port()
        options = ["--fsync=off", "--listen-addresses=127.0.0.1", f"--unix-socket-directories={folder}"]
        command = [server, "-D", f"{folder}/data", "-p", str(port), *options]
        with _running(command, folder, "ready to accept connections"):
            admin = f"postgresql://admin:{QUOTED_PASSWORD}@127.0.0.1:{port}"
            with psycopg.connect(f"{admin}/postgres", autocommit=True) as connection:
                connection.execute("create database his")
                connection.execute(f"create role cdp_reader login password '{PASSWORD}'".encode())
            made = Server("postgresql", port, lambda: psycopg.connect(f"{admin}/his"))
            made.run("alter default privileges grant select on tables to cdp_reader")
            yield made


SERVERS: dict[str, Callable[[], AbstractContextManager[Server]]] = {
    "mariadb": mariadb,
    "postgresql": postgresql,
}


def _program(name: str) -> str:
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/sbin")]
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, folders)))
    if found is None:
        pytest.skip(f"{name} is not installed (apt-get install mariadb-server postgresql)")
    return found


@contextmanager
def _data_folder() -> Iterator[Path]:
    """Not below tmp_path: the server's account could not reach it."""
    with tempfile.TemporaryDirectory(prefix="cdp-db-", ignore_cleanup_errors=True) as name:
        _hand_over(Path(name))
        yield Path(name)


def _account() -> dict[str, Any]:
    """Database servers refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _hand_over(path: Path) -> None:
    if account := _account():
        os.chown(path, account["user"], account["group"])


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **_account())
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _running(command: list[str], folder: Path, ready: str) -> Iterator[None]:
    """Until it says ``ready``; stopped at the end, whatever happens."""
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, **_account())
    assert process.stderr is not None
    try:
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if ready in line:
                break
        else:
            raise AssertionError("".join(said))
        yield
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
