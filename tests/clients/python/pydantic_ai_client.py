"""pydantic-ai, with its models of OpenAI's, Anthropic's and Google's protocols."""

import asyncio

import pydantic
from bed import KEY, URL, check, run
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

SAID = "You said: hello there, all of you"


class Person(pydantic.BaseModel):
    name: str
    age: int


def ways(model):
    openai = OpenAIProvider(base_url=f"{URL}/v1", api_key=KEY)
    yield OpenAIChatModel(model, provider=openai)
    yield OpenAIResponsesModel(model, provider=openai)
    yield AnthropicModel(model, provider=AnthropicProvider(base_url=URL, api_key=KEY))
    yield GoogleModel(model, provider=GoogleProvider(base_url=URL, api_key=KEY))


@check
def text(model):
    for way in ways(model):
        answer = Agent(way, instructions="Be brief.").run_sync("hello there, all of you")
        assert answer.output == SAID, (way, answer)


@check
def streamed(model):
    async def ask(way):
        async with Agent(way).run_stream("hello there, all of you") as stream:
            return "".join([piece async for piece in stream.stream_text(delta=True)])

    for way in ways(model):
        assert asyncio.run(ask(way)) == SAID, way


@check
def tools(model):
    for way in ways(model):
        agent, asked = Agent(way), []

        @agent.tool_plain
        def weather(place: str) -> str:
            asked.append(place)
            return "Rain in Bern."

        answer = agent.run_sync("how is the weather?")
        assert "Rain in Bern." in answer.output and len(asked) == 1, (way, answer)


@check
def structured(model):
    for way in ways(model):
        answer = Agent(way, output_type=Person).run_sync("somebody")
        assert isinstance(answer.output, Person), (way, answer)


run("pydantic-ai", "pydantic-ai-slim")
