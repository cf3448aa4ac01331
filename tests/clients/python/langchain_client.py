"""langchain-openai."""

import pydantic
from bed import KEY, URL, check, raises, run
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

SAID = "You said: hello there, all of you"


class Person(pydantic.BaseModel):
    """Somebody."""

    name: str
    age: int


@tool
def weather(place: str) -> str:
    """The weather in a place."""
    return "Rain in Bern."


def chat(model, **more):
    return ChatOpenAI(model=model, base_url=f"{URL}/v1", api_key=KEY, max_retries=0, **more)


@check
def invoke(model):
    answer = chat(model).invoke([SystemMessage("Be brief."), HumanMessage("hello there, all of you")])
    assert answer.content == SAID, answer
    assert answer.usage_metadata["output_tokens"] > 0, answer


@check
def stream(model):
    whole = None
    for chunk in chat(model, stream_usage=True).stream("hello there, all of you"):
        whole = chunk if whole is None else whole + chunk
    assert whole.content == SAID and whole.usage_metadata["output_tokens"] > 0, whole


@check
def tools(model):
    able = chat(model).bind_tools([weather])
    messages = [HumanMessage("how is the weather?")]
    answer = able.invoke(messages)
    assert answer.tool_calls[0]["name"] == "weather", answer
    messages += [answer, ToolMessage(weather.invoke(answer.tool_calls[0]["args"]), tool_call_id=answer.tool_calls[0]["id"])]
    assert "Rain in Bern." in able.invoke(messages).content


@check
def structured(model):
    for method in ["json_schema", "function_calling"]:
        answer = chat(model).with_structured_output(Person, method=method).invoke("somebody")
        assert isinstance(answer, Person), (method, answer)


@check
def by_responses(model):
    answer = chat(model, use_responses_api=True).invoke("hello there, all of you")
    assert answer.text == SAID, answer
    chunks = chat(model, use_responses_api=True).stream("hello there, all of you")
    assert "".join(chunk.text for chunk in chunks) == SAID


@check
def embeddings():
    # Without its tokenizer, which it would fetch from elsewhere.
    maker = OpenAIEmbeddings(
        model="gemini/gemini-embedding-001",
        base_url=f"{URL}/v1",
        api_key=KEY,
        check_embedding_ctx_length=False,
    )
    assert len(maker.embed_documents(["a", "b"])) == 2


@check
def errors():
    import openai

    kinds = {401: openai.AuthenticationError, 404: openai.NotFoundError, 503: openai.InternalServerError}
    for status, kind in kinds.items():
        with raises_some(kind):
            chat(f"anthropic-error-{status}").invoke("hello")


def raises_some(kind):
    """Langchain derives classes of its own from the SDK's."""
    import contextlib

    @contextlib.contextmanager
    def expected():
        try:
            yield
        except kind:
            return
        raise AssertionError(f"no {kind.__name__}")

    return expected()


run("langchain-openai")
