"""Maps of published functions, and the command on a server of this package."""

import inspect
import itertools
import json
import os
import subprocess
import sys
import threading
import unittest
from unittest import mock

import functions
import reparte
from reparte._options import MapOptions, ServerOptions
from support import PATIENCE, TOKEN, Case, in_background, kill, proxy, until


def command(*arguments):
    """Runs the command. Returns its exit code, output and errors."""
    ended = subprocess.run([os.environ["REPARTE"], *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return ended.returncode, ended.stdout, ended.stderr


class Maps(Case):
    def setUp(self):
        self.server = self.serving(reparte.Server(functions.ALL, 0, processes=2))

    def test_results_come_in_order_from_several_servers(self):
        other = self.serving(reparte.Server(functions.ALL, 0, processes=1))
        values = [[], {"a": [1, None, True]}, "\u00e9\n", 2**40, -1.5]
        for servers in [self.server.address, [self.server.address, "1/" + other.address]]:
            self.assertEqual(list(reparte.map("echo", values, servers)), values)
        place = self.directory()
        # Neither server has room for both calls, and each call waits for the other one.
        servers = ["1/" + self.server.address, "1/" + other.address]
        waiting, found = in_background(
            list, reparte.outcomes(functions.meets, [place] * 2, servers, options=["--hedge", "off"])
        )
        until("both are at work", lambda: len(os.listdir(place)) == 2)
        open(os.path.join(place, "go"), "w").close()
        waiting.join()
        self.assertEqual([outcome.result for outcome in found[0]], [place] * 2)
        self.assertEqual({outcome.server for outcome in found[0]}, {self.server.address, other.address})
        self.assertEqual({outcome.attempts for outcome in found[0]}, {1})

    def test_a_starmap_has_all_arguments(self):
        self.assertEqual(list(reparte.starmap("power", [(2, 3), [3]], self.server.address)), [8, 9])

    def test_the_order_may_be_that_of_the_ends(self):
        found = reparte.outcomes("echo", "abc", self.server.address, ordered=False)
        self.assertEqual({(outcome.index, outcome.value, outcome.result) for outcome in found}, {(0, "a", "a"), (1, "b", "b"), (2, "c", "c")})

    def test_a_failure_is_raised_in_its_place(self):
        results = reparte.map("fails", [7], self.server.address)
        with self.assertRaises(reparte.TaskFailed) as caught:
            next(results)
        error = caught.exception
        self.assertEqual((error.index, error.value, error.kind, error.server, error.attempts), (0, 7, "fault", self.server.address, 1))
        self.assertTrue(str(error).endswith("ValueError: no 7"), error)
        self.assertEqual(list(results), [])

    def test_failures_may_be_values(self):
        values = [1, float("nan"), object(), 2**70, 4]
        found = list(reparte.map("echo", values, self.server.address, on_failure="return"))
        self.assertEqual((found[0], found[4]), (1, 4))
        for failed, text in zip(found[1:4], ["Out of range", "type object", "beyond 64 bits"]):
            self.assertIsInstance(failed, reparte.TaskFailed)
            self.assertEqual((failed.kind, text in failed.message), ("unsendable", True), failed)

    def test_a_process_that_dies_fails_its_task_alone(self):
        found = list(reparte.map("exits", [3, 3], self.server.address, on_failure="return"))
        self.assertEqual(["status 3" in failed.message for failed in found], [True, True])

    def test_values_are_read_as_servers_take_them_and_closing_ends_the_run(self):
        taken = []

        def values():
            for number in itertools.count():
                taken.append(number)
                yield number

        results = reparte.map("echo", values(), self.server.address, in_flight=10)
        self.assertEqual(taken, [])
        self.assertEqual([next(results) for _ in range(5)], [0, 1, 2, 3, 4])
        self.assertLessEqual(len(taken), 5 + 10 + 1)
        results.close()
        until("the server is idle", lambda: proxy(self.server).reparte.status()["calls"] == [])
        until("the threads have ended", lambda: not _threads())

    def test_closing_cancels_what_runs(self):
        told = os.path.join(self.directory(), "told")
        results = reparte.map("sleeps_on_a_file", ["x", told], self.server.address)
        self.assertEqual(next(results), "x")
        until("the call runs", lambda: os.path.exists(told) and open(told).read())
        results.close()
        until("the function is interrupted", lambda: "cancelled" in open(told).read())

    def test_a_command_that_is_killed_is_told(self):
        told = os.path.join(self.directory(), "told")
        thread, found = in_background(next, reparte.map("sleeps", [told], self.server.address))
        until("the call runs", lambda: os.path.exists(told) and open(told).read())
        for process in _commands():
            kill(process)
        thread.join()
        self.assertIsInstance(found[0], reparte.RunFailed)
        self.assertEqual(found[0].exit_code, -9)

    def test_a_server_that_is_started_meanwhile_does_not_hide_the_end_of_the_values(self):
        begun = threading.Event()

        def values():
            yield 1
            begun.wait()

        results = reparte.map("echo", values(), self.server.address)
        self.assertEqual(next(results), 1)
        self.serving(reparte.Server(functions.score, 0, processes=1))
        begun.set()
        rest, found = in_background(list, results)
        rest.join(PATIENCE)
        self.assertEqual(found, [[]])

    def test_an_error_of_the_values_comes_after_their_results(self):
        for error in (KeyError, BrokenPipeError, ValueError):
            def values():
                yield 1
                raise error("mine")

            results = reparte.map("echo", values(), self.server.address)
            self.assertEqual(next(results), 1)
            with self.assertRaises(error):
                next(results)

    def test_the_types_of_the_options_are_those_of_outcomes(self):
        self.assertEqual(set(MapOptions.__annotations__), options_of(reparte.outcomes) - {"star"})
        self.assertEqual(set(ServerOptions.__annotations__), options_of(reparte.Server))

    def test_a_run_that_cant_go_on_is_an_exception(self):
        for options, code, text in [
            ({"servers": "127.0.0.1:1", "options": ["--wait-for-servers", "0.2"]}, 4, "nothing listens"),
            ({"servers": self.server.address, "options": ["--nonsense"]}, 2, "--nonsense"),
        ]:
            with self.assertRaises(reparte.RunFailed) as caught:
                list(reparte.map("echo", [1], **options))
            self.assertEqual((caught.exception.exit_code, text in str(caught.exception)), (code, True), str(caught.exception))

    def test_a_missing_command_says_how_to_get_it(self):
        for variables in [{"PATH": "/nowhere", "REPARTE": ""}, {"REPARTE": "/nowhere/reparte"}]:
            with mock.patch.dict(os.environ, variables):
                with self.assertRaises(reparte.CommandNotFound) as caught:
                    reparte.map("echo", [1], self.server.address)
                self.assertIn("cargo install", str(caught.exception))

    def test_bad_options_are_told_at_once(self):
        for options in [{"on_failure": "ignore"}, {"in_flight": 0}]:
            with self.assertRaises(ValueError):
                reparte.map("echo", [], self.server.address, **options)

    def test_flags_that_a_map_sets_are_refused(self):
        """A text was read letter by letter, and --dry-run was an error of JSON."""
        for options, error, told in [
            ("--halt 1", TypeError, "list of words"), (["--dry-run"], ValueError, "makes the calls"),
            (["--tasks=x"], ValueError, "values"), (["--", "cat"], ValueError, "published function"),
            (["--output", "csv"], ValueError, "reads the results"), (["--unordered"], ValueError, "ordered=False"),
        ]:
            with self.assertRaisesRegex(error, told):
                reparte.map("echo", [1], self.server.address, options=options)

    def test_servers_that_are_none_are_told_at_once(self):
        """A port, as publish takes one, was an int that is not iterable."""
        for servers, error, told in [(9000, TypeError, '"localhost:9000"'), ((), ValueError, "no server is named")]:
            with self.assertRaisesRegex(error, told):
                reparte.map("echo", [1], servers)

    def test_values_that_json_would_change_are_not_sent(self):
        """A dict with the key 1 came as one with the key "1"."""
        for values, told in [
            ([{1: 2}], "the key 1 of a dict is no text"), ([[{"a": ({None: 1},)}]], "the key None"),
            ([float("nan")], "JSON"), ([b"x"], "type bytes"),
        ]:
            failed, sent = reparte.map("echo", [*values, {"a": [1]}], self.server.address, on_failure="return")
            self.assertEqual((failed.kind, told in failed.message, sent), ("unsendable", True, {"a": [1]}), failed)
        failed, = reparte.starmap("echo", [1], self.server.address, on_failure="return")
        self.assertIn("has all arguments of its call", failed.message)

    def test_a_function_without_a_name_is_refused(self):
        with self.assertRaisesRegex(ValueError, "has no name"):
            reparte.map(lambda value: value, [1], self.server.address)

    def test_the_same_map_goes_on_with_its_journal(self):
        journal = os.path.join(self.directory(), "journal")
        first = list(reparte.map("pid", [1], self.server.address, journal=journal))
        again = list(reparte.map("pid", [1], self.server.address, journal=journal))
        self.assertEqual(first, again)

    def test_servers_may_be_in_a_file_and_ask_for_a_token(self):
        token = self.file(TOKEN)
        server = self.serving(reparte.Server(functions.score, 0, processes=1, token_file=token))
        hosts = self.file(server.address + "\n")
        self.assertEqual(list(reparte.map("score", ["a"], hosts_file=hosts, token_file=token)), [97])


class Command(Case):
    def test_the_command_knows_the_server(self):
        server = self.serving(reparte.Server(functions.ALL, 0, processes=3))
        code, printed, _ = command("status", "--json", server.address)
        status = json.loads(printed)[0]
        self.assertEqual((code, status["state"], status["slots"], status["version"]), (0, "up", 3, reparte.__version__))
        self.assertEqual(command("call", server.address, "score", "12"), (0, "99\n", ""))
        self.assertEqual(command("call", server.address, "rows", "3")[1], "[0,1,2]\n")
        self.assertIn("score(string) -> int", command("methods", server.address)[1])
        code, _, errors = command("call", server.address, "fails", "7")
        self.assertEqual((code, "ValueError: no 7" in errors), (5, True), errors)

    def test_a_hedge_that_wins_has_the_other_call_cancelled(self):
        servers = [self.serving(reparte.Server(functions.ALL, 0, processes=1)) for _ in range(2)]
        place = self.directory()
        found = list(reparte.outcomes("race", ["x"] * 40 + [place], [server.address for server in servers]))
        self.assertEqual({outcome.error for outcome in found}, {None})
        until("the first call is interrupted", lambda: os.path.exists(place + "/cancelled"))
        for server in servers:
            self.assertEqual(proxy(server).reparte.status()["busy"], 0)

    def test_a_server_without_its_setup_is_put_aside(self):
        def setup():
            raise ImportError("no numpy here")

        with self.assertLogs("reparte.server", "ERROR"):
            broken = self.serving(reparte.Server(functions.score, 0, processes=1, setup=setup))
            good = self.serving(reparte.Server(functions.score, 0, processes=1))
            found = list(reparte.outcomes("score", ["a"] * 30, [broken.address, good.address]))
        self.assertEqual({outcome.server for outcome in found}, {good.address})

    def test_a_server_that_is_killed_costs_no_result(self):
        server = self.serving(reparte.Server(functions.ALL, 0, processes=1))
        process, address = self.program(
            "import sys; sys.path.insert(0, %r)\nimport functions, reparte\nreparte.publish(functions.ALL, 0, processes=1)"
            % os.path.dirname(functions.__file__)
        )
        place = self.directory()
        results = reparte.map("meets", [place] * 20, ["1/" + server.address, "1/" + address])
        waiting, found = in_background(list, results)
        until("both are at work", lambda: len(os.listdir(place)) == 2)
        process.kill()
        process.wait()
        open(os.path.join(place, "go"), "w").close()
        waiting.join()
        self.assertEqual(found, [[place] * 20])

    def test_tls_works_with_the_keys_of_the_command(self):
        keys = os.path.join(self.directory(), "keys")
        code, _, errors = command("keys", keys, "--host", "localhost")
        self.assertEqual(code, 0, errors)
        path = lambda name: os.path.join(keys, name)
        server = self.serving(reparte.Server(
            functions.score, "localhost:0", processes=1, token_file=path("token"),
            tls_cert=path("localhost/server.pem"), tls_key=path("localhost/server.key"),
        ))
        url = server.url.replace("127.0.0.1", "localhost")
        options = {"token_file": path("token"), "ca": path("ca.pem")}
        self.assertEqual(list(reparte.map("score", ["a"] * 5, url, **options)), [97] * 5)
        # Python's TLS closes a connection without it, and says nothing.
        with self.assertRaisesRegex(reparte.RunFailed, "https://"):
            list(reparte.map("score", ["a"], "http://" + url.partition("://")[2], token_file=path("token")))
        for missing in options:
            rest = {name: value for name, value in options.items() if name != missing}
            with self.assertRaises(reparte.RunFailed):
                list(reparte.map("score", ["a"], url, options=["--wait-for-servers", "0.2"], **rest))


def options_of(function):
    """The names of the options that a function has by keyword alone."""
    parameters = inspect.signature(function).parameters.values()
    return {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}


def _threads():
    return [thread for thread in threading.enumerate() if thread.name in ("reparte-values", "reparte-errors")]


def _commands():
    """The commands that this process has started."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], stdout=subprocess.PIPE, text=True)
    words = [line.split() for line in listed.stdout.splitlines()]
    return [int(line[0]) for line in words if line[1] == os.environ["REPARTE"]]


if __name__ == "__main__":
    if "REPARTE" not in os.environ:
        sys.exit("REPARTE names no command")
    unittest.main()
