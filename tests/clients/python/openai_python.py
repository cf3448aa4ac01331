"""openai-python."""

import asyncio
import base64
import io

import openai
import pydantic
from bed import KEY, URL, Asked, check, raises, run

client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0, timeout=60)
HELLO = [{"role": "user", "content": "hello there, all of you"}]
SAID = "You said: hello there, all of you"
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a place",
        "parameters": {
            "type": "object",
            "properties": {"place": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["place", "days"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


class Person(pydantic.BaseModel):
    name: str
    age: int
    nicknames: list[str]


@check
def chat(model):
    answer = client.chat.completions.create(model=model, messages=HELLO)
    assert answer.choices[0].message.content == SAID, answer
    assert answer.choices[0].finish_reason == "stop"
    assert answer.object == "chat.completion" and answer.id and answer.created > 1_600_000_000
    assert answer.usage.completion_tokens > 0 and answer.usage.prompt_tokens > 0
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer._request_id.startswith("hc-")


@check
def chat_with_members(model):
    words = " ".join(f"word{number}" for number in range(40))
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": words}]
    answer = client.chat.completions.create(
        model=model, messages=messages, temperature=0.5, max_tokens=16, top_p=0.9
    )
    assert answer.choices[0].finish_reason == "length", answer
    if model.startswith("openai-responses/"):
        # It has no word for it, and the answer would go on behind them.
        with raises(openai.BadRequestError):
            client.chat.completions.create(model=model, messages=HELLO, stop=["\n\n"])
    else:
        client.chat.completions.create(model=model, messages=HELLO, stop=["\n\n"])


@check
def streamed(model):
    stream = client.chat.completions.create(
        model=model, messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == SAID, chunks
    assert sum(1 for c in chunks if c.choices and c.choices[0].delta.content) > 1
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert len({c.id for c in chunks}) == 1
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens > 0
    assert all(c.usage is None for c in chunks[:-1])


@check
def streamed_without_usage(model):
    chunks = list(client.chat.completions.create(model=model, messages=HELLO, stream=True))
    assert all(c.usage is None and c.choices for c in chunks), chunks


@check
def stream_helper(model):
    with client.chat.completions.stream(model=model, messages=HELLO) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds, kinds
    assert final.choices[0].message.content == SAID
    assert final.choices[0].finish_reason == "stop"


@check
def tools_in_two_rounds(model):
    messages = [{"role": "user", "content": "how is the weather?"}]
    answer = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    assert answer.choices[0].finish_reason == "tool_calls", answer
    call = answer.choices[0].message.tool_calls[0]
    assert call.function.name == "weather" and call.id
    messages.append(answer.choices[0].message)
    messages.append({"role": "tool", "tool_call_id": call.id, "content": "It rains in Bern."})
    answer = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    assert "It rains in Bern." in answer.choices[0].message.content, answer
    assert answer.choices[0].finish_reason == "stop"


@check
def tools_streamed(model):
    messages = [{"role": "user", "content": "how is the weather?"}]
    with client.chat.completions.stream(model=model, messages=messages, tools=[WEATHER]) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.delta" in kinds, kinds
    assert kinds.count("tool_calls.function.arguments.done") == 1, kinds
    message = final.choices[0].message
    assert final.choices[0].finish_reason == "tool_calls"
    call = message.tool_calls[0]
    assert set(call.function.parsed_arguments) == {"place", "days"}
    again = [*messages, message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"})]
    for call in again[-1]["tool_calls"]:
        call.pop("index", None), call["function"].pop("parsed_arguments", None)
        again.append({"role": "tool", "tool_call_id": call["id"], "content": "Sun in Bern."})
    answer = client.chat.completions.create(model=model, messages=again, tools=[WEATHER])
    assert "Sun in Bern." in answer.choices[0].message.content, answer


@check
def parallel_tools(provider):
    other = {"type": "function", "function": {"name": "time", "parameters": {"type": "object", "properties": {}}}}
    model = f"{provider}/parallel-tools"
    messages = [{"role": "user", "content": "weather and time?"}]
    stream = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER, other], stream=True)
    calls = {}
    for chunk in stream:
        for call in chunk.choices[0].delta.tool_calls or [] if chunk.choices else []:
            known = calls.setdefault(call.index, {"name": "", "arguments": "", "id": call.id})
            known["name"] += call.function.name or ""
            known["arguments"] += call.function.arguments or ""
    assert [call["name"] for call in calls.values()] == ["weather", "time"], calls
    assert list(calls) == [0, 1] and calls[0]["id"] != calls[1]["id"]


@check
def parse(model):
    answer = client.chat.completions.parse(model=model, messages=HELLO, response_format=Person)
    assert isinstance(answer.choices[0].message.parsed, Person), answer


@check
def parse_streamed(model):
    with client.chat.completions.stream(model=model, messages=HELLO, response_format=Person) as stream:
        list(stream)
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, Person)


@check
def reasoning(provider):
    answer = client.chat.completions.create(
        model=f"{provider}/reasoner", messages=HELLO, reasoning_effort="low"
    )
    assert answer.choices[0].message.content == SAID, answer


@check
def responses(model):
    answer = client.responses.create(model=model, input="hello there, all of you", instructions="Be brief.")
    assert answer.output_text == SAID, answer
    assert answer.status == "completed" and answer.error is None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


@check
def responses_streamed(model):
    with client.responses.stream(model=model, input="hello there, all of you") as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed", kinds
    assert "response.output_text.delta" in kinds and "response.output_text.done" in kinds
    assert final.output_text == SAID
    numbers = [event.sequence_number for event in events]
    assert numbers == sorted(set(numbers)), numbers


@check
def responses_parsed(model):
    answer = client.responses.parse(model=model, input="somebody", text_format=Person)
    assert isinstance(answer.output_parsed, Person), answer


@check
def responses_with_previous_items(model):
    tool = {"type": "function", **WEATHER["function"]}
    items = [{"role": "user", "content": "how is the weather?"}]
    answer = client.responses.create(model=model, input=items, tools=[tool])
    call = next(item for item in answer.output if item.type == "function_call")
    assert call.name == "weather" and call.call_id
    items += answer.output
    items.append({"type": "function_call_output", "call_id": call.call_id, "output": "Snow in Bern."})
    answer = client.responses.create(model=model, input=items, tools=[tool])
    assert "Snow in Bern." in answer.output_text, answer
    if model.startswith("bedrock/"):
        # Bedrock wants the tools as long as there are calls, and the mock calls what it gets.
        return
    items += answer.output
    items.append({"role": "user", "content": "thanks"})
    answer = client.responses.create(model=model, input=items)
    assert answer.output_text == "You said: thanks", answer


@check
def responses_tools_streamed(model):
    tool = {"type": "function", **WEATHER["function"]}
    with client.responses.stream(model=model, input="how is the weather?", tools=[tool]) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert "response.function_call_arguments.done" in kinds, kinds
    assert final.output[-1].type == "function_call" and final.output[-1].parsed_arguments


@check
def responses_with_reasoning(provider):
    with client.responses.stream(
        model=f"{provider}/reasoner",
        input="hello",
        reasoning={"effort": "low", "summary": "auto"},
        include=["reasoning.encrypted_content"],
        store=False,
    ) as stream:
        for _ in stream:
            pass
        answer = stream.get_final_response()
    assert answer.output_text == "You said: hello", answer
    items = [{"role": "user", "content": "hello"}, *answer.output, {"role": "user", "content": "again"}]
    answer = client.responses.create(model=f"{provider}/reasoner", input=items, store=False)
    assert answer.output_text == "You said: again", answer


STORING = ["openai/gpt-4.1", "openai-responses/gpt-5"]


@check
def responses_stored():
    for model in STORING:
        made = client.responses.create(model=model, input="hello there, all of you")
        again = client.responses.retrieve(made.id)
        assert again == made and again.output_text == SAID, again
        next = client.responses.create(model=model, input="and now?", previous_response_id=made.id)
        assert next.previous_response_id == made.id and next.output_text == "You said: and now?"
        include = ["message.output_text.logprobs", "file_search_call.results"]
        assert client.responses.retrieve(made.id, include=include).id == made.id
        client.responses.delete(made.id)
        with raises(openai.NotFoundError):
            client.responses.retrieve(made.id)
    with raises(openai.NotFoundError):
        client.responses.retrieve("resp_nobody")
    unkept = client.responses.create(model=model, input="hello", store=False)
    with raises(openai.NotFoundError):
        client.responses.retrieve(unkept.id)
    # What no provider keeps is not there either, and no other one is asked for it.
    other = client.responses.create(model="anthropic/claude-sonnet-4-5", input="hello")
    with raises(openai.NotFoundError):
        client.responses.retrieve(other.id)


@check
def responses_stored_streamed():
    for model in STORING:
        with client.responses.stream(model=model, input="hello there, all of you") as stream:
            told = list(stream)
            made = stream.get_final_response()
        again = list(client.responses.retrieve(made.id, stream=True))
        plain = list(client.responses.create(model=model, input="hello there, all of you", stream=True))
        assert [event.type for event in again] == [event.type for event in plain]
        rest = list(client.responses.retrieve(made.id, stream=True, starting_after=4))
        assert rest == again[5:] and rest[0].sequence_number == 5, rest
        with client.responses.stream(response_id=made.id, starting_after=4) as stream:
            numbers = [event.sequence_number for event in stream]
            assert stream.get_final_response().output_text == SAID
        assert numbers[0] == 5 and len(numbers) == len(told) - 5, numbers


@check
def responses_input_items():
    words = [f"number {number}" for number in range(5)]
    items = [{"role": "user", "content": text} for text in words]
    made = client.responses.create(model="openai/gpt-4.1", input=items)
    pages = client.responses.input_items.list(made.id, limit=2, order="asc")
    assert [item.content[0].text for item in pages] == words
    last = client.responses.input_items.list(made.id, limit=1, include=["message.input_image.image_url"])
    assert last.data[0].content[0].text == "number 4" and last.has_more


@check
def responses_in_the_background():
    for model in STORING:
        made = client.responses.create(model=model, input="hello there, all of you", background=True)
        assert made.status == "queued" and made.output == [] and made.usage is None, made
        seen = []
        while made.status in ("queued", "in_progress"):
            made = client.responses.retrieve(made.id)
            seen.append(made.status)
            assert len(seen) < 10, seen
        assert made.status == "completed" and made.output_text == SAID and made.usage.total_tokens > 0
    endless = client.responses.create(model="openai-responses/endless", input="hello", background=True)
    assert client.responses.cancel(endless.id).status == "cancelled"
    waited = client.responses.create(model=model, input="hello")
    with raises(openai.BadRequestError):
        client.responses.cancel(waited.id)


@check
def completions():
    answer = client.completions.create(model="openai/gpt-3.5-turbo-instruct", prompt="hello")
    assert "hello" in answer.choices[0].text and answer.object == "text_completion"
    chunks = client.completions.create(model="openai/gpt-3.5-turbo-instruct", prompt="hello", stream=True)
    assert "hello" in "".join(chunk.choices[0].text for chunk in chunks if chunk.choices)


@check
def completions_of_a_chat_model():
    answer = client.completions.create(model="anthropic/claude-sonnet-4-5", prompt="hello")
    assert answer.choices[0].text == "You said: hello", answer


@check
def embeddings():
    for model in ["openai/text-embedding-3-small", "gemini/text-embedding-004", "cohere/embed-v4.0"]:
        # The SDK asks for base64 unless it is told otherwise.
        answer = client.embeddings.create(model=model, input=["one", "two"])
        assert len(answer.data) == 2 and [e.index for e in answer.data] == [0, 1]
        vector = answer.data[0].embedding
        assert len(vector) > 1 and all(isinstance(number, float) for number in vector)
        plain = client.embeddings.create(model=model, input="one", encoding_format="float")
        numbers = plain.data[0].embedding
        assert len(numbers) == len(vector)
        assert all(abs(a - b) < 1e-6 for a, b in zip(numbers, vector)), model


@check
def models():
    listed = list(client.models.list())
    assert "fast" in [model.id for model in listed] and all(m.object == "model" for m in listed)
    assert client.models.retrieve("fast").id == "fast"
    assert client.models.retrieve("anthropic/claude-sonnet-4-5").id == "anthropic/claude-sonnet-4-5"
    with raises(openai.NotFoundError):
        client.models.retrieve("nothing-of-this-name")


@check
def images():
    answer = client.images.generate(model="openai/gpt-image-1", prompt="a cat", n=2)
    assert len(answer.data) == 2
    assert base64.b64decode(answer.data[0].b64_json).startswith(b"\x89PNG")
    pixel = io.BytesIO(base64.b64decode(answer.data[0].b64_json))
    pixel.name = "cat.png"
    answer = client.images.edit(model="openai/gpt-image-1", image=pixel, prompt="a hat")
    assert answer.data[0].b64_json


@check
def images_streamed():
    with Asked() as asked:
        stream = client.images.generate(
            model="openai/gpt-image-1", prompt="a cat", n=2, stream=True, partial_images=2
        )
        events = list(stream)
    assert [event.type for event in events] == ["image_generation.completed"] * 2, events
    for event in events:
        assert base64.b64decode(event.b64_json).startswith(b"\x89PNG"), event
        assert event.size and event.quality and event.background and event.created_at > 1_600_000_000
        assert event.output_format == "png", event
    assert sum(event.usage.total_tokens for event in events) == 15, events
    assert "partial_images" not in str(asked.requests), asked.requests
    pixel = io.BytesIO(base64.b64decode(events[0].b64_json))
    pixel.name = "cat.png"
    edits = client.images.edit(
        model="openai/gpt-image-1", image=pixel, prompt="a hat", stream=True, partial_images=1
    )
    edits = list(edits)
    assert [event.type for event in edits] == ["image_edit.completed"], edits
    assert edits[0].b64_json == events[0].b64_json
    with raises(openai.RateLimitError):
        client.images.generate(model="openai-error-429", prompt="a cat", stream=True)


@check
def speech():
    with client.audio.speech.with_streaming_response.create(
        model="openai/gpt-4o-mini-tts", voice="alloy", input="hello"
    ) as answer:
        assert answer.headers["content-type"] == "audio/mpeg"
        assert b"".join(answer.iter_bytes()).startswith(b"\xff\xfb")
    whole = client.audio.speech.create(
        model="openai/gpt-4o-mini-tts", voice="alloy", input="hello", response_format="wav"
    )
    assert whole.content.startswith(b"RIFF")


@check
def transcriptions():
    sound = ("a.wav", b"RIFF\x04\x00\x00\x00WAVE")
    answer = client.audio.transcriptions.create(model="openai/whisper-1", file=sound)
    assert answer.text == "You sent 12 bytes.", answer
    text = client.audio.transcriptions.create(
        model="openai/whisper-1", file=sound, response_format="text"
    )
    assert text.strip() == "You sent 12 bytes.", text
    verbose = client.audio.transcriptions.create(
        model="openai/whisper-1", file=sound, response_format="verbose_json"
    )
    assert verbose.text == "You sent 12 bytes.", verbose
    answer = client.audio.translations.create(model="openai/whisper-1", file=sound)
    assert answer.text == "You sent 12 bytes.", answer


@check
def transcriptions_streamed():
    sound = ("a.wav", b"RIFF\x04\x00\x00\x00WAVE")
    for more in [{}, {"response_format": "text"}]:
        events = list(
            client.audio.transcriptions.create(
                model="openai/gpt-4o-transcribe", file=sound, stream=True, **more
            )
        )
        assert [event.type for event in events] == ["transcript.text.delta", "transcript.text.done"]
        assert events[0].delta == events[1].text == "You sent 12 bytes.", events
    with raises(openai.BadRequestError):
        client.audio.transcriptions.create(
            model="openai/whisper-1", file=sound, stream=True, response_format="srt"
        )


@check
def moderations():
    answer = client.moderations.create(model="openai/omni-moderation-latest", input="hello")
    assert answer.results[0].flagged is False, answer


@check
def errors(provider):
    kinds = {
        400: openai.BadRequestError,
        401: openai.AuthenticationError,
        403: openai.PermissionDeniedError,
        404: openai.NotFoundError,
        429: openai.RateLimitError,
        500: openai.InternalServerError,
        503: openai.InternalServerError,
    }
    for status, kind in kinds.items():
        for stream in (False, True):
            with raises(kind) as caught:
                client.chat.completions.create(
                    model=f"{provider}-error-{status}", messages=HELLO, stream=stream
                )
            error = caught.error
            # The failure of a provider of another protocol is one behind the gateway.
            expected = (500, 502) if status == 500 else (status,)
            assert error.status_code in expected, (status, error)
            assert error.request_id.startswith("hc-"), error
            assert error.body["message"] and error.body["type"] and "param" in error.body, error.body
            assert error.code == error.body["code"], error
        with raises(kind):
            client.responses.create(model=f"{provider}-error-{status}", input="hello")


@check
def codes():
    with raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="openai/unknown", messages=HELLO)
    assert caught.error.code == "model_not_found", caught.error.body
    with raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="no-model-of-the-gateway", messages=HELLO)
    assert caught.error.code == "model_not_found", caught.error.body
    with raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="openai-error-429", messages=HELLO)
    assert caught.error.code == "rate_limit_exceeded", caught.error.body
    assert caught.error.response.headers["retry-after"] == "7"
    with raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="openai/error-quota", messages=HELLO)
    assert caught.error.code == "insufficient_quota", caught.error.body
    with raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="openai/gpt-4o", messages=[{"role": "king"}])
    assert caught.error.param == "messages[0].role", caught.error.body
    with raises(openai.NotFoundError):
        client.post("/nothing", cast_to=object, body={})


