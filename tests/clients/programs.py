"""Programs that talk to a gateway, each run once or twice as a person would run it, with a home
of its own: `programs.py PROGRAM COMMAND FOLDER`."""

import json
import os
import pathlib
import subprocess
import sys

URL = os.environ["GATEWAY_URL"]
KEY = "sk-a-client-of-the-gateway"
# One provider of the program's own protocol, and others.
ANTHROPIC, OPENAI, GEMINI = "anthropic/claude-sonnet-4-5", "openai/gpt-5", "gemini/gemini-2.5-flash"


class Program:
    def __init__(self, command, folder):
        self.command, self.folder = command, pathlib.Path(folder)
        self.home = self.folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.work = self.folder / "work"
        self.work.mkdir(exist_ok=True)
        self.env = {**os.environ, "HOME": str(self.home)}

    def run(self, *arguments):
        """What it says; what it complains of goes to the log."""
        done = subprocess.run(
            [self.command, *arguments],
            cwd=self.work,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=120,
            text=True,
        )
        print(f"--- {arguments}: {done.returncode}\n{done.stdout}", file=sys.stderr)
        assert done.returncode == 0, f"status {done.returncode} of {' '.join(arguments)[:80]}"
        return done.stdout


def claude_code(program):
    program.env |= {
        "ANTHROPIC_BASE_URL": URL,
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_SMALL_FAST_MODEL": "anthropic/claude-haiku-4-5",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "DISABLE_TELEMETRY": "1",
    }

    def ask(model, tools):
        told = program.run(
            "-p", "say hello", "--model", model, "--tools", tools, "--output-format", "json"
        )
        answer = json.loads(told.splitlines()[-1])
        assert answer["subtype"] == "success" and not answer["is_error"], answer
        return answer

    for model in [ANTHROPIC, OPENAI, GEMINI]:
        assert "say hello" in ask(model, "")["result"], model
    # The mock calls the one tool that there is, and quotes what came of it.
    answer = ask(ANTHROPIC, "Read")
    assert answer["num_turns"] == 2 and "The tool says" in answer["result"], answer
    return program.run("--version").split()[0]


def codex(program):
    program.env |= {"CODEX_HOME": str(program.home), "GATEWAY_KEY": KEY}
    # Without what only OpenAI runs, a provider of another protocol can be asked too.
    (program.home / "config.toml").write_text(f"""
model_provider = "gateway"
approval_policy = "never"
sandbox_mode = "read-only"
check_for_update_on_startup = false
web_search = "disabled"
[features]
multi_agent = false
[analytics]
enabled = false
[model_providers.gateway]
name = "gateway"
base_url = "{URL}/v1"
wire_api = "responses"
env_key = "GATEWAY_KEY"
request_max_retries = 0
stream_max_retries = 0
""")
    for model in CODEX_MODELS:
        told = program.run("exec", "--skip-git-repo-check", "--json", "-m", model, "say hello")
        events = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
        kinds = [event["type"] for event in events]
        assert "turn.completed" in kinds and "turn.failed" not in kinds, (model, events)
        said = [event["item"].get("text", "") for event in events if "item" in event]
        assert any(said), (model, events)
    return program.run("--version").split()[-1]


CODEX_MODELS = [OPENAI, ANTHROPIC, GEMINI]


def llm(program):
    program.env["LLM_USER_PATH"] = str(program.home)
    entry = '- {{model_id: "{0}", model_name: "{0}", api_base: "{1}/v1", api_key_name: gateway, supports_tools: true, supports_schema: true}}\n'
    models = ["fast", ANTHROPIC, GEMINI]
    entries = "".join(entry.format(model, URL) for model in models)
    (program.home / "extra-openai-models.yaml").write_text(entries)
    weather = 'def weather(place: str) -> str:\n    "The weather."\n    return "Rain in Bern."'
    for model in models:
        asked = ["-m", model, "--key", KEY]
        assert program.run(*asked, "hello").strip() == "You said: hello"
        assert program.run(*asked, "--no-stream", "hello").strip() == "You said: hello"
        answer = program.run(*asked, "--schema", "name, age int", "somebody")
        assert set(json.loads(answer)) == {"name", "age"}, answer
        answer = program.run(*asked, "--functions", weather, "how is the weather?")
        assert "Rain in Bern." in answer, answer
    return program.run("--version").split()[-1]


def aider(program):
    program.env |= {"OPENAI_API_BASE": f"{URL}/v1", "OPENAI_API_KEY": KEY}
    (program.work / "a.py").write_text("x = 1\n")
    options = """--no-git --yes-always --no-analytics --no-check-update --no-show-release-notes
        --no-show-model-warnings --no-pretty --no-gitignore --no-detect-urls --no-auto-lint
        --map-tokens 0 --weak-model openai/fast""".split()
    for model in ["fast", ANTHROPIC]:
        told = program.run(*options, "--model", f"openai/{model}", "--message", "say hello", "a.py")
        assert "You said:" in told and "Tokens:" in told, told[-500:]
    return program.run(*options, "--version").split()[-1]


def main():
    name, command, folder = sys.argv[1:]
    known = {"Claude Code": claude_code, "Codex": codex, "llm": llm, "aider": aider}
    try:
        version = known[name](Program(command, folder))
    except Exception as error:
        print(f"{name}: failed: {type(error).__name__}: {str(error)[:300]}")
        sys.exit(1)
    print(f"{name} {version}: passed")


main()
