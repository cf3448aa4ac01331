"""litellm, as a client: of this gateway as of any server of OpenAI's or Anthropic's protocol."""

import litellm
from bed import KEY, URL, check, raises, run

litellm.telemetry = False
litellm.suppress_debug_info = True
HELLO = [{"role": "user", "content": "hello there, all of you"}]
SAID = "You said: hello there, all of you"
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {
                "type": "object",
                "properties": {"place": {"type": "string"}},
                "required": ["place"],
            },
        },
    }
]
# Its own routes, and where they lead.
OPENAI = {"api_base": f"{URL}/v1", "api_key": KEY, "num_retries": 0, "max_retries": 0}
ANTHROPIC = {"api_base": URL, "api_key": KEY, "num_retries": 0, "max_retries": 0}


def ask(route, model, **more):
    server = ANTHROPIC if route == "anthropic" else OPENAI
    return litellm.completion(model=f"{route}/{model}", messages=HELLO, **server, **more)


@check
def completion(model):
    for route in ["openai", "anthropic", "litellm_proxy"]:
        answer = ask(route, model)
        assert answer.choices[0].message.content == SAID, (route, answer)
        assert answer.usage.completion_tokens > 0, (route, answer)


@check
def streamed(model):
    for route in ["openai", "anthropic", "litellm_proxy"]:
        chunks = list(ask(route, model, stream=True))
        assert "".join(c.choices[0].delta.content or "" for c in chunks) == SAID, (route, chunks)
        assert chunks[-1].choices[0].finish_reason == "stop", (route, chunks[-1])


@check
def tools(model):
    for route in ["openai", "anthropic"]:
        answer = ask(route, model, tools=TOOLS)
        assert answer.choices[0].finish_reason == "tool_calls", (route, answer)
        assert answer.choices[0].message.tool_calls[0].function.name == "weather"


@check
def embedding():
    answer = litellm.embedding(model="openai/gemini/gemini-embedding-001", input=["a"], **OPENAI)
    assert answer.data[0]["embedding"], answer


@check
def responses():
    answer = litellm.responses(
        model="openai/anthropic/claude-sonnet-4-5", input="hello", api_base=f"{URL}/v1", api_key=KEY
    )
    assert answer.output[0].content[0].text == "You said: hello", answer


@check
def errors(provider):
    for status, kind in {
        400: litellm.BadRequestError,
        401: litellm.AuthenticationError,
        404: litellm.NotFoundError,
        429: litellm.RateLimitError,
    }.items():
        with raises(kind):
            ask("openai", f"{provider}-error-{status}")


run("litellm")
