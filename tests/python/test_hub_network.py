"""`ogam models pull` over connections that are cut, slow, refused, redirected or led through proxies."""

from __future__ import annotations

import re
import resource
import select
import socket
import subprocess
import threading
import time
from email.utils import formatdate
from pathlib import Path

import pytest
from hub_pull import DEFAULT, FILES, NAME, WEIGHTS, contents, home, hub, model_folder, part_then_cut, pull, pulled, refused  # noqa: F401
from hub_server import Handler, HubServer, sha256

# Cut, slow and failing connections


def status(code: int, **headers: object):
    def act(answer: Handler) -> bool:
        answer.reply(code, b"later", **headers)
        return True
    return act


def test_a_cut_transfer_goes_on_where_it_was(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), part_then_cut(1_000_000), times=2)
    report = pulled(ogam, hub, home)
    assert contents(report["folder"])["model.safetensors"] == WEIGHTS
    ranges = [request.headers.get("range") for request in hub.asked(sha256(WEIGHTS))]
    assert ranges == [None, "bytes=1000000-", "bytes=2000000-"]
    assert report["bytes_received"] == sum(len(FILES[path]) for path in DEFAULT)


def test_a_transfer_that_is_always_cut_is_given_up_and_its_part_kept(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), part_then_cut(1000), times=99)
    message = refused(ogam, hub, home)
    assert "model.safetensors" in message and "run the same command again" in message
    part = model_folder(home) / "blobs" / f"{sha256(WEIGHTS)}.incomplete"
    assert part.read_bytes() == WEIGHTS[:5000]
    assert not (model_folder(home) / "refs").exists()
    hub.faults.clear()
    report = pulled(ogam, hub, home)
    assert hub.asked(sha256(WEIGHTS))[-1].headers["range"] == "bytes=5000-"
    assert contents(report["folder"])["model.safetensors"] == WEIGHTS


def test_a_server_that_begins_again_each_time_is_given_up(ogam, hub, home):
    def beginning(answer: Handler) -> bool:
        del answer.headers["Range"]
        return part_then_cut(2_000_000)(answer)

    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), beginning, times=99)
    refused(ogam, hub, home)
    assert len(hub.asked(sha256(WEIGHTS))) == 5


def test_a_damaged_part_is_noticed_and_fetched_again(ogam, hub, home):
    hub.add(NAME, FILES)
    blobs = model_folder(home) / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{sha256(WEIGHTS)}.incomplete").write_bytes(b"x" * 1000)
    assert contents(pulled(ogam, hub, home)["folder"])["model.safetensors"] == WEIGHTS
    assert [request.headers.get("range") for request in hub.asked(sha256(WEIGHTS))] == ["bytes=1000-", None]


@pytest.mark.parametrize("size", [len(WEIGHTS), len(WEIGHTS) + 1])
def test_a_part_that_is_whole_or_too_long_is_no_trouble(ogam, hub, home, size: int):
    hub.add(NAME, FILES)
    blobs = model_folder(home) / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{sha256(WEIGHTS)}.incomplete").write_bytes((WEIGHTS + b"x")[:size])
    report = pulled(ogam, hub, home)
    assert contents(report["folder"])["model.safetensors"] == WEIGHTS
    assert bool(hub.asked(sha256(WEIGHTS))) == (size > len(WEIGHTS))


def whole(answer: Handler) -> bool:
    answer.reply(200, WEIGHTS)
    return True


def elsewhere(answer: Handler) -> bool:
    answer.reply(206, WEIGHTS[7:], Content_Range=f"bytes 7-{len(WEIGHTS) - 1}/{len(WEIGHTS)}")
    return True


@pytest.mark.parametrize("act", [whole, elsewhere, status(416)])
def test_a_server_that_cannot_go_on_sends_it_again(ogam, hub, home, act):
    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), part_then_cut(1_000_000))
    hub.fault(sha256(WEIGHTS), act)
    assert contents(pulled(ogam, hub, home)["folder"])["model.safetensors"] == WEIGHTS


def test_chunks_without_a_length_are_taken(ogam, hub, home):
    def chunked(answer: Handler) -> bool:
        answer.send_response(200)
        answer.send_header("Transfer-Encoding", "chunked")
        answer.end_headers()
        for begin in range(0, len(WEIGHTS), 700_000):
            piece = WEIGHTS[begin:begin + 700_000]
            answer.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        answer.wfile.write(b"0\r\n\r\n")
        return True

    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), chunked)
    assert contents(pulled(ogam, hub, home)["folder"])["model.safetensors"] == WEIGHTS


@pytest.mark.parametrize("code", [408, 500, 502, 503])
def test_a_failing_server_is_asked_again(ogam, hub, home, code: int):
    hub.add(NAME, FILES)
    hub.fault("/api/", status(code))
    hub.fault("resolve/.*/config.json", status(code))
    hub.fault(sha256(WEIGHTS), status(code))
    done = pull(ogam, hub, home)
    assert done.returncode == 0
    assert f"answered {code}; trying again in 0.5 s" in done.stderr.decode()


