"""Accounting for a test cluster: slurmdbd, and under it a MariaDB of the cluster's own, in the cluster's folder."""

from __future__ import annotations

import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from vega.atomic import write_text
from vega.errors import UserError

#: The last but one is used by mariadb-install-db.
PROGRAMS = ("mariadbd", "mariadb-install-db", "my_print_defaults", "slurmdbd")
PACKAGES = "mariadb-server-core mariadb-client-core slurmdbd"
#: Only root may enter the database's folder, and its socket is the only way in; so no password. It need not outlive
#: the host: without syncing it is there in a second.
DATABASE = """\
[mariadbd]
datadir={folder}/mariadb
socket={folder}/mariadb/socket
pid-file={folder}/mariadb/pid
skip-networking
skip-name-resolve
debug-no-sync
aria_log_file_size=8M
innodb_log_file_size=8M
innodb_buffer_pool_size=32M
innodb_lock_wait_timeout=900
performance_schema=0
"""
DAEMON = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdPort={port}
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
"""
STORAGE = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort={port}
AccountingStoragePass={folder}/munge.socket
"""


def write(folder: Path, port: int) -> list[str]:
    """Write the files of slurmdbd and a new database into `folder`; the lines that slurm.conf needs.

    The database of an earlier cluster there goes: with each start the cluster has another name.
    """
    write_text(folder / "mariadb.cnf", DATABASE.format(folder=folder))
    daemon = folder / "slurmdbd.conf"
    daemon.unlink(missing_ok=True)
    daemon.touch(0o600)  # else slurmdbd refuses it
    daemon.write_text(DAEMON.format(folder=folder, port=port), encoding="utf-8")
    shutil.rmtree(folder / "mariadb", ignore_errors=True)
    (folder / "mariadb").mkdir(0o700)
    command = ["mariadb-install-db", f"--defaults-file={folder}/mariadb.cnf", "--user=root", "--skip-test-db"]
    done = subprocess.run([*command, "--auth-root-authentication-method=normal"], capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"mariadb-install-db failed, so there is no accounting: {(done.stdout + done.stderr)[-2000:]}")
    return STORAGE.format(folder=folder, port=port).splitlines()


def commands(folder: Path) -> dict[str, list[str]]:
    """The daemons in the order of their start, between munged and slurmctld; none where accounting is off."""
    if port(folder) is None:
        return {}
    return {
        "mariadbd": ["mariadbd", f"--defaults-file={folder}/mariadb.cnf", "--user=root"],
        "slurmdbd": ["env", f"MYSQL_UNIX_PORT={folder}/mariadb/socket", "slurmdbd", "-D"],
    }


def is_ready_for(folder: Path, daemon: str) -> bool:
    """Whether what `daemon` needs of accounting is there: slurmdbd a database, slurmctld slurmdbd."""
    if daemon == "slurmdbd":
        return (folder / "mariadb" / "socket").exists()
    number = port(folder)
    return daemon != "slurmctld" or number is None or listens(number)


def port(folder: Path) -> int | None:
    """Where slurmdbd listens; None where the cluster in `folder` has no accounting."""
    for line in (folder / "slurm.conf").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        if name == "AccountingStoragePort":
            return int(value)
    return None


def listens(number: int) -> bool:
    """Whether someone listens on the port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", number), timeout=1):
        return True
    return False
