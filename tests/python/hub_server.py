"""A model hub on this machine: the part of the Hugging Face hub's protocol that fetching models needs, from folders.

    server = HubServer()
    server.add("org/name", {"config.json": b"{}", "model.safetensors": weights}, licence="apache-2.0")
    with server:
        ogam.run("models", "pull", "org/name", env=server.environment(home))

Small files come from the hub itself with git's SHA-1 as their etag; large ones (safetensors, bin, gguf) are redirected to
a second address, the store, with their SHA-256. `server.requests` lists what was asked for, and `server.fault` makes
answers go wrong.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

LARGE = (".safetensors", ".bin", ".gguf")


def git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Model:
    """A model at one commit; `info` is added to what the hub says about it."""

    files: dict[str, bytes]
    info: dict = field(default_factory=dict)
    gated: bool = False

    @property
    def commit(self) -> str:
        return hashlib.sha1("".join(f"{path} {git_sha1(content)}\n" for path, content in sorted(self.files.items())).encode()).hexdigest()

    def etag(self, path: str) -> str:
        content = self.files[path]
        return sha256(content) if path.endswith(LARGE) else git_sha1(content)

    def sibling(self, path: str, blobs: bool) -> dict:
        content = self.files[path]
        sibling = {"rfilename": path}
        if blobs:
            sibling |= {"size": len(content), "blobId": git_sha1(content)}
            if path.endswith(LARGE):
                sibling["lfs"] = {"sha256": sha256(content), "size": len(content), "pointerSize": 134}
        return sibling


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]  # names in small letters
    at: str  # "hub" or "store"
    status: int = 0


@dataclass
class Fault:
    pattern: str
    act: Callable[[Handler], bool]
    times: int


class Handler(BaseHTTPRequestHandler):
    """Answers one connection; `self.hub` is the HubServer."""

    protocol_version = "HTTP/1.1"
    at = "hub"

    def log_message(self, *arguments) -> None:
        pass

    def do_GET(self) -> None:
        self.answer()

    def do_HEAD(self) -> None:
        self.answer()

    def answer(self) -> None:
        self.seen = Request(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, self.at)
        with self.hub.lock:
            self.hub.requests.append(self.seen)
            fault = next((fault for fault in self.hub.faults if fault.times > 0 and re.search(fault.pattern, self.path)), None)
            if fault:
                fault.times -= 1
        try:
            if not (fault and fault.act(self)):
                self.route()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def send_response(self, code: int, message: str | None = None) -> None:
        self.seen.status = code
        super().send_response(code, message)

    def reply(self, status: int, content: bytes = b"", **headers: object) -> None:
        """Sends a whole answer; `_` in names of headers stands for `-`."""
        self.send_response(status)
        sizes = {"Content_Length": len(content)}
        for name, value in (sizes | headers).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def refuse(self, status: int, code: str, message: str = "no") -> None:
        self.reply(status, json.dumps({"error": message}).encode(), X_Error_Code=code, X_Error_Message=message)

    def cut(self) -> None:
        """Closes the connection in the middle of whatever it was."""
        self.wfile.flush()
        self.close_connection = True

    def content(self, content: bytes, **headers: object) -> None:
        """Sends a file's content, or the part of it that was asked for."""
        begin, status = 0, 200
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked:
            begin, status = int(asked.group(1)), 206
            if begin >= len(content):
                return self.reply(416, Content_Range=f"bytes */{len(content)}")
            headers["Content_Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        self.reply(status, content[begin:], Accept_Ranges="bytes", **headers)

    def route(self) -> None:
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), parse_qs(parts.query)
        if self.at == "store":
            return self.from_store(path)
        path = path.removeprefix(self.hub.prefix)
        token = self.headers.get("Authorization", "")
        if found := re.fullmatch(r"/api/models/([^/]+(?:/[^/]+)?)(?:/(revision|tree)/(.+))?", path):
            name, kind, revision = found.groups()
        elif found := re.fullmatch(r"/([^/]+(?:/[^/]+)?)/resolve/([^/]+)/(.+)", path):
            name, revision, kind = found.groups()
        else:
            return self.refuse(404, "NotFound")
        if self.hub.token and token != f"Bearer {self.hub.token}":
            return self.refuse(401, "RepoNotFound", "Repository not found")
        models = self.hub.models.get(name)
        if models is None:
            return self.refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        model = next((model for model in models.values() if model.commit == revision), models.get(revision or "main"))
        if model is None:
            return self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        if path.startswith("/api/"):
            if kind == "tree":
                return self.reply_json([self.tree_entry(model, file) for file in sorted(model.files)])
            siblings = [model.sibling(file, "blobs" in query and self.hub.tells_blobs) for file in sorted(model.files)]
            return self.reply_json({"id": name, "modelId": name, "sha": model.commit, "private": False, "gated": False, "tags": [],
                                    "downloads": 0, "likes": 0, "siblings": siblings} | model.info)
        if model.gated:
            return self.refuse(403 if token else 401, "GatedRepo", "Access to this model is restricted")
        self.resolve(model, kind)

    def tree_entry(self, model: Model, path: str) -> dict:
        sibling = model.sibling(path, True)
        entry = {"type": "file", "path": path, "size": sibling["size"], "oid": sibling["blobId"]}
        if "lfs" in sibling:
            entry["lfs"] = {"oid": sibling["lfs"]["sha256"], "size": sibling["size"], "pointerSize": 134}
        return entry

    def reply_json(self, value: object) -> None:
        self.reply(200, json.dumps(value).encode(), Content_Type="application/json")

    def resolve(self, model: Model, path: str) -> None:
        if path not in model.files:
            return self.refuse(404, "EntryNotFound", "Entry not found")
        content, etag = model.files[path], f'"{model.etag(path)}"'
        if path.endswith(LARGE):
            self.reply(302, Location=f"{self.hub.store_url}/{model.etag(path)}?signature=a%2Bb,c", X_Repo_Commit=model.commit,
                       X_Linked_Etag=etag, X_Linked_Size=len(content), ETag=f'"{git_sha1(b"pointer" + content)}"')
        else:
            self.content(content, X_Repo_Commit=model.commit, ETag=etag)

    def from_store(self, path: str) -> None:
        for models in self.hub.models.values():
            for model in models.values():
                for file, content in model.files.items():
                    if path == f"/{sha256(content)}" and file.endswith(LARGE):
                        return self.content(content, ETag=f'"{sha256(content)}"')
        self.reply(404)


