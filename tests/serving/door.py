"""The token that the tests knock with, and a door that stands for a while."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from serving.listening import Door, Leaving

TOKEN = "a token for the tests"
OTHER_TOKEN = "the token of another client"


@contextmanager
def standing(door: Door, app: FastAPI) -> Iterator[Leaving]:
    """An application that answers at a door, in a thread; it ends as a service does that is told to stop."""
    with door.opened(app) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield server
        finally:
            server.handle_exit(signal.SIGTERM, None)
            thread.join()
