"""anthropic, for Python."""

import anthropic
from anthropic import _exceptions as exceptions
from bed import KEY, URL, Asked, check, raises, run

client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0, timeout=60)
HELLO = [{"role": "user", "content": "hello there, all of you"}]
SAID = "You said: hello there, all of you"
WEATHER = {
    "name": "weather",
    "description": "The weather in a place",
    "input_schema": {
        "type": "object",
        "properties": {"place": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["place", "days"],
    },
}


def create(model, messages=HELLO, **more):
    return client.messages.create(model=model, max_tokens=2000, messages=messages, **more)


@check
def messages(model):
    answer = create(model, system="Be brief.", stop_sequences=[])
    assert [block.type for block in answer.content] == ["text"], answer
    assert answer.content[0].text == SAID and answer.stop_reason == "end_turn"
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0
    assert answer._request_id.startswith("hc-")


@check
def cut_short(provider):
    # OpenAI's responses have at least 16 tokens.
    words = " ".join(f"word{number}" for number in range(40))
    answer = client.messages.create(
        model=f"{provider}/m", max_tokens=16, messages=[{"role": "user", "content": words}]
    )
    assert answer.stop_reason == "max_tokens", answer


@check
def streamed(model):
    kinds = [event.type for event in create(model, stream=True)]
    assert kinds[0] == "message_start" and kinds[-2:] == ["message_delta", "message_stop"], kinds
    assert kinds.count("content_block_start") == kinds.count("content_block_stop") == 1, kinds


@check
def stream_helper(model):
    with client.messages.stream(model=model, max_tokens=2000, messages=HELLO) as stream:
        text = list(stream.text_stream)
        final = stream.get_final_message()
        assert stream.get_final_text() == SAID
    assert "".join(text) == SAID and len(text) > 1, text
    assert final.stop_reason == "end_turn" and final.usage.output_tokens > 0
    assert final.usage.input_tokens > 0, final.usage


@check
def tools(model):
    messages = [{"role": "user", "content": "how is the weather?"}]
    answer = create(model, messages, tools=[WEATHER])
    assert answer.stop_reason == "tool_use", answer
    call = next(block for block in answer.content if block.type == "tool_use")
    assert call.name == "weather" and set(call.input) == {"place", "days"}
    messages += [
        {"role": "assistant", "content": answer.content},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "Rain in Bern."}],
        },
    ]
    answer = create(model, messages, tools=[WEATHER])
    assert "Rain in Bern." in answer.content[0].text and answer.stop_reason == "end_turn", answer