class HubServer:
    """Serves models on two ports of this machine: the hub and the store of large files."""

    def __init__(self, token: str = "", prefix: str = "", certificate: Path | None = None):
        """With `token`, everything else is refused. `prefix` stands before every path, as a mirror's may. `certificate`
        is a PEM file with its key: the hub then speaks HTTPS."""
        self.token, self.prefix = token, prefix
        self.tells_blobs = True  # whether sizes and hashes are listed with the files
        self.models: dict[str, dict[str, Model]] = {}
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.lock = threading.Lock()
        self.servers: list[ThreadingHTTPServer] = []
        self.certificate = certificate
        self.url = self.listen("hub") + prefix
        self.store_url = self.listen("store")

    def listen(self, at: str) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (Handler,), {"hub": self, "at": at}))
        server.daemon_threads = True
        scheme = "http"
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            scheme = "https"
        self.servers.append(server)
        return f"{scheme}://{'localhost' if self.certificate else '127.0.0.1'}:{server.server_port}"

    def add(self, name: str, files: dict[str, bytes], revision: str = "main", licence: str | None = None, **options) -> Model:
        info = {"cardData": {"license": licence}, "tags": [f"license:{licence}"]} if licence else {}
        model = Model(dict(files), info | options.pop("info", {}), **options)
        self.models.setdefault(name, {})[revision] = model
        return model

    def add_folder(self, name: str, folder: Path, **options) -> Model:
        """Serves what lies in a folder."""
        files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
        return self.add(name, files, **options)

    def fault(self, pattern: str, act: Callable[[Handler], bool], times: int = 1) -> None:
        """The next `times` requests whose path matches are answered by `act`, unless it returns a false value."""
        self.faults.append(Fault(pattern, act, times))

    def asked(self, pattern: str) -> list[Request]:
        with self.lock:
            return [request for request in self.requests if re.search(pattern, request.path)]

    def environment(self, home: Path, **more: str) -> dict[str, str]:
        """The environment of a command that shall use this hub, with `home` for HF_HOME."""
        kept = {name: value for name, value in os.environ.items()
                if not re.match(r"(HF_|HUGGING|TRANSFORMERS_|SSL_CERT|.*_proxy$|.*_PROXY$)", name)}
        return kept | {"HF_HOME": str(home), "HF_ENDPOINT": self.url, "HF_HUB_DISABLE_XET": "1"} | more

    def __enter__(self) -> HubServer:
        for server in self.servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *unused) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()
