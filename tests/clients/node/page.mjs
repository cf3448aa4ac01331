// The status page, in a browser as people have it: Chromium, where it is installed. Each picture
// of it lies in the folder PICTURES afterwards.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { KEY, URL, run } from "./bed.mjs";

const SCHEMES = ["light", "dark"];
// A large screen, a laptop's, and the narrowest telephone's.
const WIDTHS = [1920, 1280, 320];
const SECTIONS = ["Requests under way", "Models", "Providers", "Spend", "Denials", "Audit", "Adapters"];
// What WCAG 2.2 wants of text (1.4.3, level AA).
const CONTRAST = 4.5;

const ask = (model, more, headers) =>
  fetch(`${URL}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}`, ...headers },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }], ...more }),
  });

// Something to see: an answer, a failure, and a name that would be markup.
await (await ask("fast")).text();
await (await ask("openai-error-500")).text();
await (await ask("openai/<img src=x onerror=alert(1)>")).text();

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  // It has no network but this machine's, and shows one page, our own.
  args: ["--no-sandbox", "--disable-gpu"],
});

/** Shows the page, and gives it with all that the browser asked for or complained of. */
async function shown(path, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const [asked, complaints] = [[], []];
  page.on("request", (request) => asked.push(request.url()));
  page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => complaints.push(dialog.message()));
  const answer = await page.goto(`${URL}${path}`, { waitUntil: "load" });
  assert.equal(answer.status(), 200);
  return { page, asked, complaints, close: () => context.close() };
}

/** Texts whose contrast with what is behind them is too low: each with what it is. */
const faint = (page) =>
  page.evaluate((wanted) => {
    const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
    const light = (colour) => {
      const [red, green, blue] = channels(colour).map((channel) => {
        const part = channel / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
      for (let it = element; it; it = it.parentElement) {
        const colour = getComputedStyle(it).backgroundColor;
        if ((channels(colour)[3] ?? 1) === 1) return colour;
      }
      return "rgb(255, 255, 255)";
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
      const { parentElement, data } = texts.currentNode;
      if (!data.trim() || !parentElement.checkVisibility()) continue;
      const two = [getComputedStyle(parentElement).color, behind(parentElement)].map(light);
      const contrast = (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
      if (contrast < wanted) found.push(`${contrast.toFixed(2)}: ${data.trim().slice(0, 40)}`);
    }
    return found;
  }, CONTRAST);

const looks = SCHEMES.flatMap((colorScheme) => WIDTHS.map((width) => ({ colorScheme, width })));
const look = ({ colorScheme, width }) => [
  `looks(${colorScheme}, ${width})`,
  async () => {
    const viewport = { width, height: 900 };
    const { page, asked, complaints, close } = await shown("/?still", { colorScheme, viewport });
    const folder = process.env.PICTURES;
    if (folder) await page.screenshot({ path: `${folder}/${colorScheme}-${width}.png`, fullPage: true });
    assert.deepEqual(complaints, []);
    const elsewhere = asked.filter((url) => !url.startsWith(`${URL}/`) && !url.startsWith("data:"));
    assert.deepEqual(elsewhere, [], "it needs nothing of another place");
    const headings = await page.locator("h2").allInnerTexts();
    for (const section of SECTIONS) {
      assert.ok(headings.some((heading) => heading.startsWith(section)), `${section}: ${headings}`);
    }
    assert.deepEqual(await faint(page), []);
    const [ground] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g));
    assert.equal(ground < 128, colorScheme === "dark");
    // Whoever reads it moves it up and down, and a table sideways within its own frame.
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${over} pixels too wide`);
    await close();
  },
];

await run("status page", "playwright-core", {
  ...Object.fromEntries(looks.map(look)),
  "tells what is going on": async () => {
    const stream = await ask("openai/endless", { stream: true });
    const { page, close } = await shown("/?still", {});
    await stream.body.cancel();
    const text = await page.locator("body").innerText();
    for (const said of ["streaming", "openai/gpt-4o-mini", "POST"]) {
      assert.ok(text.includes(said), `${said}: ${text}`);
    }
    assert.equal(await page.locator("img, script").count(), 0, "a model's name is text");
    await close();
  },
  "comes anew by itself": async () => {
    const { page, complaints, close } = await shown("/", {});
    const before = await page.locator(".tiles").innerText();
    await (await ask("fast")).text();
    await page.waitForFunction((old) => document.querySelector(".tiles").innerText !== old, before, {
      timeout: 20_000,
    });
    assert.deepEqual(complaints, []);
    await close();
  },
  "works without a mouse": async () => {
    const { page, close } = await shown("/?still", { viewport: { width: 320, height: 900 } });
    const reached = new Set();
    for (let step = 0; step < 200; step += 1) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const { activeElement } = document;
        return activeElement === document.body ? null : activeElement.outerHTML.slice(0, 80);
      });
      if (at === null || reached.has(at)) break;
      reached.add(at);
    }
    const tables = await page.locator(".scroll").evaluateAll((all) =>
      all.filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.outerHTML.slice(0, 80)),
    );
    assert.ok(tables.length > 0, "on a telephone some table is wider than the screen");
    for (const table of tables) assert.ok(reached.has(table), `${table} cannot be moved sideways`);
    await close();
  },
});
