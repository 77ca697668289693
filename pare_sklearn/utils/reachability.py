"""Whether a server can be reached, asked before a client that would retry for long."""

from contextlib import suppress
from threading import Event, Thread

SECONDS = 3


def answers(url: str) -> bool:
    """Whether a server answers within 3 seconds, whatever it says."""
    import requests

    answered = Event()

    def ask() -> None:
        with suppress(requests.RequestException):
            requests.head(url, timeout=SECONDS)
            answered.set()

    # In a thread, because no timeout bounds the look-up of a name.
    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(SECONDS)
    return answered.is_set()