@check
def retries():
    patient = client.with_options(max_retries=1)
    with Asked() as asked, raises(openai.RateLimitError):
        patient.chat.completions.create(model="openai-error-429", messages=HELLO)
    assert len(asked.requests) == 2, asked.requests
    # What will not pass is not asked again.
    with Asked() as asked, raises(openai.BadRequestError):
        patient.chat.completions.create(model="openai-error-400", messages=HELLO)
    assert len(asked.requests) == 1, asked.requests


@check
def the_clients_key_stays_with_the_gateway():
    with Asked() as asked:
        client.chat.completions.create(model="openai/gpt-4o", messages=HELLO)
    assert KEY not in str(asked.requests), asked.requests


@check
def failing_in_the_middle(provider):
    for model in ["error-midstream", "cut", "unterminated"]:
        text = ""
        with raises(openai.APIError) as caught:
            for chunk in client.chat.completions.create(
                model=f"{provider}/{model}", messages=HELLO, stream=True
            ):
                text += chunk.choices[0].delta.content or "" if chunk.choices else ""
                assert not chunk.choices or chunk.choices[0].finish_reason is None, (model, chunk)
        # The first events of OpenAI's responses have no text yet.
        assert text.startswith("You said") or provider == "openai-responses", (model, text)
        assert caught.error.message and caught.error.body, model


