"""The rivals of dispatch.rs: no-op tasks a second, printed last.

port: the article's reparteThreads as it would be written today, a thread a server, a
connection each, over the servers given. dask, ray: two local workers of their own.
"""
import queue
import sys
import threading
import time
import xmlrpc.client

TASKS = 10_000


def noop(n):
    return n


def port(servers):
    tasks, results = queue.SimpleQueue(), [None] * TASKS

    def work(address):
        proxy = xmlrpc.client.ServerProxy("http://" + address)
        while (n := tasks.get()) is not None:
            results[n] = proxy.noop(n)

    start = time.perf_counter()
    threads = [threading.Thread(target=work, args=(s,)) for s in servers]
    for thread in threads:
        thread.start()
    for n in range(TASKS):
        tasks.put(n)
    for _ in servers:
        tasks.put(None)
    for thread in threads:
        thread.join()
    assert results == list(range(TASKS))
    return TASKS / (time.perf_counter() - start)


def dask(_):
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            client.gather(client.map(noop, range(-10, 0)))
            start = time.perf_counter()
            got = client.gather(client.map(noop, range(TASKS)))
            assert got == list(range(TASKS))
            return TASKS / (time.perf_counter() - start)


def ray(_):
    import ray as r

    r.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    remote = r.remote(noop)
    r.get([remote.remote(n) for n in range(10)])
    start = time.perf_counter()
    assert r.get([remote.remote(n) for n in range(TASKS)]) == list(range(TASKS))
    return TASKS / (time.perf_counter() - start)


if __name__ == "__main__":
    rate = {"port": port, "dask": dask, "ray": ray}[sys.argv[1]](sys.argv[2:])
    print(rate)
