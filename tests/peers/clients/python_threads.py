"""The article's client pattern, 2.7 and 3 alike: a thread per server, ten numbers.

Takes server:port arguments; prints the ten results in order.
"""
import sys
import threading

try:
    from queue import Queue, Empty
    from xmlrpc.client import ServerProxy
except ImportError:
    from Queue import Queue, Empty
    from xmlrpclib import ServerProxy

pending = Queue()
for number in range(23434252232434, 23434252232444):
    pending.put(str(number))
results = {}


def work(address):
    server = ServerProxy("http://" + address)
    while True:
        try:
            number = pending.get_nowait()
        except Empty:
            return
        results[number] = server.factoriz_sum(number)


threads = [threading.Thread(target=work, args=(a,)) for a in sys.argv[1:]]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for number in sorted(results):
    print(results[number])
