"""Appends to UmaDB as its own client does: each caller a thread with tags of its own, one
condition an append. Prints what it measured as JSON.

    umadb-load.py <url> <run> <in flight> <events per request> <seconds|calls> <n>
"""

import json
import sys
import threading
import time

import umadb

url, run, in_flight, events, unit, amount = sys.argv[1:]
callers, count = int(in_flight), int(events)
latencies: list[float] = []
failures: list[Exception] = []
start = time.monotonic()
end = start + float(amount) if unit == "seconds" else float("inf")
left = int(amount) if unit == "calls" else sys.maxsize
lock = threading.Lock()


def take() -> bool:
    global left
    with lock:
        if left <= 0 or time.monotonic() >= end:
            return False
        left -= 1
        return True


def caller(number: int) -> None:
    client = umadb.Client(url)
    tag = f"Account-{run}-{number}"
    query = umadb.Query([umadb.QueryItem(tags=[tag])])
    after = None
    try:
        while take():
            batch = [umadb.Event("account.credited", b"a" * 200, [tag]) for _ in range(count)]
            begun = time.monotonic()
            after = client.append(batch, umadb.AppendCondition(query, after))
            latencies.append((time.monotonic() - begun) * 1000)
    except Exception as error:  # a refusal ends the run
        failures.append(error)


threads = [threading.Thread(target=caller, args=(number,)) for number in range(callers)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if failures:
    raise failures[0]
print(json.dumps({"latencies": latencies, "seconds": time.monotonic() - start}))
