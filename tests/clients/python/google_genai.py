"""google-genai."""

from bed import KEY, URL, Asked, check, raises, run
from google import genai
from google.genai import errors as failures
from google.genai import types

client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=URL, timeout=60_000))
SAID = "You said: hello there, all of you"


def weather(place: str) -> str:
    """The weather in a place."""
    return f"Rain in Bern, not in {place}."


@check
def generate(model):
    answer = client.models.generate_content(
        model=model,
        contents="hello there, all of you",
        config=types.GenerateContentConfig(system_instruction="Be brief.", temperature=0.5),
    )
    assert answer.text == SAID, answer
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    assert answer.usage_metadata.candidates_token_count > 0


@check
def streamed(model):
    chunks = list(client.models.generate_content_stream(model=model, contents="hello there, all of you"))
    assert len(chunks) > 1 and "".join(chunk.text or "" for chunk in chunks) == SAID, chunks
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert chunks[-1].usage_metadata.total_token_count > 0


@check
def chats(model):
    chat = client.chats.create(model=model)
    assert chat.send_message("hello").text == "You said: hello"
    assert "".join(c.text or "" for c in chat.send_message_stream("again")) == "You said: again"
    assert len(chat.get_history()) >= 4


@check
def tools(model):
    declared = types.FunctionDeclaration(
        name="weather",
        parameters_json_schema={
            "type": "object",
            "properties": {"place": {"type": "string"}},
            "required": ["place"],
        },
    )
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[declared])])
    contents = [types.Content(role="user", parts=[types.Part(text="how is the weather?")])]
    answer = client.models.generate_content(model=model, contents=contents, config=config)
    (call,) = answer.function_calls
    assert call.name == "weather" and "place" in call.args, call
    contents.append(answer.candidates[0].content)
    part = types.Part.from_function_response(name="weather", response={"result": "Rain in Bern."})
    part.function_response.id = call.id
    contents.append(types.Content(role="user", parts=[part]))
    answer = client.models.generate_content(model=model, contents=contents, config=config)
    assert "Rain in Bern." in answer.text, answer


@check
def functions_called_by_the_sdk(provider):
    answer = client.models.generate_content(
        model=f"{provider}/m",
        contents="how is the weather?",
        config=types.GenerateContentConfig(tools=[weather]),
    )
    assert "Rain in Bern" in answer.text, answer


@check
def structured(model):
    import pydantic

    class Person(pydantic.BaseModel):
        name: str
        age: int

    config = types.GenerateContentConfig(
        response_mime_type="application/json", response_schema=Person
    )
    answer = client.models.generate_content(model=model, contents="somebody", config=config)
    assert isinstance(answer.parsed, Person), answer


@check
def count_tokens():
    for model in ["gemini/gemini-2.5-flash", "openai/gpt-4o"]:
        assert client.models.count_tokens(model=model, contents="a b c").total_tokens > 0, model


@check
def embed():
    for model in ["gemini/gemini-embedding-001", "openai/text-embedding-3-small"]:
        answer = client.models.embed_content(model=model, contents=["one", "two"])
        assert len(answer.embeddings) == 2 and answer.embeddings[0].values, answer


@check
def models():
    assert any(model.name == "models/fast" for model in client.models.list())
    assert client.models.get(model="fast").name == "models/fast"


@check
def errors(provider):
    for status, kind in {
        400: failures.ClientError,
        401: failures.ClientError,
        403: failures.ClientError,
        404: failures.ClientError,
        429: failures.ClientError,
        500: failures.ServerError,
        503: failures.ServerError,
    }.items():
        with raises(kind) as caught:
            client.models.generate_content(model=f"{provider}-error-{status}", contents="hello")
        assert caught.error.code in ((500, 502) if status == 500 else (status,)), caught.error
        assert caught.error.status and caught.error.message, caught.error


@check
def failing_in_the_middle(provider):
    for model in ["error-midstream", "cut", "unterminated"]:
        text = ""
        try:
            for chunk in client.models.generate_content_stream(
                model=f"{provider}/{model}", contents="hello there, all of you"
            ):
                text += chunk.text or ""
                assert not (chunk.candidates and chunk.candidates[0].finish_reason), (model, chunk)
        except AssertionError:
            raise
        except failures.APIError as error:
            assert error.message, error
        else:
            raise AssertionError(f"{model}: no error after {text!r}")


@check
def the_clients_key_stays_with_the_gateway():
    with Asked() as asked:
        client.models.generate_content(model="gemini/gemini-2.5-flash", contents="hello")
    assert KEY not in str(asked.requests)


run("google-genai")
