// Vercel's AI SDK, with its models of OpenAI's and Anthropic's protocols.

import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, Output, embed, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { KEY, MODELS, PROVIDERS, URL, each, run } from "./bed.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;
const openai = createOpenAI({ baseURL: `${URL}/v1`, apiKey: KEY });
const anthropic = createAnthropic({ baseURL: `${URL}/v1`, apiKey: KEY });
const ways = (model) => ({
  chat: openai.chat(model),
  responses: openai.responses(model),
  messages: anthropic(model),
});
const prompt = "hello there, all of you";
const SAID = "You said: hello there, all of you";
const tools = {
  weather: tool({
    description: "The weather in a place",
    inputSchema: z.object({ place: z.string() }),
    execute: async () => "Rain in Bern.",
  }),
};

await run("Vercel AI SDK", "ai", {
  ...each(MODELS, "text", async (name) => {
    for (const [way, model] of Object.entries(ways(name))) {
      const answer = await generateText({ model, prompt, maxRetries: 0 });
      assert.equal(answer.text, SAID, way);
      assert.ok(answer.usage.outputTokens > 0, way);
    }
  }),
  ...each(MODELS, "streamed", async (name) => {
    for (const [way, model] of Object.entries(ways(name))) {
      const answer = streamText({ model, prompt, maxRetries: 0 });
      const pieces = [];
      for await (const piece of answer.textStream) pieces.push(piece);
      assert.equal(pieces.join(""), SAID, way);
      assert.ok(pieces.length > 1, way);
      assert.equal(await answer.finishReason, "stop", way);
    }
  }),
  ...each(MODELS, "tools", async (name) => {
    for (const [way, model] of Object.entries(ways(name))) {
      const stopWhen = stepCountIs(3);
      const asked = { model, prompt: "how is the weather?", tools, stopWhen, maxRetries: 0 };
      const whole = await generateText(asked);
      assert.match(whole.text, /Rain in Bern\./, way);
      const streamed = streamText(asked);
      await streamed.consumeStream();
      assert.match(await streamed.text, /Rain in Bern\./, way);
    }
  }),
  ...each(MODELS, "structured", async (name) => {
    const output = Output.object({ schema: z.object({ name: z.string(), age: z.number() }) });
    for (const [way, model] of Object.entries(ways(name))) {
      const answer = await generateText({ model, prompt, output, maxRetries: 0 });
      assert.equal(typeof answer.output.name, "string", way);
    }
  }),
  embeddings: async () => {
    const model = openai.embedding("gemini/gemini-embedding-001");
    assert.ok((await embed({ model, value: "a" })).embedding.length > 1);
  },
  ...each(PROVIDERS, "errors", async (provider) => {
    for (const status of [400, 401, 404, 429, 503]) {
      for (const [way, model] of Object.entries(ways(`${provider}-error-${status}`))) {
        const error = await generateText({ model, prompt, maxRetries: 0 }).catch((error) => error);
        assert.ok(APICallError.isInstance(error), `${way} ${status}: ${error}`);
        // Anthropic's word for having too much to do is 529.
        const expected = status === 503 && error.statusCode === 529 ? 529 : status;
        assert.equal(error.statusCode, expected, `${way} ${status}`);
        assert.equal(error.isRetryable, status === 429 || status === 503, `${way} ${status}`);
      }
    }
  }),
  ...each(PROVIDERS, "failing in the middle", async (provider) => {
    for (const script of ["error-midstream", "cut", "unterminated"]) {
      for (const [way, model] of Object.entries(ways(`${provider}/${script}`))) {
        const parts = [];
        const answer = streamText({ model, prompt, maxRetries: 0, onError: () => {} });
        for await (const part of answer.fullStream) parts.push(part);
        const failed = parts.some((part) => part.type === "error");
        const stopped = parts.some((part) => part.type === "finish" && part.finishReason === "stop");
        assert.ok(failed && !stopped, `${way} ${script}: ${parts.map((part) => part.type)}`);
      }
    }
  }),
});
