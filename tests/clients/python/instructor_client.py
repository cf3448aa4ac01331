"""instructor, over OpenAI's and Anthropic's SDKs."""

import anthropic
import instructor
import openai
import pydantic
from bed import KEY, URL, check, run

HELLO = [{"role": "user", "content": "hello there, all of you"}]


class Person(pydantic.BaseModel):
    name: str
    age: int


def by_openai(mode):
    client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)
    return instructor.from_openai(client, mode=mode)


@check
def tools(model):
    client = by_openai(instructor.Mode.TOOLS)
    answer = client.chat.completions.create(model=model, messages=HELLO, response_model=Person)
    assert isinstance(answer, Person), answer


@check
def schema(model):
    client = by_openai(instructor.Mode.JSON_SCHEMA)
    answer = client.chat.completions.create(model=model, messages=HELLO, response_model=Person)
    assert isinstance(answer, Person), answer


@check
def partial(provider):
    client = by_openai(instructor.Mode.TOOLS)
    *_, last = client.chat.completions.create_partial(
        model=f"{provider}/m", messages=HELLO, response_model=Person
    )
    assert last.name and last.age is not None, last


@check
def by_anthropic(model):
    client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0)
    client = instructor.from_anthropic(client)
    answer = client.messages.create(
        model=model, max_tokens=1000, messages=HELLO, response_model=Person
    )
    assert isinstance(answer, Person), answer


run("instructor")
