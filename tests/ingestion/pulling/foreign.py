"""Systems of other departments, real ones, started for the tests of a worker."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lab.mariadb import answers
from warehouse.database.server import free_port

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"


@contextmanager
def sshd(folder: Path) -> Iterator[tuple[int, Path, Path]]:
    """A file server; its port, the file of its pinned host key, and the private key that may sign in."""
    for name in ("host", "mine"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    port = free_port()
    (folder / "authorized").write_text((folder / "mine.pub").read_text())
    (folder / "authorized").chmod(0o600)
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile {folder / 'pid'}\n"
        f"AuthorizedKeysFile {folder / 'authorized'}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        "Subsystem sftp internal-sftp\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    process = subprocess.Popen(
        [SSHD, "-D", "-f", str(folder / "config")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    kind, key = (folder / "host.pub").read_text().split()[:2]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n")
    try:
        assert answers(port, process)
        yield port, folder / "known_hosts", folder / "mine"
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def object_store(certificate: Path | None = None) -> Iterator[str]:
    """An object store that speaks S3, anybody's key opens it; its address. certificate: with its key, to speak TLS."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    store = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, store, threaded=True, ssl_context=tls)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


class Interface:
    """An interface that answers what a test says: each a status, headers and a body; the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, dict(self.headers)))
                status, headers, body = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_address[1]


class Cut:
    """Stands between whoever connects to `port` and a server, and cuts the line once that many bytes came back."""

    def __init__(self, server_port: int, after_bytes: int) -> None:
        self.after_bytes = after_bytes
        self.server_port = server_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def _serve(self) -> None:
        while True:
            try:
                asking, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server_port))
            threading.Thread(target=self._pass_on, args=(asking, server, None), daemon=True).start()
            threading.Thread(
                target=self._pass_on, args=(server, asking, self.after_bytes), daemon=True
            ).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, left: int | None) -> None:
        with one, other:
            try:
                while piece := one.recv(4096):
                    if left is not None:
                        left -= len(piece)
                        if left < 0:
                            other.shutdown(socket.SHUT_RDWR)
                            one.shutdown(socket.SHUT_RDWR)
                            return
                    other.sendall(piece)
            except OSError:
                return
