"""A worker of docs/engine.md: redis_worker.py PORT FUNCTION SCRIPTS SECONDS

SCRIPTS is the folder of the scripts. The work takes SECONDS, and squares a number. A task's limit
is not kept, since this work never takes longer."""
import sys, threading, time, uuid, xmlrpc.client
import redis

port, function, folder, seconds = sys.argv[1:]
server = redis.Redis(port=int(port), socket_timeout=7)
name, lease, task = f"python-{uuid.uuid4().hex[:8]}", 15000, None


def key(last):
    return f"rp:{{{function}}}:{last}"


def call(script, keys, *args):
    while True:  # each script may be called twice with the effect of once
        try:
            with open(f"{folder}/{script}.lua") as text:
                return server.eval(text.read(), len(keys), *map(key, keys), *args)
        except (redis.ConnectionError, redis.TimeoutError, redis.ResponseError) as error:
            print("again:", error, file=sys.stderr)
            time.sleep(0.2)


def announce():
    keys = "tasks", "seen", "workers", "lease"
    return int(call("announce", keys, name, f"1 {int(task is not None)} 1", lease, 3 * lease))


def renew():
    while True:
        time.sleep(min(lease / 3000, 5))
        announce()
        if (mine := task) and call("renew", ["tasks"], name, mine):
            print("not ours any more:", mine, file=sys.stderr)


def work(id, fields, lost):
    global task
    run, n, document = fields[b"run"].decode(), fields[b"n"], fields[b"call"]
    task, began, answer, kind = id, time.monotonic(), b"", "answer"
    if len(lost) >= 3:
        fault = xmlrpc.client.Fault(-32052, "lost with " + ", ".join(lost))
        answer, kind = xmlrpc.client.dumps(fault, methodresponse=True), "lost"
    elif server.exists(key(f"res:{run}")):
        (number,), _ = xmlrpc.client.loads(document)
        time.sleep(float(seconds))
        answer = xmlrpc.client.dumps((number * number,), methodresponse=True)
    keys = "tasks", f"res:{run}", f"open:{run}", "lost"
    ms = int(1000 * (time.monotonic() - began))
    call("commit", keys, id, run, n, kind, answer, name, ms, len(lost) + 1)
    task = None


lease = announce()
threading.Thread(target=renew, daemon=True).start()
print("ready", file=sys.stderr, flush=True)
connected = time.monotonic()
while True:
    try:
        orphans = int(time.monotonic() - connected > lease / 1000)
        for id, flat, lost in call("take", ["tasks", "lost", "sweep"], name, lease, 1, orphans):
            work(id, dict(zip(flat[::2], flat[1::2])), lost.decode().split("\n") if lost else [])
        for _, entries in server.xreadgroup("w", name, {key("tasks"): ">"}, 1, 1000) or []:
            for id, fields in entries:
                work(id, fields, [])
    except (redis.ConnectionError, redis.TimeoutError, redis.ResponseError):
        connected = time.monotonic()
        time.sleep(0.2)
