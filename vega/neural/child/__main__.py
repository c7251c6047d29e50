"""`PYTHON vega/neural/child KIND`: load a metric's model, then score what standard input asks for.

Runs with any Python that has the metric's package, so it imports nothing of Vega, and the modules beside it by name.
The protocol is in `vega/neural/process.py`. No connection leaves this process: Python's own sockets are refused, and
hubs are told to be offline (`OFFLINE` there).
"""

import importlib
import json
import os
import sys

#: Name on the command line -> module beside this one.
ADAPTERS = {
    "comet": "comet_child",
    "metricx-23": "metricx_child",
    "metricx-24": "metricx_child",
    "pymarian": "pymarian_child",
}
#: Events of Python's audit hooks, and which of their arguments is the address.
_NETWORK = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}


def refuse_network(event: str, arguments: tuple) -> None:  # type: ignore[type-arg]
    """An audit hook: it cannot be taken away again. Sockets of the file system have a path for an address."""
    if event not in _NETWORK:
        return
    address = arguments[_NETWORK[event]]
    if _NETWORK[event] == 1 and isinstance(address, (str, bytes)):
        return
    raise PermissionError(f"a metric asked for the network ({event} {address!r}); it has to do without")


def main() -> None:
    """Answer one line per line; end with the input."""
    sys.addaudithook(refuse_network)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries print to standard output
    model = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if model is None:
                model = importlib.import_module(ADAPTERS[sys.argv[1]]).Model(request)
                answer = {"package": model.package, "device": model.device}
            else:
                answer = {"scores": model.score(request["segments"])}
        except Exception as error:
            import traceback

            traceback.print_exc()
            answer = {"error": explain(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def explain(error: Exception) -> str:
    """One line."""
    text = " ".join(str(error).split())
    if isinstance(error, ImportError):
        return (
            f"{text} ({sys.executable}). Install the metric's package there, or name another environment's Python "
            "with `python`; docs/evaluation.md, Neural metrics, says how."
        )
    if "out of memory" in text:
        return f"{text[:300]}; set batch_size to less, or device: cpu"
    return text if type(error).__name__ == "Refused" else f"{type(error).__name__}: {text[:600]}"


if __name__ == "__main__":
    main()
