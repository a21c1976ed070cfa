"""A server of functions, as any client of XML-RPC sees it."""

import asyncio
import datetime
import errno
import http.client
import os
import random
import signal
import socket
import struct
import sys
import time
import unittest
import xmlrpc.client
from unittest import mock

import functions
import reparte
from reparte._server.calls import Call
from reparte._server.functions import named
from reparte._server.pool import Pool
from reparte._server.worker import CANCELLED, READY, VALUE, Worker
from support import PATIENCE, TOKEN, Case, document, exists, fault, in_background, kill, post, proxy, until


class Results(Case):
    def setUp(self):
        self.server = self.serving(reparte.Server(functions.ALL, 0, processes=1, max_answer=50_000))
        self.proxy = proxy(self.server)

    def test_values_of_every_type_go_there_and_back(self):
        for value in [0, -(2**31), True, "", "  <&>\u00e9\U0001f600\n", -12.5, 1e300, None, b"\0\xff", [], {}, [[1], {"<b>": None}], datetime.datetime(1998, 7, 17)]:
            self.assertEqual(self.proxy.echo(value), value)

    def test_results_of_derived_types_are_sent_as_what_they_hold(self):
        for what, value in [
            ("enum", 3), ("wide", 2**40), ("wider", 2**100), ("tuple", [1, [2]]), ("bytes", b"\0\xff"),
            ("date", datetime.datetime(1998, 7, 17, 14, 8, 55)), ("text", "<&>\r\n\u00e9\U0001f600"),
            ("decimal", 1000), ("inf", float("-inf")), ("none", [None, True]),
        ]:
            self.assertEqual(self.proxy.derived(what), value, what)

    def test_a_result_that_cant_be_sent_is_a_fault_with_a_remedy(self):
        for what, code, text in [
            ("object", -32603, "type object"), ("control", -32603, "U+0000"), ("keys", -32603, "convert"),
            ("loop", -32603, "contains itself"), ("decimal", -32603, "text"), ("long", 1, "max_answer"),
            ("wide decimal", -32603, "digits"), ("narrow decimal", -32603, "digits"),
        ]:
            found = fault(self.proxy.unsendable, what)
            self.assertEqual((found.faultCode, text in found.faultString), (code, True), found)

    def test_an_exception_is_a_fault_with_its_traceback(self):
        text = fault(self.proxy.fails, 7).faultString
        self.assertTrue(text.startswith("Traceback"), text)
        self.assertTrue(text.endswith("ValueError: no 7"), text)
        self.assertNotIn("worker.py", text)

    def test_a_number_that_came_as_text_is_told(self):
        for call, arguments, told in [
            (self.proxy.half, ["7"], "number came as text, and is annotated as int: `reparte run` sends such values with --arg-type int"),
            (self.proxy.shorter, ["7"], "the arguments came as text: `reparte run` sends numbers with --arg-type int or double"),
            (self.proxy.shorter, ["7", 1], "TypeError: unsupported operand type(s) for -: 'str' and 'int'"),
            (self.proxy.half, [None], "TypeError: unsupported operand type(s) for /: 'NoneType' and 'int'"),
        ]:
            text = fault(call, *arguments).faultString
            self.assertTrue(text.endswith(told), text)
            # `reparte run` shows the last line of a long text, and it was the advice alone.
            self.assertIn("TypeError: ", text.splitlines()[-1])

    def test_the_end_of_a_long_traceback_is_kept(self):
        for call, end in [(self.proxy.fails_deep, "KeyError: 'the reason'")]:
            text = fault(call, 200).faultString
            self.assertTrue(text.endswith(end), text[-200:])
            self.assertLess(len(text), 20_000)

    def test_a_failure_of_any_kind_leaves_the_process(self):
        before = self.proxy.pid(0)
        for call, code in [(self.proxy.fails_badly, 1), (self.proxy.leaves, 1), (self.proxy.unfit, -32050)]:
            self.assertEqual(fault(call, 3).faultCode, code)
        found = fault(self.proxy.faults, 77)
        self.assertEqual((found.faultCode, found.faultString), (77, "on purpose"))
        self.assertEqual(self.proxy.pid(0), before)

    def test_a_fault_of_odd_parts_is_answered(self):
        for which, code, text in [
            ("swapped", 1, "text first"), ("none", 1, "None"), ("changed", 1, "7"), ("wide", 1, "too wide"),
            ("no code", 1, "no code"), ("unfit", -32050, "no disk"), ("of the library", 1, "BadText"),
        ]:
            with self.assertRaises(xmlrpc.client.Fault) as caught:
                xmlrpc.client.loads(post(self.server, document("odd_faults", which))[2])
            found = caught.exception
            self.assertEqual((found.faultCode, text in found.faultString), (code, True), found)

    def test_an_answer_that_cant_be_written_ends_the_connection(self):
        with mock.patch("reparte._server.documents.response", side_effect=TypeError):
            with self.assertLogs("reparte.server", "ERROR"):
                with self.assertRaises(http.client.RemoteDisconnected):
                    post(self.server, document("echo", 1))

    def test_calls_that_do_not_fit_are_faults(self):
        self.assertEqual(self.proxy.power(3), 9)
        for call, arguments, code in [
            (self.proxy.power, (1, 2, 3), -32602), (self.proxy.power, (), -32602),
            (self.proxy.none, (), -32601), (self.proxy.system.none, (), -32601),
            (self.proxy.reparte.cancel, (1,), -32602), (self.proxy.reparte.status, (1,), -32602),
        ]:
            self.assertEqual(fault(call, *arguments).faultCode, code)

    def test_documents_that_are_no_calls_are_faults(self):
        nested = b"<methodCall><methodName>echo</methodName><params><param>%s<value/>%s</param></params></methodCall>" % (
            b"<value><array><data>" * 100, b"</data></array></value>" * 100)
        entities = b'<!DOCTYPE x [<!ENTITY a "b">]>' + document("echo", 1)
        for body, code in [
            (b"<methodCall><methodName>echo</methodName>", -32700), (b"hello", -32700),
            (b"<methodCall/>", -32600), (nested, -32600), (entities, -32600),
            (b"<?xml version='1.0' encoding='koi99'?>" + document("echo", 1)[22:], -32701),
            (document("echo", 1).decode().encode("utf-16"), -32701),
            (b"<methodCall><methodName>echo</methodName><params><param><value><boolean>2</boolean></value></param></params></methodCall>", -32600),
        ]:
            status, _, text = post(self.server, body)
            self.assertEqual((status, str(code) in text), (200, True), (body[:60], text))
        self.assertEqual(self.proxy.echo(1), 1)

    def test_the_servers_own_methods(self):
        names = self.proxy.system.listMethods()
        for name in ["echo", "reparte.status", "reparte.cancel", "system.multicall"]:
            self.assertIn(name, names)
        self.assertEqual(self.proxy.system.methodHelp("score"), "Adds the letters' codes.")
        for name, signature in [
            ("score", [["int", "string"]]), ("rows", [["array", "int"]]), ("echo", "undef"),
            ("half", [["any", "int"]]),
            ("reparte.status", [["struct"]]),
        ]:
            self.assertEqual(self.proxy.system.methodSignature(name), signature)
        self.assertIn("reparte", self.proxy.system.getCapabilities())
        status = self.proxy.reparte.status()
        self.assertEqual((status["slots"], status["busy"], status["calls"], status["version"]), (1, 0, [], reparte.__version__))

    def test_a_multicall_has_results_and_faults(self):
        calls = xmlrpc.client.MultiCall(self.proxy)
        calls.score("a")
        calls.fails(1)
        calls.system.methodHelp("echo")
        calls.none()
        results = calls()
        self.assertEqual((results[0], results[2]), (97, ""))
        for index, code in [(1, 1), (3, -32601)]:
            with self.assertRaises(xmlrpc.client.Fault) as caught:
                results[index]
            self.assertEqual(caught.exception.faultCode, code)

    def test_the_results_of_a_multicall_have_the_limit_of_one(self):
        calls = [{"methodName": "echo", "params": ["x" * 20_000]}] * 3
        found = fault(self.proxy.system.multicall, calls)
        self.assertEqual((found.faultCode, "max_answer, 50000" in found.faultString), (1, True), found)
        # It is long enough to be decoded beside the event loop.
        calls = [{"methodName": "score", "params": ["a" * 20_000]}] * 5
        self.assertEqual(self.proxy.system.multicall(calls), [[97 * 20_000]] * 5)
        self.assertEqual(post(self.server, b"<methodCall>" + b" " * 100_000 + b"<x/>")[0], 200)

    def test_a_multicall_that_cant_be_answered_ends_the_connection(self):
        with mock.patch("reparte._server.documents.call", side_effect=TypeError):
            with self.assertLogs("reparte.server", "ERROR"):
                with self.assertRaises(http.client.RemoteDisconnected):
                    post(self.server, document("system.multicall", [{"methodName": "echo", "params": [1]}]))


