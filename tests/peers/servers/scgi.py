"""Passes HTTP requests on to an SCGI server, as a web server does for rTorrent's.

Takes the SCGI server's host:port. Listens on a port of 127.0.0.1 that the system chooses, and
says where on standard error.
"""
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST, PORT = sys.argv[1].rsplit(":", 1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = b"CONTENT_LENGTH\0%d\0SCGI\x001\0" % len(body)
        with socket.create_connection((HOST, int(PORT))) as scgi:
            scgi.sendall(b"%d:%s," % (len(head), head) + body)
            answer = b"".join(iter(lambda: scgi.recv(65536), b""))
        _, _, body = answer.partition(b"\r\n\r\n")
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
sys.stderr.write("listening on http://%s:%d\n" % server.server_address)
sys.stderr.flush()
server.serve_forever()
