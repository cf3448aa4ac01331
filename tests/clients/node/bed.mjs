// What every client's checks need: where the gateway is, what the provider was asked, and a way
// to run checks and to tell how they went.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export const URL = process.env.GATEWAY_URL;
export const KEY = "sk-a-client-of-the-gateway";
// Whom a chat request is sent to: one provider of the client's own protocol, others of others.
export const MODELS = [
  "openai/gpt-4o",
  "openai-responses/gpt-5",
  "anthropic/claude-sonnet-4-5",
  "gemini/gemini-2.5-flash",
  "bedrock/amazon.nova-pro-v1:0",
];
export const PROVIDERS = MODELS.map((model) => model.split("/")[0]);

/** Runs all checks, says in one line how it went, and ends the process. */
export async function run(client, name, checks) {
  const version = versionOf(name);
  const wanted = process.argv[2] ?? "";
  const failed = [];
  let passed = 0;
  for (const [check, body] of Object.entries(checks)) {
    if (!check.includes(wanted)) continue;
    try {
      await body();
      passed += 1;
    } catch (error) {
      failed.push(check);
      console.error(`--- ${client}: ${check}\n`, error);
    }
  }
  if (failed.length > 0 || passed === 0) {
    console.log(`${client} ${version}: failed: ${failed.join(", ") || "no checks"}; ${passed} passed`);
    process.exit(1);
  }
  console.log(`${client} ${version}: passed, ${passed} checks`);
  process.exit(0);
}

/** One check for each value. */
export function each(values, name, check) {
  return Object.fromEntries(values.map((value) => [`${name}(${value})`, () => check(value)]));
}

/** What the provider is asked meanwhile. */
export async function asked(body) {
  await settled();
  const before = requests().length;
  await body();
  await settled();
  return requests().slice(before);
}

// The provider writes down what it is asked every 20 ms.
const settled = () => new Promise((done) => setTimeout(done, 200));

function requests() {
  const lines = readFileSync(process.env.MOCK_REQUESTS, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

/** A package need not give its package.json away. */
function versionOf(name) {
  const { resolve } = createRequire(import.meta.url);
  const path = resolve.paths(name).map((folder) => `${folder}/${name}/package.json`);
  for (const file of path) {
    try {
      return JSON.parse(readFileSync(file, "utf8")).version;
    } catch {}
  }
  return "?";
}