class Processes(Case):
    def test_a_process_that_dies_fails_its_call_alone(self):
        server = self.serving(reparte.Server(functions.ALL, 0, processes=2))
        told = os.path.join(self.directory(), "told")
        waiting, found = in_background(fault, proxy(server).sleeps, told)
        sleeper = int(until("the other call runs", lambda: os.path.exists(told) and open(told).read()))
        for call, text in [("exits", "ended with status 3"), ("killed", "killed by SIGKILL"), ("crashes", "SIGSEGV")]:
            found_fault = fault(getattr(proxy(server), call), 3)
            self.assertEqual((found_fault.faultCode, text in found_fault.faultString), (1, True), found_fault)
        # Where it crashed, as far as Python knows.
        self.assertIn("in crashes", found_fault.faultString)
        self.assertNotIn("spawner", found_fault.faultString)
        self.assertEqual(proxy(server).score("a"), 97)
        self.assertEqual((found, exists(sleeper)), ([], True))
        kill(sleeper)
        waiting.join()
        self.assertIn("SIGKILL", found[0].faultString)

    def test_an_idle_process_that_is_killed_costs_no_call(self):
        server = self.serving(reparte.Server(functions.ALL, 0, processes=1))
        for _ in range(5):
            kill(proxy(server).pid(0))
            self.assertEqual(proxy(server).score("a"), 97)

    def test_what_a_dead_process_has_started_ends_with_it(self):
        server = self.serving(reparte.Server(functions.ALL, 0, processes=1))
        told = os.path.join(self.directory(), "told")
        fault(proxy(server).starts_a_child, told)
        child = int(open(told).read())
        until("the child has ended", lambda: not exists(child))

    def test_processes_share_what_was_loaded_and_draw_different_numbers(self):
        loaded = {"big": 7}
        published = {"loaded": lambda: loaded["big"], "draw": lambda: [random.random(), os.getpid()]}
        server = self.serving(reparte.Server(published, 0, processes=1, recycle=1))
        self.assertEqual(proxy(server).loaded(), 7)
        draws = [proxy(server).draw() for _ in range(3)]
        for place in (0, 1):
            self.assertEqual(len({draw[place] for draw in draws}), 3, draws)

    def test_a_setup_that_fails_makes_the_machine_unfit_until_it_works(self):
        marker = os.path.join(self.directory(), "there")

        def setup():
            with open(marker) as file:
                file.read()

        with self.assertLogs("reparte.server", "ERROR") as logs:
            server = self.serving(reparte.Server(functions.score, 0, processes=2, setup=setup))
            found = fault(proxy(server).score, "a")
            self.assertEqual((found.faultCode, "FileNotFoundError" in found.faultString), (-32050, True))
        self.assertIn("setup", logs.output[0])
        open(marker, "w").close()

        def works():
            try:
                return proxy(server).score("a")
            except xmlrpc.client.Fault:
                return 0

        self.assertEqual(until("the setup works", works), 97)

    def test_a_setup_that_dies_makes_the_machine_unfit(self):
        with self.assertLogs("reparte.server", "ERROR"):
            server = self.serving(reparte.Server(functions.score, 0, processes=1, setup=lambda: os._exit(4)))
            found = fault(proxy(server).score, "a")
        self.assertEqual((found.faultCode, "status 4 in its setup" in found.faultString), (-32050, True))

    def test_setups_that_fail_by_turns_make_the_machine_unfit(self):
        place = self.directory()
        path = lambda name: os.path.join(place, str(name))
        self.addCleanup(lambda: open(path("end"), "w").close())

        def setup():
            number = 1
            while True:
                try:
                    os.mkdir(path(number))
                    break
                except FileExistsError:
                    number += 1
            # The second attempt fails while the third one, of the other process, is at work.
            while number in (2, 3) and not os.path.exists(path(3 if number == 2 else "end")):
                time.sleep(0.01)
            raise OSError("no disk")

        with self.assertLogs("reparte.server", "ERROR"):
            server = reparte.Server(functions.score, 0, processes=2, setup=setup)
            self.serving(server)
            status, _, text = post(server, document("score", "a"))
            open(path("end"), "w").close()
        self.assertEqual((status, "-32050" in text, "no disk" in text), (200, True, True), text)

    def test_a_server_that_ends_by_itself_says_so(self):
        server = reparte.Server(functions.ALL, 0, processes=1).start()
        with self.assertLogs("reparte.server", "ERROR") as logs:
            kill(proxy(server).spawner(0))
            until("the server takes no calls", lambda: _is_refused(server.address))
            with self.assertRaises(reparte.Error):
                server.stop()
        self.assertIn("was killed", logs.output[-1])
        server.stop()

    def test_a_server_starts_once(self):
        server = reparte.Server(functions.score, 0, processes=1)
        server.stop()
        server.start()
        self.assertEqual(proxy(server).score("a"), 97)
        for _ in range(2):
            with self.assertRaises(reparte.Error):
                server.start()
            server.stop()

    def test_publish_in_another_thread_leaves_nothing_open(self):
        with mock.patch("reparte._server.spawner.start") as start:
            thread, found = in_background(reparte.publish, functions.score, 0)
            thread.join()
        self.assertIsInstance(found[0], ValueError)
        start.assert_not_called()

    def test_an_address_that_is_taken_is_named(self):
        server = self.serving(reparte.Server(functions.score, 0, processes=1))
        with self.assertRaises(OSError) as caught:
            reparte.Server(functions.score, server.address, processes=1).start()
        self.assertEqual(caught.exception.errno, errno.EADDRINUSE)
        self.assertIn(server.address, str(caught.exception))

    def test_the_time_left_is_told_and_the_server_ends_by_itself(self):
        later = time.time() + 3600
        date = datetime.datetime.fromtimestamp(later, datetime.timezone.utc)
        with mock.patch.dict(os.environ, {"SLURM_JOB_END_TIME": str(int(later))}):
            by_slurm = reparte.Server(functions.score, 0, processes=1)
        for server in [reparte.Server(functions.score, 0, processes=1, until=end) for end in (later, date)] + [by_slurm]:
            left = proxy(self.serving(server)).reparte.status()["seconds_left"]
            self.assertTrue(3500 < left < 3600, left)
        unknown = self.serving(reparte.Server(functions.score, 0, processes=1))
        self.assertNotIn("seconds_left", proxy(unknown).reparte.status())
        ending = reparte.Server(functions.score, 0, processes=1, until=time.time() + 1).start()
        until("the server takes no calls", lambda: _is_refused(ending.address))
        ending.stop()

    def test_an_end_that_is_none_to_come_is_refused(self):
        for end, told in [
            (time.time() - 1, "has passed"), (float("nan"), "no time"), (float("inf"), "no time"),
            (datetime.datetime.now() + datetime.timedelta(hours=1), "no offset"),
        ]:
            with self.assertRaisesRegex(ValueError, told):
                reparte.Server(functions.score, 0, until=end)
        for text in ["5", "tomorrow", ""]:
            with mock.patch.dict(os.environ, {"SLURM_JOB_END_TIME": text}):
                with self.assertLogs("reparte.server", "WARNING"):
                    reparte.Server(functions.score, 0)

    def test_what_cant_be_published_is_refused(self):
        async def later():
            pass

        for what, error in [
            ([], ValueError), (lambda: 1, ValueError), ({"system.x": len}, ValueError), (7, TypeError), (None, TypeError),
            ("score", TypeError),
            ([functions.score, functions.score], ValueError), (later, TypeError), ({"a b": len}, ValueError),
        ]:
            with self.assertRaises(error):
                reparte.Server(what, 0)


