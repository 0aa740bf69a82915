"""Stand-ins for what the peers send to: they take everything at once and answer that it is well.

python -m benchmarks.client_receivers prints the ports of one for HTTP (Sentry, OTLP) and one for TCP (Logstash).
"""

import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Silence."""


class _Tcp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while self.request.recv(65536):
            pass


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


def main() -> None:
    servers = (ThreadingHTTPServer(("127.0.0.1", 0), _Http), _TcpServer(("127.0.0.1", 0), _Tcp))
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(*(server.server_address[1] for server in servers), flush=True)
    sys.stdin.read()  # until the benchmark ends


if __name__ == "__main__":
    main()