@check
def responses_failing_in_the_middle(provider):
    for model in ["error-midstream", "cut", "unterminated"]:
        kinds, events = [], []
        try:
            for event in client.responses.create(
                model=f"{provider}/{model}", input="hello there, all of you", stream=True
            ):
                events.append(event)
                kinds.append(event.type)
        except openai.APIError:
            kinds.append("raised")
        assert kinds[-1] in ("response.failed", "error", "raised"), (model, kinds)
        assert len(kinds) > 1 or provider in ("openai", "openai-responses"), (model, kinds)
        assert "response.completed" not in kinds, (model, kinds)
        if kinds[-1] == "response.failed":
            assert events[-1].response.error.message, events[-1]


@check
def asynchronous():
    async def one(client, number):
        answer = await client.chat.completions.create(
            model="fast", messages=[{"role": "user", "content": f"number {number}"}]
        )
        return answer.choices[0].message.content

    async def several():
        async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=KEY) as client:
            return await asyncio.gather(*(one(client, number) for number in range(8)))

    assert asyncio.run(several()) == [f"You said: number {number}" for number in range(8)]


@check
def of_azure():
    azure = openai.AzureOpenAI(
        azure_endpoint=URL, api_key=KEY, api_version="2024-10-21", max_retries=0
    )
    answer = azure.chat.completions.create(model="fast", messages=HELLO)
    assert answer.choices[0].message.content == SAID, answer


run("openai-python", "openai")