class Cancels(Case):
    def call(self, server, function="sleeps", **fields):
        """Starts a call that waits. Returns its thread, its outcome, its file and its process."""
        told = os.path.join(self.directory(), "told")
        thread, found = in_background(lambda: post(server, document(function, told), **fields))
        process = int(until("the call runs", lambda: os.path.exists(told) and open(told).read()))
        return thread, found, told, process

    def test_a_cancelled_function_is_interrupted_and_its_process_stays(self):
        server = self.serving(reparte.Server(functions.ALL, 0, processes=1))
        thread, found, told, process = self.call(server, Reparte_Call="a-1")
        status = proxy(server).reparte.status()
        self.assertEqual([(call["id"], call["method"], call["running"]) for call in status["calls"]], [("a-1", "sleeps", True)])
        self.assertEqual(status["busy"], 1)
        self.assertFalse(proxy(server).reparte.cancel("a-2"))
        self.assertTrue(proxy(server).reparte.cancel("a-1"))
        thread.join()
        self.assertEqual((found[0][0], found[0][2]), (500, "the call was cancelled\n"))
        self.assertEqual(proxy(server).pid(0), process)
        self.assertIn("cancelled", open(told).read())

    def test_a_function_that_does_not_stop_is_killed(self):
        server = self.serving(reparte.Server(functions.ALL, 0, processes=1, cancel_grace=0.1))
        thread, found, _, process = self.call(server, "sleeps_on", Reparte_Call="a")
        proxy(server).reparte.cancel("a")
        thread.join()
        self.assertEqual(found[0][0], 500)
        self.assertNotEqual(proxy(server).pid(0), process)

    def test_a_late_call_is_told_from_one_that_did_not_begin(self):
        server = self.serving(reparte.Server(functions.ALL, 0, processes=1))
        thread, found, _, _ = self.call(server, Reparte_Call="a")
        status, _, text = post(server, document("score", "a"), Reparte_Deadline_Ms="50")
        self.assertEqual((status, text), (504, "the call's deadline passed before it ran\n"))
        proxy(server).reparte.cancel("a")
        thread.join()
        _, found, _, process = self.call(server, Reparte_Deadline_Ms="3000")
        answer = until("the call is late", lambda: found and found[0])
        self.assertEqual((answer[0], answer[2]), (504, "the call's deadline has passed\n"))
        self.assertEqual(proxy(server).pid(0), process)

    def test_a_full_queue_says_when_to_come_again(self):
        server = self.serving(reparte.Server(functions.ALL, 0, processes=1, queue=0))
        until("its process is there", lambda: post(server, document("score", "a"))[0] == 200)
        thread, _, _, _ = self.call(server, Reparte_Call="a")
        status, fields, _ = post(server, document("score", "a"))
        self.assertEqual((status, fields["Retry-After"]), (503, "1"))
        proxy(server).reparte.cancel("a")
        thread.join()

    def test_a_cancel_that_comes_before_the_function_begins_counts(self):
        worker, cancel = self.worker({"called": lambda: called.append(1)})
        called = []
        for number, kind, calls in [(4, VALUE, 1), (5, CANCELLED, 1), (6, VALUE, 2)]:
            if kind == CANCELLED:
                cancel(number)
                worker._on_signal(signal.SIGTERM, None)
            self.assertEqual((worker._answer(number, document("called"))[0], len(called)), (kind, calls))

    def test_a_cancel_that_comes_after_an_exception_ends_the_call_alone(self):
        def fails():
            # The signal comes once the function has ended, and before the worker has noted that.
            cancel(7)
            sys.setprofile(at_the_end)
            raise ValueError

        def at_the_end(frame, event, _):
            if event == "return" and frame.f_code is fails.__code__:
                sys.setprofile(None)
                sys.settrace(lambda *_: None)
                frame.f_back.f_trace = in_answer

        def in_answer(frame, event, _):
            if event == "line":
                sys.settrace(None)
                frame.f_trace = None
                worker._on_signal(signal.SIGTERM, None)
            return in_answer

        worker, cancel = self.worker({"fails": fails})
        self.assertEqual(worker._answer(7, document("fails"))[0], CANCELLED)

    def worker(self, published):
        """A worker that is no process, and what sends it a cancel."""
        reading, writing = os.pipe()
        for end in (reading, writing):
            self.addCleanup(os.close, end)
        worker = Worker(named(published), None, 1000, None, reading, 0, memoryview(bytearray(8)))
        return worker, lambda number: os.write(writing, struct.pack(">Q", number))

    def test_a_process_that_is_about_to_be_killed_gets_no_further_call(self):
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        asyncio.set_event_loop(loop)
        self.addCleanup(asyncio.set_event_loop, None)
        pool = Pool(loop, mock.Mock(), mock.Mock(), 1, 10, 0, 0)
        slot = pool.slots[0]
        slot.process = mock.Mock(number=1, cancel_end=-1)
        pool._answered(slot, 0, READY, b"")
        ends = []
        first, second = (Call(name, name, b"", lambda outcome: ends.append(outcome.refusal)) for name in "ab")
        pool.submit(first, 60)
        pool.cancel("a")
        loop.run_until_complete(asyncio.sleep(0))
        until("the grace has passed", lambda: loop.run_until_complete(asyncio.sleep(0)) or slot.state == "killed")
        pool.submit(second, 60)
        # Its answer crosses the signal.
        pool._answered(slot, first.number, CANCELLED, b"")
        self.assertEqual((ends, second.slot, list(pool.queue)), (["cancelled"], None, [second]))

    def test_a_call_that_waits_goes_elsewhere_when_the_server_stops(self):
        server = reparte.Server(functions.ALL, 0, processes=1, grace=10 * PATIENCE).start()
        self.addCleanup(server.stop)
        thread, found, _, _ = self.call(server)
        waiting, refused = in_background(lambda: post(server, document("score", "a")))
        until("it waits", lambda: len(proxy(server).reparte.status()["calls"]) == 2)
        stopping, _ = in_background(server.stop)
        waiting.join(PATIENCE)
        self.assertEqual((refused[0][0], refused[0][1]["Retry-After"], found), (503, "1", []))
        # The second request to stop does not wait for the call that runs.
        server._ask_to_stop()
        stopping.join()
        thread.join()

    def test_a_client_that_goes_has_its_call_cancelled(self):
        server = self.serving(reparte.Server(functions.ALL, 0, processes=1))
        told = os.path.join(self.directory(), "told")
        client, _ = self.program_that_calls(server, told)
        until("the call runs", lambda: os.path.exists(told) and open(told).read())
        client.kill()
        until("the function is interrupted", lambda: "cancelled" in open(told).read())

    def program_that_calls(self, server, told):
        text = (
            "import sys, xmlrpc.client\n"
            "print('listening on ://x', file=sys.stderr, flush=True)\n"
            "xmlrpc.client.ServerProxy(%r).sleeps(%r)" % (server.url, told)
        )
        return self.program(text)