def test_a_server_that_stays_down_is_given_up(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault("/api/", status(500), times=99)
    assert "answered 500 (5 times)" in refused(ogam, hub, home)
    assert len(hub.asked("/api/")) == 5


@pytest.mark.parametrize("after", [lambda: "2", lambda: formatdate(time.time() + 3, usegmt=True)])
def test_too_many_requests_are_answered_by_waiting_as_long_as_asked(ogam, hub, home, after):
    hub.add(NAME, FILES)
    hub.fault("/api/", status(429, Retry_After=after()))
    begin = time.monotonic()
    pulled(ogam, hub, home)
    assert time.monotonic() - begin > 1.5


def test_a_server_that_asks_to_come_back_tomorrow_is_not_waited_for(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault("/api/", status(429, Retry_After=86400))
    assert "come back in 86400 s" in refused(ogam, hub, home, timeout=20)


def test_a_silent_server_is_given_up_after_the_timeout(ogam, hub, home):
    def silence(answer: Handler) -> bool:
        time.sleep(2.5)
        answer.cut()
        return True

    hub.add(NAME, FILES)
    hub.fault("/api/", silence)
    begin = time.monotonic()
    done = pull(ogam, hub, home, env={"HF_HUB_DOWNLOAD_TIMEOUT": "1"})
    assert done.returncode == 0
    assert time.monotonic() - begin < 2.5 + 3
    assert b"trying again" in done.stderr


def trickle(answer: Handler) -> bool:
    """One byte at a time, each in time."""
    answer.send_response(200)
    answer.send_header("Content-Length", str(len(WEIGHTS)))
    answer.end_headers()
    for byte in WEIGHTS[:100]:
        answer.wfile.write(bytes([byte]))
        answer.wfile.flush()
        time.sleep(0.3)
    answer.cut()
    return True


def headers_without_end(answer: Handler) -> bool:
    answer.send_response(200)
    answer.flush_headers()
    for _ in range(100):
        answer.wfile.write(b"X-More: and more\r\n")
        answer.wfile.flush()
        time.sleep(0.3)
    answer.cut()
    return True


@pytest.mark.parametrize(("act", "complaint"), [(trickle, b"too slow"), (headers_without_end, b"too slow")])
def test_a_server_that_trickles_is_cut(ogam, hub, home, act, complaint: bytes):
    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), act)
    done = pull(ogam, hub, home, env={"HF_HUB_DOWNLOAD_TIMEOUT": "1"}, timeout=25)
    assert done.returncode == 0
    assert complaint in done.stderr


