"""What Open WebUI asks of a server of OpenAI's protocol, replayed: the list of models when it is
set up, a chat with the members that it adds, and then its questions for a title and for tags."""

import json
import os
import sys
import urllib.request

URL, KEY = f"{os.environ['GATEWAY_URL']}/v1", "sk-a-client-of-the-gateway"


def ask(path, body=None):
    headers = {
        "Authorization": f"Bearer {KEY}",
        "Content-Type": "application/json",
        "X-OpenWebUI-User-Name": "Somebody",
        "X-OpenWebUI-User-Email": "somebody@example.com",
        "X-OpenWebUI-User-Role": "admin",
    }
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(URL + path, data, headers), timeout=60)


def chat(model, messages, **more):
    body = {"model": model, "messages": messages, **more}
    with ask("/chat/completions", body) as answer:
        if not body.get("stream"):
            return json.load(answer)["choices"][0]["message"]["content"]
        assert "text/event-stream" in answer.headers["Content-Type"]
        text, ended = "", False
        for line in answer:
            line = line.decode().strip()
            if not line:
                continue
            assert line.startswith("data: ") and not ended, line
            if line == "data: [DONE]":
                ended = True
                continue
            choices = json.loads(line[6:])["choices"]
            text += choices[0]["delta"].get("content") or "" if choices else ""
        assert ended
        return text


def main():
    models = json.load(ask("/models"))
    assert models["object"] == "list"
    ids = {model["id"] for model in models["data"]}
    assert "fast" in ids, ids
    for model in ["fast", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash"]:
        messages = [{"role": "user", "content": "hello there"}]
        said = chat(
            model,
            messages,
            stream=True,
            stream_options={"include_usage": True},
            params={},
        ) if model == "fast" else chat(model, messages, stream=True)
        assert said == "You said: hello there", said
        # With a picture, and the conversation so far.
        pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{pixel}"}}
        messages += [
            {"role": "assistant", "content": said},
            {"role": "user", "content": [{"type": "text", "text": "what is it?"}, picture]},
        ]
        said = chat(model, messages, stream=True)
        assert said.startswith("You said: what is it?"), said
        title = [{"role": "user", "content": "### Task: a title of three words"}]
        assert chat(model, title, stream=False, max_completion_tokens=1000)


try:
    main()
except Exception as error:
    print(f"Open WebUI, its calls: failed: {type(error).__name__}: {error}")
    sys.exit(1)
print("Open WebUI, its calls: passed")