class Ends(Case):
    PROGRAM = (
        "import sys; sys.path.insert(0, %r)\n"
        "import functions, reparte\n"
        "reparte.publish(functions.ALL, 0, processes=2, grace=%s)\n"
        "print('after')"
    )

    def publishing(self, grace=30):
        process, address = self.program(self.PROGRAM % (os.path.dirname(functions.__file__), grace))
        return process, xmlrpc.client.ServerProxy("http://" + address), address

    def test_publish_ends_at_a_signal_and_returns(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process, server, _ = self.publishing()
            worker = server.pid(0)
            process.send_signal(number)
            self.assertEqual(process.stdout.read(), "after\n")
            self.assertEqual(process.wait(), 0)
            until("the worker has ended", lambda: not exists(worker))

    def test_calls_that_run_have_the_grace(self):
        process, server, address = self.publishing()
        told = os.path.join(self.directory(), "told")
        thread, found = in_background(server.sleeps, told)
        worker = int(until("the call runs", lambda: os.path.exists(told) and open(told).read()))
        process.send_signal(signal.SIGTERM)
        # No new connection is taken, and the call goes on.
        until("the server takes no calls", lambda: _is_refused(address))
        self.assertTrue(exists(worker))
        process.send_signal(signal.SIGTERM)
        process.wait()
        thread.join()
        self.assertIsInstance(found[0], Exception)
        until("the worker has ended", lambda: not exists(worker))

    def test_a_signal_at_the_end_by_the_clock_leaves_calls_their_grace(self):
        """Slurm sends one at the end of a job, and it ended the calls at once."""
        server = reparte.Server(functions.ALL, 0, processes=1, until=time.time() + 3600).start()
        place = self.directory()
        thread, found = in_background(proxy(server).meets, place)
        until("the call runs", lambda: os.listdir(place))
        # The time has come.
        server._loop.call_soon_threadsafe(server._stopping.set)
        until("the server takes no calls", lambda: _is_refused(server.address))
        server._ask_to_stop()
        open(os.path.join(place, "go"), "w").close()
        thread.join()
        self.assertEqual(found, [place])
        server.stop()

    def test_a_server_that_is_killed_leaves_no_process(self):
        process, server, _ = self.publishing()
        told = os.path.join(self.directory(), "told")
        idle = server.pid(0)
        thread, _ = in_background(server.sleeps_on, told)
        worker = int(until("the call runs", lambda: os.path.exists(told) and open(told).read()))
        kill(process.pid)
        thread.join()
        for pid in (idle, worker):
            until("the worker has ended", lambda: not exists(pid))


class SeveralServers(Case):
    def test_the_older_one_of_two_stops_first(self):
        older = self.serving(reparte.Server(functions.ALL, 0, processes=1))
        client = http.client.HTTPConnection(older.address, timeout=PATIENCE)
        self.addCleanup(client.close)
        client.request("GET", "/health")
        client.getresponse().read()
        newer = self.serving(reparte.Server(functions.ALL, 0, processes=1))
        self.assertEqual(proxy(newer).score("a"), 97)
        stopping, _ = in_background(older.stop)
        stopping.join(PATIENCE)
        self.assertFalse(stopping.is_alive())
        # Neither its port nor its connections are kept open by the processes of the other one.
        self.assertTrue(_is_refused(older.address))
        self.assertEqual(client.sock.recv(1), b"")
        self.assertEqual(proxy(newer).score("a"), 97)


def _is_refused(address):
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port))).close()
    except ConnectionRefusedError:
        return True
    return False


