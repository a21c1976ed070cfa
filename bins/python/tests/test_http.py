"""A server's HTTP: which requests are read, and which are refused."""

import asyncio
import socket
import unittest
from unittest import mock

import functions
import reparte
from reparte._server.access import Access
from reparte._server.connection import Connection
from reparte._server.service import Limits, Service
from support import PATIENCE, Case, document, in_background, until

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
            (b"GET /health HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", 413),
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

    def test_clients_that_have_sent_a_part_count_and_are_not_idle(self):
        clients = [self.connect() for _ in range(3)]
        for client in clients:
            # The first request is answered: so the server has read the next one's beginning.
            client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nP")
            self.assertIn(b"200 OK", client.recv(1000))
        self.assertIn(b"503 Service", self.ask(HEAD + b"\r\n" + CALL))
        clients[0].sendall(HEAD[1:] + b"Connection: close\r\n\r\n" + CALL)
        self.assertIn(b"<int>97</int>", read_all(clients[0]))

    def test_a_client_that_reads_late_has_all_answers(self):
        client = self.connect()
        answers, count = [], 20_000
        reader, _ = in_background(lambda: answers.append(read_all(client)))
        for _ in range(count // 1000):
            client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)
        client.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        reader.join()
        self.assertEqual(answers[0].count(b"200 OK"), count + 1)

    def test_memory_that_others_hold_is_a_reason_to_come_again(self):
        server = self.serving(reparte.Server(functions.score, 0, processes=1, max_memory=1000))
        self.server = server
        long = document("score", "a" * 2000)
        answer = self.ask(HEAD.replace(b"Content-Length: %d" % len(CALL), b"Content-Length: %d" % len(long)) + b"\r\n" + long)
        self.assertEqual(answer[:12], b"HTTP/1.1 503")
        self.assertIn(b"<int>97</int>", self.ask(HEAD + b"Connection: close\r\n\r\n" + CALL))


class Client:
    """A transport whose client reads when it is told to."""

    def __init__(self):
        self.written = b""
        self.waiting = 0
        self.is_reading = True
        self.is_aborted = False
        self.connection = None

    def get_extra_info(self, name, default=None):
        return mock.Mock(fileno=lambda: -1) if name == "socket" else default

    def set_write_buffer_limits(self, high=None, low=None):
        self.high = high

    def write(self, data):
        self.written += data
        was_above = self.waiting > self.high
        self.waiting += len(data)
        if not was_above and self.waiting > self.high:
            self.connection.pause_writing()

    def reads(self):
        self.waiting = 0
        self.connection.resume_writing()

    def get_write_buffer_size(self):
        return self.waiting

    def pause_reading(self):
        self.is_reading = False

    def resume_reading(self):
        self.is_reading = True

    def can_write_eof(self):
        return True

    def write_eof(self):
        pass

    def close(self):
        pass

    def abort(self):
        self.is_aborted = True


class Pipelines(unittest.TestCase):
    """A connection whose client sends requests ahead, and reads no answer unless it is told to."""

    REFUSED = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

    def setUp(self):
        self.loop = asyncio.new_event_loop()
        self.addCleanup(self.loop.close)
        asyncio.set_event_loop(self.loop)
        self.addCleanup(asyncio.set_event_loop, None)
        limits = Limits(request=1000, answer=1000, memory=1000, deadline=1, connections=1)
        self.service = Service(mock.Mock(), {}, Access("correct-horse-battery", []), limits, "", "")
        self.client = Client()
        self.connection = self.client.connection = Connection(self.service)
        self.connection.connection_made(self.client)

    def turns(self):
        """Has the event loop do all that is due."""
        for _ in range(20):
            self.loop.run_until_complete(asyncio.sleep(0))

    def answers(self):
        return self.client.written.count(b"HTTP/1.1 401 ")

    def test_the_next_answer_waits_for_the_client_to_read(self):
        self.connection.data_received(self.REFUSED * 3)
        for count in (1, 2, 3):
            self.turns()
            self.assertEqual((self.answers(), self.connection in self.service.idle), (count, False))
            # A client that never reads is not kept.
            self.assertIsNotNone(self.connection.timer)
            self.client.reads()
        self.assertIn(self.connection, self.service.idle)
        self.assertIsNone(self.connection.timer)

    def test_requests_beyond_a_limit_are_not_read_until_the_client_reads(self):
        for _ in range(4):
            self.connection.data_received(self.REFUSED * 1000)
        self.assertFalse(self.client.is_reading)
        while self.connection.data:
            self.turns()
            self.client.reads()
        self.assertEqual((self.answers(), self.client.is_reading), (4000, True))

    def test_a_client_that_never_reads_is_cut_off(self):
        with mock.patch("reparte._server.connection.WRITE_TIMEOUT", 0):
            self.connection.data_received(self.REFUSED * 2)
            until("it is cut off", lambda: self.turns() or self.client.is_aborted)

    def test_a_refused_body_that_has_been_read_keeps_its_time_limit(self):
        self.connection.data_received(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
        self.assertIsNotNone(self.connection.timer)
        self.client.reads()
        self.assertIsNotNone(self.connection.timer)


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
