"""The peers of queue/main.rs, RQ and Celery: tasks that give their argument back.

`main` takes the words `rate PEER COUNT`, and prints the tasks a second, from the first that is sent to
the last result that is read; or `latency PEER COUNT`, and prints the milliseconds of a task where each
is sent once the one before has ended. main.rs starts the workers, which import this file. The variable
QUEUE_URL has the URL of the server."""
import os
import sys
import time

import celery
import redis
import rq
import rq.job

url = os.environ["QUEUE_URL"]
app = celery.Celery("peers", broker=url, backend=url)
# Each worker has tasks of its own to begin with, as ours have.
app.conf.worker_prefetch_multiplier = 64


@app.task
def noop(n):
    return n


def plain_noop(n):
    return n


class Rq:
    def __init__(self):
        self.connection = redis.Redis.from_url(url)
        self.queue = rq.Queue(connection=self.connection)

    def send_all(self, count):
        data = [rq.Queue.prepare_data(plain_noop, (n,)) for n in range(count)]
        return self.queue.enqueue_many(data)

    def results(self, jobs):
        """Returns the results, which are looked for 256 jobs at a time."""
        results = []
        for at in range(0, len(jobs), 256):
            some = jobs[at : at + 256]
            while True:
                pipe = self.connection.pipeline(transaction=False)
                for job in some:
                    pipe.hget(job.key, "status")
                if all(status in (b"finished", b"failed") for status in pipe.execute()):
                    break
                time.sleep(0.005)
            results += [job.return_value() for job in some]
        return results

    def call(self, n):
        job = self.queue.enqueue(plain_noop, n)
        return job.latest_result(timeout=10).return_value


class Celery:
    def send_all(self, count):
        return [noop.delay(n) for n in range(count)]

    def results(self, sent):
        return [result.get(timeout=120) for result in sent]

    def call(self, n):
        return noop.delay(n).get(timeout=10)


def main():
    what, peer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    peer = {"rq": Rq, "celery": Celery}[peer]()
    assert peer.call(7) == 7
    began = time.perf_counter()
    if what == "rate":
        got = peer.results(peer.send_all(count))
    else:
        got = [peer.call(n) for n in range(count)]
    took = time.perf_counter() - began
    assert got == list(range(count))
    print(count / took if what == "rate" else took * 1e3 / count)
