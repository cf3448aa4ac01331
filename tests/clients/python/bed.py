"""What every client's checks need: where the gateway is, what the provider was asked, and a
way to run checks and to tell how they went."""

import contextlib
import importlib.metadata
import inspect
import json
import os
import sys
import time
import traceback

URL = os.environ["GATEWAY_URL"]
KEY = "sk-a-client-of-the-gateway"
# Whom a chat request is sent to: one provider of the client's own protocol, others of others.
MODELS = [
    "openai/gpt-4o",
    "openai-responses/gpt-5",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.5-flash",
    "bedrock/amazon.nova-pro-v1:0",
]
PROVIDERS = [model.split("/")[0] for model in MODELS]

_checks = []


def check(function):
    """Marks a function as a check. One with a parameter `model` or `provider` is run for each."""
    _checks.append(function)
    return function


def cases():
    for function in _checks:
        parameters = inspect.signature(function).parameters
        each = MODELS if "model" in parameters else PROVIDERS if "provider" in parameters else None
        if each is None:
            yield function.__name__, function
        for value in each or []:
            yield f"{function.__name__}({value})", lambda f=function, v=value: f(v)


def run(client, package=None):
    """Runs them all, says in one line how it went, and ends the process."""
    version = importlib.metadata.version(package or client)
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    failed, passed = [], 0
    for name, case in cases():
        if wanted not in name:
            continue
        try:
            case()
            passed += 1
        except Exception:
            failed.append(name)
            print(f"--- {client}: {name}\n{traceback.format_exc()}", file=sys.stderr)
    if failed or not passed:
        print(f"{client} {version}: failed: {', '.join(failed) or 'no checks'}; {passed} passed")
        sys.exit(1)
    print(f"{client} {version}: passed, {passed} checks")


@contextlib.contextmanager
def raises(kind):
    """Expects exactly this exception, which is in `caught.error` afterwards."""

    class Caught:
        error = None

    caught = Caught()
    try:
        yield caught
    except Exception as error:
        if type(error) is not kind:
            raise AssertionError(f"{type(error).__name__} instead of {kind.__name__}") from error
        caught.error = error
        return
    raise AssertionError(f"no {kind.__name__}")


# The provider writes down what it is asked every 20 ms.
SETTLED = 0.2


class Asked:
    """What the provider is asked while the block runs: `requests` afterwards."""

    requests = None

    def __enter__(self):
        time.sleep(SETTLED)
        self._from = len(_requests())
        return self

    def __exit__(self, *_):
        time.sleep(SETTLED)
        self.requests = _requests()[self._from :]


def _requests():
    with open(os.environ["MOCK_REQUESTS"]) as file:
        return [json.loads(line) for line in file.read().splitlines()]
