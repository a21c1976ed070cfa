"""A server's HTTP: which requests are read, and which are refused."""

import socket
import unittest

import functions
import reparte
from support import PATIENCE, Case, document

CALL = document("score", "a")
HEAD = b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n" % len(CALL)


class Requests(Case):
    def setUp(self):
        self.server = self.serving(reparte.Server(functions.score, 0, processes=1, max_request=100_000, connections=3))

    def connect(self):
        host, port = self.server.address.split(":")
        client = socket.create_connection((host, int(port)), PATIENCE)
        self.addCleanup(client.close)
        return client

    def ask(self, *parts):
        """Sends a request in parts, and returns all that comes until the server closes."""
        client = self.connect()
        for part in parts:
            client.sendall(part)
        return read_all(client)

    def test_requests_are_read_or_refused(self):
        last = HEAD + b"Connection: close\r\n"
        for request, status in [
            (last + b"\r\n" + CALL, 200),
            (b"\r\n" * 3 + last + b"\r\n" + CALL, 200),
            (HEAD.replace(b"1.1", b"1.0") + b"\r\n" + CALL, 200),
            (last.replace(b"/RPC2", b"http://localhost/RPC2") + b"\r\n" + CALL, 200),
            (last.replace(b"text/xml", b"application/xml; charset=utf-8") + b"\r\n" + CALL, 200),
            (b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
            (b"HEAD /health HTTP/1.0\r\n\r\n", 200),
            (b"GET / HTTP/1.0\r\n\r\n", 405),
            (b"GET /x HTTP/1.0\r\n\r\n", 404),
            (last.replace(b"/RPC2", b"/x") + b"\r\n" + CALL, 404),
            (last.replace(b"text/xml", b"text/plain") + b"\r\n" + CALL, 415),
            (last + b"Content-Encoding: gzip\r\n\r\n" + CALL, 415),
            (last.replace(b"Host: localhost\r\n", b"") + b"\r\n" + CALL, 400),
            (last + b"Host: localhost\r\n\r\n" + CALL, 400),
            (last + b"Content-Length: 1\r\n\r\n" + CALL, 400),
            (last + b"Transfer-Encoding: chunked\r\n\r\n" + CALL, 400),
            (last.replace(b"Content-Length: %d" % len(CALL), b"Transfer-Encoding: chunked") + b"\r\n", 411),
            (last.replace(b"Content-Length: %d" % len(CALL), b"X: y") + b"\r\n", 411),
            (last.replace(b"Content-Length: %d" % len(CALL), b"Content-Length: +1") + b"\r\n", 400),
            (last.replace(b"Content-Length: %d" % len(CALL), b"Content-Length: 100001") + b"\r\n" + CALL, 413),
            (last.replace(b"Content-Length: %d" % len(CALL), b"Content-Length: " + b"9" * 40) + b"\r\n", 413),
            (last + b" folded\r\n\r\n" + CALL, 400),
            (last + b"A: b\nC: d\r\n\r\n" + CALL, 400),
            (last + b"A: \0\r\n\r\n" + CALL, 400),
            (last + b"A b: c\r\n\r\n" + CALL, 400),
            (b"\r\n" * 9 + last + b"\r\n" + CALL, 400),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
            (b"\x16\x03\x01\x00\x00\r\n\r\n", 400),
            (last + b"A: " + b"b" * 70_000, 431),
        ]:
            answer = self.ask(request)
            self.assertEqual(answer[:12], b"HTTP/1.1 %d" % status, (request[:200], answer[:200]))

    def test_a_connection_is_kept_and_requests_may_come_ahead(self):
        client = self.connect()
        client.sendall((HEAD + b"\r\n" + CALL) * 3)
        client.sendall(HEAD + b"Connection: close\r\n\r\n" + CALL)
        self.assertEqual(read_all(client).count(b"<int>97</int>"), 4)

    def test_a_request_in_single_bytes_is_whole(self):
        request = HEAD + b"Connection: close\r\n\r\n" + CALL
        self.assertIn(b"<int>97</int>", self.ask(*(request[i : i + 1] for i in range(len(request)))))

    def test_a_client_that_waits_for_leave_to_send_gets_it(self):
        client = self.connect()
        client.sendall(HEAD + b"Connection: close\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(client.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
        client.sendall(CALL)
        self.assertIn(b"<int>97</int>", read_all(client))

    def test_a_client_may_close_its_writing_side_if_it_has_said_so(self):
        client = self.connect()
        client.sendall(HEAD + b"Connection: close\r\n\r\n" + CALL)
        client.shutdown(socket.SHUT_WR)
        self.assertIn(b"<int>97</int>", read_all(client))

    def test_a_new_client_takes_the_place_of_an_idle_one(self):
        clients = [self.connect() for _ in range(3)]
        for client in clients:
            client.sendall(HEAD + b"\r\n" + CALL)
            self.assertIn(b"200 OK", client.recv(1000))
        self.assertIn(b"<int>97</int>", self.ask(HEAD + b"Connection: close\r\n\r\n" + CALL))
        # The first one was idle for longest.
        self.assertEqual(read_all(clients[0]), b"")
        clients[2].sendall(HEAD + b"\r\n" + CALL)
        self.assertIn(b"200 OK", clients[2].recv(1000))

    def test_memory_that_others_hold_is_a_reason_to_come_again(self):
        server = self.serving(reparte.Server(functions.score, 0, processes=1, max_memory=1000))
        self.server = server
        long = document("score", "a" * 2000)
        answer = self.ask(HEAD.replace(b"Content-Length: %d" % len(CALL), b"Content-Length: %d" % len(long)) + b"\r\n" + long)
        self.assertEqual(answer[:12], b"HTTP/1.1 503")
        self.assertIn(b"<int>97</int>", self.ask(HEAD + b"Connection: close\r\n\r\n" + CALL))


def read_all(client):
    """All that comes until the server closes."""
    parts = []
    try:
        while True:
            parts.append(client.recv(1 << 16))
            if not parts[-1]:
                break
    except ConnectionResetError:
        pass
    return b"".join(parts)


if __name__ == "__main__":
    unittest.main()
