"""A worker of docs/engine.md: redis_worker.py PORT FUNCTION SCRIPTS SECONDS

SCRIPTS is the folder of the scripts. The work takes SECONDS, and squares a number. A task's limit
is not kept, since this work never takes longer. Ctrl-C and SIGTERM give its task back."""
import signal, sys, threading, time, uuid, xmlrpc.client
import redis

port, function, folder, seconds = sys.argv[1:]
server = redis.Redis(port=int(port), socket_timeout=7)
name, lease, task = f"python-{uuid.uuid4().hex[:8]}", 15000, None


def key(last):
    return f"rp:{{{function}}}:{last}"


def once(script, keys, *args):
    with open(f"{folder}/{script}.lua") as text:
        return server.eval(text.read(), len(keys), *map(key, keys), *args)


def call(script, keys, *args):
    while True:  # each script may be called twice with the effect of once
        try:
            return once(script, keys, *args)
        except redis.RedisError as error:
            print("again:", error, file=sys.stderr)
            time.sleep(0.2)


def announce():
    details = f"1 {int(task is not None)} 1"
    return int(call("announce", ["tasks", "seen", "workers", "lease"], name, details, lease))


def renew():
    global task
    while True:
        time.sleep(min(lease / 3000, 5))
        if (mine := task) and call("renew", ["tasks"], name, mine) and task == mine:
            task = None  # cancelled, or another worker's: its answer is not committed
        announce()


def work(id, fields, lost):
    global task
    run, n, document = fields[b"run"].decode(), fields[b"n"], fields[b"call"]
    keys = "tasks", f"res:{run}", f"open:{run}", "lost", "unfit"
    task, began, answer, kind = id, time.monotonic(), b"", "answer"
    if server.hget(key(f"open:{run}"), n) != id:
        if not call("discard", keys, id, run, n):
            call("release", ["tasks"], name, id)
        task = None
        return
    if len(lost) >= 3:
        fault = xmlrpc.client.Fault(-32052, "lost with " + ", ".join(lost))
        answer, kind = xmlrpc.client.dumps(fault, methodresponse=True), "lost"
    else:
        (number,), _ = xmlrpc.client.loads(document)
        time.sleep(float(seconds))
        answer = xmlrpc.client.dumps((number * number,), methodresponse=True)
    ms = int(1000 * (time.monotonic() - began))
    if task == id:
        call("commit", (*keys, f"wait:{run}", "detached"), id, run, n, kind, answer, name, ms, len(lost) + 1)
    task = None


def is_for_others(fields):
    avoid = fields.get(b"avoid", b"").split(b"\n")
    return name.encode() in avoid and not set(server.hkeys(key("workers"))) <= set(avoid)


def feed():
    for run in map(bytes.decode, server.hkeys(key("detached"))):
        keys = "tasks", f"res:{run}", f"open:{run}", f"wait:{run}", "detached", "workers"
        try:
            once("feed", keys, run)
        except redis.ResponseError as error:  # a full server: the tasks that are there go first
            print("no more tasks:", error, file=sys.stderr)


def take():
    feed()
    orphans = int(time.monotonic() - connected > lease / 1000)
    keys = "tasks", "lost", "sweep", "unfit", "workers", "alone"
    for id, flat, lost in call("take", keys, name, lease, 1, orphans, 4 * lease):
        work(id, dict(zip(flat[::2], flat[1::2])), lost.decode().split("\n") if lost else [])
    for _, entries in server.xreadgroup("w", name, {key("tasks"): ">"}, 1, 1000) or []:
        for id, fields in entries:
            if is_for_others(fields):
                call("release", ["tasks"], name, id)
                time.sleep(1)
            else:
                work(id, fields, [])


def stop(*_):
    raise SystemExit


lease = announce()
threading.Thread(target=renew, daemon=True).start()
signal.signal(signal.SIGTERM, stop)
print("ready", file=sys.stderr, flush=True)
connected, is_new = time.monotonic(), True
try:
    while True:
        try:
            if is_new:  # replies that were lost may have had tasks
                pending = server.xpending_range(key("tasks"), "w", "-", "+", 16, name)
                if pending:
                    call("release", ["tasks"], name, *[of["message_id"] for of in pending])
                is_new = False
            take()
        except redis.RedisError:
            connected, is_new, task = time.monotonic(), True, None
            time.sleep(0.2)
except (KeyboardInterrupt, SystemExit):
    if task:
        call("release", ["tasks"], name, task)
    call("leave", ["tasks", "seen", "workers"], name)