class Access(Case):
    def test_a_token_is_asked_of_everyone_but_for_health(self):
        server = self.serving(reparte.Server(functions.score, 0, processes=1, token_file=self.file(TOKEN + "\n")))
        self.assertEqual(proxy(server, TOKEN).score("a"), 97)
        self.assertEqual(post(server, document("score", "a"), Authorization="Bearer " + TOKEN)[0], 200)
        for authorization in ["", "Bearer " + TOKEN[:-1], "Bearer", "Basic !!", TOKEN, "Basic " + TOKEN]:
            status, fields, _ = post(server, document("score", "a"), Authorization=authorization)
            self.assertEqual((status, fields["WWW-Authenticate"]), (401, 'Basic realm="XML-RPC"'))

    def test_files_and_addresses_that_are_open_are_refused(self):
        for options in [
            {"token_file": self.file(TOKEN, 0o644)}, {"token": "short"}, {"token": "with a space in it"},
            {"port": "0.0.0.0:0"}, {"tls_cert": "a"}, {"port": "host"}, {"processes": 0},
            # The system takes 65536 + n for n.
            {"port": 65536}, {"port": "localhost:90000"}, {"port": -1},
        ]:
            with self.assertRaises(ValueError):
                reparte.Server(functions.score, **{"port": 0, **options})
        reparte.Server(functions.score, "0.0.0.0:0", without_token=True)

    def test_pages_of_others_are_refused(self):
        server = self.serving(reparte.Server(functions.score, 0, processes=1, hosts=["Sums.Example"]))
        own = server.address
        for host, origin, status in [
            (own, None, 200), ("localhost", None, 200), ("sums.example:80", None, 200), ("[::1]:9", None, 200),
            ("evil.example", None, 403), ("127.0.0.1.evil.example", None, 403), ("127.0.0.1:x", None, 403),
            (own, "http://" + own, 200), (own, "http://evil.example", 403), (own, "null", 403),
        ]:
            fields = {"Host": host, **({"Origin": origin} if origin else {})}
            self.assertEqual(post(server, document("score", "a"), **fields)[0], status, fields)


if __name__ == "__main__":
    unittest.main()