@check
def tools_streamed(model):
    messages = [{"role": "user", "content": "how is the weather?"}]
    with client.messages.stream(
        model=model, max_tokens=2000, messages=messages, tools=[WEATHER]
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
    assert "input_json" in kinds, kinds
    assert set(final.content[-1].input) == {"place", "days"} and final.stop_reason == "tool_use"


@check
def tool_runner(provider):
    asked = []

    @anthropic.beta_tool
    def weather(place: str, days: int) -> str:
        """The weather in a place.

        Args:
            place: Where.
            days: For how many days.
        """
        asked.append((place, days))
        return "Rain in Bern."

    runner = client.beta.messages.tool_runner(
        model=f"{provider}/m",
        max_tokens=2000,
        tools=[weather],
        messages=[{"role": "user", "content": "how is the weather?"}],
    )
    assert "Rain in Bern." in runner.until_done().content[0].text
    assert len(asked) == 1, asked


@check
def thinking(provider):
    model, budget = f"{provider}/reasoner", {"type": "enabled", "budget_tokens": 1024}
    with client.messages.stream(
        model=model, max_tokens=4000, messages=HELLO, thinking=budget
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
    blocks = [block.type for block in final.content]
    # The signature of a text of Gemini stands behind it.
    assert "".join(b.text for b in final.content if b.type == "text") == SAID, final
    if provider == "anthropic":
        assert blocks == ["thinking", "text"] and final.content[0].signature, final
        assert "thinking" in kinds and "signature" in kinds, kinds
    # What was thought goes back with what was said.
    messages = [*HELLO, {"role": "assistant", "content": final.content}, *HELLO]
    answer = client.messages.create(model=model, max_tokens=4000, messages=messages, thinking=budget)
    assert "".join(b.text for b in answer.content if b.type == "text") == SAID, answer


@check
def structured():
    import pydantic

    class Person(pydantic.BaseModel):
        name: str
        age: int

    answer = client.messages.parse(
        model="anthropic/claude-sonnet-4-5", max_tokens=2000, messages=HELLO, output_format=Person
    )
    assert isinstance(answer.parsed_output, Person), answer


@check
def cached_and_unknown_members_reach_anthropic():
    system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    with Asked() as asked:
        create(
            "anthropic/claude-sonnet-4-5",
            system=system,
            metadata={"user_id": "somebody"},
            extra_body={"of_tomorrow": {"a": [1, None]}},
        )
    body = asked.requests[0]["body"]
    assert body["system"] == system and body["metadata"] == {"user_id": "somebody"}, body
    assert body["of_tomorrow"] == {"a": [1, None]}, body


@check
def betas():
    with Asked() as asked:
        answer = client.beta.messages.create(
            model="anthropic/claude-sonnet-4-5",
            max_tokens=200,
            messages=HELLO,
            betas=["interleaved-thinking-2025-05-14", "context-1m-2025-08-07"],
        )
    assert answer.content[0].text == SAID
    sent = asked.requests[0]["headers"]
    assert "interleaved-thinking-2025-05-14" in sent["anthropic-beta"], sent
    assert "context-1m-2025-08-07" in sent["anthropic-beta"], sent
    assert sent["x-api-key"] != KEY
    # The version of the API that this library was made for, and not the one that the adapter was.
    assert sent["anthropic-version"] == client.default_headers["anthropic-version"], sent


@check
def what_its_provider_told():
    answer = client.messages.with_raw_response.create(
        model="anthropic/claude-sonnet-4-5", max_tokens=200, messages=HELLO
    )
    told = answer.headers
    assert told["llm_provider-anthropic-ratelimit-requests-remaining"] == "999", told
    assert told["llm_provider-request-id"] != answer.request_id, told


@check
def bearer_token():
    other = anthropic.Anthropic(base_url=URL, auth_token=KEY, api_key=None)
    answer = other.messages.create(model="fast", max_tokens=200, messages=HELLO)
    assert answer.content[0].text == SAID


@check
def count_tokens(model):
    # Where the provider counts none, the gateway does.
    answer = client.messages.count_tokens(
        model=model, messages=HELLO, system="Be brief.", tools=[WEATHER]
    )
    assert answer.input_tokens > 0, answer


@check
def models():
    listed = list(client.models.list(limit=1000))
    assert "fast" in [model.id for model in listed], listed
    assert all(model.type == "model" and model.created_at for model in listed)
    assert client.models.retrieve("fast").id == "fast"
    with raises(anthropic.NotFoundError) as caught:
        client.models.retrieve("nothing-of-this-name")
    assert caught.error.body["error"]["type"] == "not_found_error", caught.error.body


@check
def errors(provider):
    kinds = {
        400: (anthropic.BadRequestError, "invalid_request_error"),
        401: (anthropic.AuthenticationError, "authentication_error"),
        403: (anthropic.PermissionDeniedError, "permission_error"),
        404: (anthropic.NotFoundError, "not_found_error"),
        429: (anthropic.RateLimitError, "rate_limit_error"),
        500: (anthropic.InternalServerError, "api_error"),
        529: (exceptions.OverloadedError, "overloaded_error"),
    }
    for status, (kind, name) in kinds.items():
        if status == 529 and provider != "anthropic":
            continue
        for stream in (False, True):
            with raises(kind) as caught:
                create(f"{provider}-error-{status}", stream=stream)
            error = caught.error
            assert error.body["type"] == "error", error.body
            assert error.body["error"]["type"] == name and error.body["error"]["message"]
            assert error.request_id.startswith("hc-"), error
    if provider != "anthropic":
        # A provider that has too much to do is one that is overloaded.
        with raises(exceptions.OverloadedError):
            create(f"{provider}-error-503")


@check
def retries():
    with Asked() as asked, raises(anthropic.RateLimitError) as caught:
        client.with_options(max_retries=1).messages.create(
            model="anthropic-error-429", max_tokens=9, messages=HELLO
        )
    assert len(asked.requests) == 2, asked.requests
    assert caught.error.response.headers["retry-after"] == "7"


@check
def failing_in_the_middle(provider):
    for model in ["error-midstream", "cut", "unterminated"]:
        text, kinds = "", []
        try:
            for event in create(f"{provider}/{model}", stream=True):
                kinds.append(event.type)
                if event.type == "content_block_delta":
                    text += event.delta.text
            raise AssertionError(f"{model}: no error")
        except anthropic.APIStatusError as error:
            assert error.body["type"] == "error" and error.body["error"]["message"], error.body
        assert "message_stop" not in kinds, (model, kinds)
        assert "".startswith(text) or SAID.startswith(text.strip()), (model, text)


run("anthropic-python", "anthropic")
