// openai-node.

import assert from "node:assert/strict";
import OpenAI, { toFile } from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { KEY, MODELS, PROVIDERS, URL, asked, each, run } from "./bed.mjs";

const client = new OpenAI({ baseURL: `${URL}/v1`, apiKey: KEY, maxRetries: 0 });
const messages = [{ role: "user", content: "hello there, all of you" }];
const SAID = "You said: hello there, all of you";
const parameters = {
  type: "object",
  properties: { place: { type: "string" } },
  required: ["place"],
  additionalProperties: false,
};
const tools = [{ type: "function", function: { name: "weather", parameters } }];
const Person = z.object({ name: z.string(), age: z.number() });

await run("openai-node", "openai", {
  ...each(MODELS, "chat", async (model) => {
    const answer = await client.chat.completions.create({ model, messages });
    assert.equal(answer.choices[0].message.content, SAID);
    assert.equal(answer.choices[0].finish_reason, "stop");
    assert.match(answer._request_id, /^hc-/);
  }),
  ...each(MODELS, "streamed", async (model) => {
    const stream = client.chat.completions.stream({
      model,
      messages,
      stream_options: { include_usage: true },
    });
    let text = "";
    stream.on("content", (delta) => (text += delta));
    const final = await stream.finalChatCompletion();
    assert.equal(text, SAID);
    assert.equal(final.choices[0].message.content, SAID);
    assert.ok((await stream.totalUsage()).completion_tokens > 0);
  }),
  ...each(MODELS, "tools", async (model) => {
    const conversation = [{ role: "user", content: "how is the weather?" }];
    const first = await client.chat.completions.create({ model, messages: conversation, tools });
    const [call] = first.choices[0].message.tool_calls;
    assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)), ["place"]);
    conversation.push(first.choices[0].message);
    conversation.push({ role: "tool", tool_call_id: call.id, content: "Rain in Bern." });
    const second = await client.chat.completions.create({ model, messages: conversation, tools });
    assert.match(second.choices[0].message.content, /Rain in Bern\./);
  }),
  ...each(PROVIDERS, "tools run", async (provider) => {
    const runner = client.chat.completions.runTools({
      model: `${provider}/m`,
      stream: true,
      messages: [{ role: "user", content: "how is the weather?" }],
      tools: [
        {
          type: "function",
          function: { name: "weather", parameters, parse: JSON.parse, function: () => "Rain in Bern." },
        },
      ],
    });
    assert.match(await runner.finalContent(), /Rain in Bern\./);
  }),
  ...each(MODELS, "parse", async (model) => {
    const response_format = zodResponseFormat(Person, "person");
    const answer = await client.chat.completions.parse({ model, messages, response_format });
    assert.equal(typeof answer.choices[0].message.parsed.name, "string");
  }),
  ...each(MODELS, "responses", async (model) => {
    const answer = await client.responses.create({ model, input: "hello there, all of you" });
    assert.equal(answer.output_text, SAID);
    const stream = client.responses.stream({ model, input: "hello there, all of you" });
    const kinds = [];
    for await (const event of stream) kinds.push(event.type);
    assert.equal(kinds.at(-1), "response.completed");
    assert.equal((await stream.finalResponse()).output_text, SAID);
    const text = { format: zodTextFormat(Person, "person") };
    const parsed = await client.responses.parse({ model, input: "somebody", text });
    assert.equal(typeof parsed.output_parsed.name, "string");
  }),
  embeddings: async () => {
    for (const model of ["openai/text-embedding-3-small", "gemini/gemini-embedding-001"]) {
      const answer = await client.embeddings.create({ model, input: ["one", "two"] });
      assert.equal(answer.data.length, 2);
      assert.ok(answer.data[0].embedding.every((number) => typeof number === "number"));
    }
  },
  models: async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes("fast"));
    assert.equal((await client.models.retrieve("anthropic/claude-x")).id, "anthropic/claude-x");
  },
  media: async () => {
    const image = await client.images.generate({ model: "openai/gpt-image-1", prompt: "a cat" });
    assert.ok(image.data[0].b64_json);
    const speech = await client.audio.speech.create({ model: "openai/tts-1", voice: "alloy", input: "a" });
    assert.ok((await speech.arrayBuffer()).byteLength > 4);
    const file = await toFile(Buffer.from("RIFF\x04\0\0\0WAVE"), "a.wav");
    const heard = await client.audio.transcriptions.create({ model: "openai/whisper-1", file });
    assert.equal(heard.text, "You sent 12 bytes.");
    const draw = { model: "openai/gpt-image-1", prompt: "a cat", stream: true, partial_images: 1 };
    const told = [];
    for await (const event of await client.images.generate(draw)) told.push(event);
    assert.deepEqual(told.map((event) => event.type), ["image_generation.completed"]);
    assert.equal(told[0].b64_json, image.data[0].b64_json);
    const hear = { model: "openai/whisper-1", file, stream: true };
    const words = [];
    for await (const event of await client.audio.transcriptions.create(hear)) words.push(event);
    assert.deepEqual(words.map((event) => event.type), ["transcript.text.delta", "transcript.text.done"]);
    assert.equal(words[1].text, "You sent 12 bytes.");
    const judged = await client.moderations.create({ model: "openai/omni-moderation-latest", input: "a" });
    assert.equal(judged.results[0].flagged, false);
  },
  ...each(PROVIDERS, "errors", async (provider) => {
    const kinds = {
      400: OpenAI.BadRequestError,
      401: OpenAI.AuthenticationError,
      403: OpenAI.PermissionDeniedError,
      404: OpenAI.NotFoundError,
      429: OpenAI.RateLimitError,
      500: OpenAI.InternalServerError,
      503: OpenAI.InternalServerError,
    };
    for (const [status, kind] of Object.entries(kinds)) {
      const model = `${provider}-error-${status}`;
      for (const stream of [false, true]) {
        const error = await client.chat.completions.create({ model, messages, stream }).catch((error) => error);
        assert.equal(error.constructor, kind, `${status}: ${error}`);
        assert.match(error.requestID, /^hc-/);
        assert.ok(error.error.message && error.type, `${status}`);
      }
    }
  }),
  retries: async () => {
    const create = () =>
      client.chat.completions.create({ model: "openai-error-429", messages }, { maxRetries: 1 });
    const requests = await asked(() => assert.rejects(create, OpenAI.RateLimitError));
    assert.equal(requests.length, 2);
  },
  ...each(PROVIDERS, "failing in the middle", async (provider) => {
    for (const model of ["error-midstream", "cut", "unterminated"]) {
      const read = async () => {
        const stream = await client.chat.completions.create({
          model: `${provider}/${model}`,
          messages,
          stream: true,
        });
        for await (const chunk of stream) assert.equal(chunk.choices[0]?.finish_reason ?? null, null);
      };
      await assert.rejects(read, OpenAI.APIError, model);
    }
  }),
  "leaving early": async () => {
    const stream = await client.chat.completions.create({ model: "openai/endless", messages, stream: true });
    for await (const _ of stream) break;
    stream.controller.abort();
    const answer = await client.chat.completions.create({ model: "fast", messages });
    assert.equal(answer.choices[0].message.content, SAID);
  },
});
