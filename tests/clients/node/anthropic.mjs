// @anthropic-ai/sdk.

import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { KEY, MODELS, PROVIDERS, URL, asked, each, run } from "./bed.mjs";

const client = new Anthropic({ baseURL: URL, apiKey: KEY, maxRetries: 0 });
const messages = [{ role: "user", content: "hello there, all of you" }];
const SAID = "You said: hello there, all of you";
const max_tokens = 2000;
const tools = [
  {
    name: "weather",
    input_schema: { type: "object", properties: { place: { type: "string" } }, required: ["place"] },
  },
];

await run("anthropic-node", "@anthropic-ai/sdk", {
  ...each(MODELS, "messages", async (model) => {
    const answer = await client.messages.create({ model, max_tokens, messages });
    assert.deepEqual(answer.content.map((block) => block.type), ["text"]);
    assert.equal(answer.content[0].text, SAID);
    assert.equal(answer.stop_reason, "end_turn");
    assert.match(answer._request_id, /^hc-/);
  }),
  ...each(MODELS, "streamed", async (model) => {
    const stream = client.messages.stream({ model, max_tokens, messages });
    let text = "";
    stream.on("text", (delta) => (text += delta));
    const final = await stream.finalMessage();
    assert.equal(text, SAID);
    assert.equal(final.content[0].text, SAID);
    assert.ok(final.usage.output_tokens > 0);
  }),
  ...each(MODELS, "tools", async (model) => {
    const conversation = [{ role: "user", content: "how is the weather?" }];
    const stream = client.messages.stream({ model, max_tokens, messages: conversation, tools });
    const first = await stream.finalMessage();
    assert.equal(first.stop_reason, "tool_use");
    const call = first.content.find((block) => block.type === "tool_use");
    assert.deepEqual(Object.keys(call.input), ["place"]);
    const content = [{ type: "tool_result", tool_use_id: call.id, content: "Rain in Bern." }];
    conversation.push({ role: "assistant", content: first.content }, { role: "user", content });
    const second = await client.messages.create({ model, max_tokens, messages: conversation, tools });
    assert.match(second.content[0].text, /Rain in Bern\./);
  }),
  thinking: async () => {
    const model = "anthropic/reasoner";
    const thinking = { type: "enabled", budget_tokens: 1024 };
    const stream = client.messages.stream({ model, max_tokens, messages, thinking });
    const { content } = await stream.finalMessage();
    assert.deepEqual(content.map((block) => block.type), ["thinking", "text"]);
    assert.ok(content[0].signature);
    const again = [...messages, { role: "assistant", content }, ...messages];
    const answer = await client.messages.create({ model, max_tokens, messages: again, thinking });
    assert.equal(answer.content.at(-1).text, SAID);
  },
  "count tokens": async () => {
    for (const model of ["anthropic/claude-sonnet-4-5", "openai/gpt-4o"]) {
      assert.ok((await client.messages.countTokens({ model, messages })).input_tokens > 0, model);
    }
  },
  models: async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes("fast"));
    assert.equal((await client.models.retrieve("fast")).type, "model");
  },
  betas: async () => {
    const betas = ["context-1m-2025-08-07"];
    const model = "anthropic/claude-sonnet-4-5";
    const [request] = await asked(() => client.beta.messages.create({ model, max_tokens, messages, betas }));
    assert.match(request.headers["anthropic-beta"], /context-1m-2025-08-07/);
  },
  ...each(PROVIDERS, "errors", async (provider) => {
    const kinds = {
      400: [Anthropic.BadRequestError, "invalid_request_error"],
      401: [Anthropic.AuthenticationError, "authentication_error"],
      403: [Anthropic.PermissionDeniedError, "permission_error"],
      404: [Anthropic.NotFoundError, "not_found_error"],
      429: [Anthropic.RateLimitError, "rate_limit_error"],
      500: [Anthropic.InternalServerError, "api_error"],
      503: [Anthropic.InternalServerError, "overloaded_error"],
    };
    for (const [status, [kind, type]] of Object.entries(kinds)) {
      const model = `${provider}-error-${status}`;
      for (const stream of [false, true]) {
        const error = await client.messages
          .create({ model, max_tokens, messages, stream })
          .catch((error) => error);
        // Newer SDKs have a class of their own for some statuses.
        assert.ok(error instanceof kind, `${status}: ${error.constructor.name} ${error}`);
        assert.equal(error.error.error.type, type);
        assert.match(error.requestID, /^hc-/);
      }
    }
  }),
  retries: async () => {
    const create = () =>
      client.messages.create({ model: "anthropic-error-429", max_tokens, messages }, { maxRetries: 1 });
    const requests = await asked(() => assert.rejects(create, Anthropic.RateLimitError));
    assert.equal(requests.length, 2);
  },
  ...each(PROVIDERS, "failing in the middle", async (provider) => {
    for (const name of ["error-midstream", "cut", "unterminated"]) {
      const stream = client.messages.stream({ model: `${provider}/${name}`, max_tokens, messages });
      await assert.rejects(() => stream.finalMessage(), Anthropic.APIError, name);
    }
  }),
});
