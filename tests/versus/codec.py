"""Python's xmlrpc.client over the documents of codec.rs, in CPU time.

For each line on standard input, `decode PATH REPEATS` or `encode PATH REPEATS`, prints the
seconds of CPU that the repeats took together.
"""
import sys
import time
import xmlrpc.client

loaded = {}
for line in sys.stdin:
    what, path, repeats = line.split()
    if path not in loaded:
        with open(path, "rb") as file:
            document = file.read()
        loaded[path] = document, *xmlrpc.client.loads(document)
    document, params, method = loaded[path]
    start = time.process_time()
    for _ in range(int(repeats)):
        if what == "decode":
            xmlrpc.client.loads(document)
        else:
            xmlrpc.client.dumps(params, method, methodresponse=method is None, allow_none=True)
    print(time.process_time() - start, flush=True)