def flood(begin: bytes, repeat: bytes):
    def act(answer: Handler) -> bool:
        answer.wfile.write(begin)
        for _ in range(4000):
            answer.wfile.write(repeat * (1_000_000 // len(repeat)))
        return True
    return act


@pytest.mark.parametrize("act", [
    flood(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"),
    flood(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    flood(b"HTTP/1.1 ", b"2"),
    flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
], ids=["headers", "one header", "status line", "chunk size", "continuations"])
def test_answers_without_end_do_not_fill_the_memory(ogam, hub, home, act):
    hub.add(NAME, FILES)
    hub.fault("/api/", act, times=99)
    message = refused(ogam, hub, home, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)))
    assert "5 times" in message


def test_a_description_that_is_too_large_is_refused(ogam, hub, home):
    hub.fault("/api/", lambda answer: answer.reply(200, b" " * 40_000_000) or True)
    assert "larger than" in refused(ogam, hub, home)


def test_nobody_at_the_address_is_said_so(ogam, hub, home):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    assert "connect to 127.0.0.1" in refused(ogam, hub, home, env={"HF_ENDPOINT": address})


# Redirects and the token


def test_the_token_is_sent_to_the_hub_and_to_nobody_else(ogam, home):
    with HubServer(token="hf_secret") as hub:
        hub.add(NAME, FILES)
        pulled(ogam, hub, home, env={"HF_TOKEN": "hf_secret"})
        at_hub = [request for request in hub.requests if request.at == "hub"]
        at_store = [request for request in hub.requests if request.at == "store"]
        assert at_hub and at_store
        assert {request.headers.get("authorization") for request in at_hub} == {"Bearer hf_secret"}
        assert {request.headers.get("authorization") for request in at_store} == {None}
        assert at_store[0].path.endswith("?signature=a%2Bb,c")


def test_the_token_may_lie_in_its_file(ogam, home):
    with HubServer(token="hf_secret") as hub:
        hub.add(NAME, FILES)
        home.mkdir()
        (home / "token").write_text("hf_secret\n")
        pulled(ogam, hub, home)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_within_the_hub_are_followed_with_the_token(ogam, home, code: int):
    with HubServer(token="hf_secret") as hub:
        hub.add("org/new", FILES)
        hub.fault("/api/models/org/name", lambda answer: answer.reply(code, Location=answer.path.replace("org/name", "org/new")) or True)
        hub.fault("/org/name/resolve", lambda answer: answer.reply(code, Location=answer.path.replace("org/name", "org/new")) or True, times=99)
        assert contents(pulled(ogam, hub, home, env={"HF_TOKEN": "hf_secret"})["folder"]).keys() == DEFAULT


def test_redirects_in_a_circle_end(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault("/api/", lambda answer: answer.reply(302, Location=answer.path) or True, times=99)
    assert "redirects more than 10 times" in refused(ogam, hub, home)
    assert len(hub.asked("/api/")) == 11


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://user:pass@127.0.0.1/", "http://[::1/", ""])
def test_redirects_to_nowhere_are_not_followed(ogam, hub, home, location: str):
    hub.add(NAME, FILES)
    hub.fault("/api/", lambda answer: answer.reply(302, Location=location) or True)
    assert "not followed" in refused(ogam, hub, home)


# Proxies and certificates


class Proxy:
    """A proxy on this machine that forwards requests and opens tunnels; `seen` lists the first line of each."""

    def __init__(self, credentials: str = ""):
        self.credentials = credentials
        self.seen: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def __enter__(self) -> Proxy:
        threading.Thread(target=self.run, daemon=True).start()
        return self

    def __exit__(self, *unused) -> None:
        self.socket.close()

    def run(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.forward, args=(client,), daemon=True).start()

    def forward(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        line = head.split(b"\r\n")[0].decode()
        self.seen.append(line)
        if self.credentials and f"Proxy-Authorization: Basic {self.credentials}".encode() not in head:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return client.close()
        method, target, _ = line.split()
        host, port = re.sub(r"^http://|/.*", "", target).split(":")
        with client, socket.create_connection((host, int(port))) as server:
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                server.sendall(head.replace(f"http://{host}:{port}".encode(), b"", 1))
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return None
                    (server if ready is client else client).sendall(data)


def test_requests_go_through_the_proxy_unless_the_host_is_excepted(ogam, hub, home):
    hub.add(NAME, FILES)
    with Proxy() as proxy:
        assert contents(pulled(ogam, hub, home, env={"HTTP_PROXY": proxy.url})["folder"]).keys() == DEFAULT
        assert len(proxy.seen) == len(hub.requests)
        assert proxy.seen[0].startswith(f"GET {hub.url}/api/models/")
        proxy.seen.clear()
        pulled(ogam, hub, home, env={"HTTP_PROXY": proxy.url, "NO_PROXY": "localhost,127.0.0.1"})
        assert proxy.seen == []


def test_a_proxy_gets_its_own_name_and_password(ogam, hub, home):
    hub.add(NAME, FILES)
    with Proxy(credentials="bWU6YTpi") as proxy:  # me:a:b
        address = proxy.url.replace("://", "://me:a%3Ab@")
        pulled(ogam, hub, home, env={"http_proxy": address})
        assert all("authorization" not in request.headers for request in hub.requests)
        assert "proxy wants to know who asks" in refused(ogam, hub, home, "--include", "*.gguf", env={"http_proxy": proxy.url})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate of localhost with its key, signed by itself."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return both


def test_the_proxys_password_does_not_go_through_the_tunnel(ogam, home, certificate):
    with HubServer(certificate=certificate) as hub, Proxy(credentials="bWU6YTpi") as proxy:
        hub.add(NAME, FILES)
        env = {"SSL_CERT_FILE": str(certificate), "HTTPS_PROXY": proxy.url.replace("://", "://me:a%3Ab@")}
        pulled(ogam, hub, home, env=env)
        assert {request.headers.get("proxy-authorization", "") for request in hub.requests} == {""}
        assert "proxy wants to know who asks" in refused(ogam, hub, home, "--include", "*.gguf", env=env | {"HTTPS_PROXY": proxy.url})


def test_https_is_spoken_with_who_is_trusted_directly_and_through_a_tunnel(ogam, home, tmp_path, certificate):
    with HubServer(certificate=certificate) as hub, Proxy() as proxy:
        hub.add(NAME, FILES)
        trust = {"SSL_CERT_FILE": str(certificate)}
        assert contents(pulled(ogam, hub, home, env=trust)["folder"])["model.safetensors"] == WEIGHTS
        tunnelled = pulled(ogam, hub, tmp_path / "other", env=trust | {"HTTPS_PROXY": proxy.url})
        assert contents(tunnelled["folder"])["model.safetensors"] == WEIGHTS
        assert proxy.seen and all(line.startswith("CONNECT localhost:") for line in proxy.seen)


def test_a_certificate_that_is_not_trusted_or_of_another_host_is_refused(ogam, home, certificate):
    with HubServer(certificate=certificate) as hub:
        hub.add(NAME, FILES)
        assert "certificate" in refused(ogam, hub, home, env={"HF_TOKEN": "hf_secret"})
        other = {"HF_ENDPOINT": hub.url.replace("localhost", "127.0.0.1"), "SSL_CERT_FILE": str(certificate)}
        assert "certificate" in refused(ogam, hub, home, env=other)
        assert hub.requests == []
