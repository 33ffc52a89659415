"""What a sandbox's process writes, line by line, complete at the end of each invocation.

A runtime writes before it answers, so everything it wrote is in the pipe by the time the answer is here; `drain` waits
until the reader has taken all of it out.
"""

from __future__ import annotations

import array
import fcntl
import os
import select
import termios
import threading
import time
from typing import IO


class Output:
    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._taken = bytearray()
        self._closed = False
        self._thread = threading.Thread(target=self._read, daemon=True, name="lambda-output")
        self._thread.start()

    def drain(self) -> list[str]:
        """The lines since the last call. A carriage return inside one is how the runtime writes a line break."""
        while self._waiting():
            time.sleep(0.0005)
        with self._lock:
            text = self._taken.decode("utf-8", errors="replace")
            self._taken.clear()
        return [line.replace("\r", "\n") for line in text.split("\n") if line]

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self._thread.join(timeout=2)
        with self._lock:
            self._pipe.close()

    def _waiting(self) -> bool:
        with self._lock:
            if self._closed or not self._thread.is_alive():
                return False
            count = array.array("i", [0])
            fcntl.ioctl(self._pipe.fileno(), termios.FIONREAD, count, True)
            return count[0] > 0

    def _read(self) -> None:
        descriptor = self._pipe.fileno()
        # Not `select`: a busy server has more descriptors than that one can look at.
        news = select.poll()
        news.register(descriptor, select.POLLIN)
        while not self._closed:
            if not news.poll(1000):
                continue
            with self._lock:
                taken = os.read(descriptor, 65536)
                self._taken += taken
            if not taken:
                return
