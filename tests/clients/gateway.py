"""Writes the configuration of a gateway whose providers are all played by the mock: reads what
the mock says of itself, and prints TOML."""

import sys

PROVIDERS = ["anthropic", "bedrock", "cohere", "gemini", "openai", "openai-media", "openai-responses"]
# Errors are told at once here, and not after the gateway has tried again.
STATUSES = [400, 401, 403, 404, 429, 500, 503, 529]

told = dict(line.strip().split(": ", 1) for line in sys.stdin)
port = sys.argv[1]

print(f'[gateway]\nlisten = ["127.0.0.1:{port}"]\n')
for provider in PROVIDERS:
    print(f"[providers.{provider}]")
    print(f'endpoints.api = "{told[provider]}"')
    if provider == "bedrock":
        print(f'endpoints.control = "{told[provider]}"\nauth = "bearer"\nsettings.region = "us-east-1"')
    print('secrets.api-key = "env:MOCK_KEY"\nallow-private = true\nallow-plaintext = true\n')

print('[gateway.models.fast]\ndeployments = ["openai/gpt-4o-mini"]\n')
for provider in PROVIDERS:
    for status in STATUSES:
        print(f"[gateway.models.{provider}-error-{status}]")
        print(f'deployments = ["{provider}/error-{status}"]\nretries = 0\n')
