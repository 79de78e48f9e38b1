"""Where endpoints name an object: in the address, in a JSON body, in a query, in a form."""

import inspect
import re

from marshmallow import fields

_READS_FORM = re.compile(r"read_(?:form|query)\((\w+)\(\)")
_CALLS_HELPER = re.compile(r"\b(_\w+)\(")
# Not a UUID, yet what it names may be somebody else's.
_NAMING_CODES = frozenset({"union_code"})


def places_of(app):
    """Return every ("METHOD endpoint", name of what names an object) of the application."""
    found = set()
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            key = f"{method} {rule.endpoint}"
            found |= {(key, name) for name in rule.arguments}
            found |= {(key, name) for name in _of_form(app.view_functions[rule.endpoint])}
    return found | _of_api(app)


def _of_form(view):
    """Yield the fields of a page's forms that hold an id, by the schemas that its view reads."""
    view = inspect.unwrap(view)
    for name in _READS_FORM.findall(_source_of(view)):
        schema = view.__globals__[name]()
        for field_name, field in schema.fields.items():
            inner = field.inner if isinstance(field, fields.List) else field
            if isinstance(inner, fields.UUID) or field_name in _NAMING_CODES:
                yield field_name


def _source_of(view):
    """Return the source of a view and of its module's own helpers that it goes through."""
    found, waiting = {}, [view]
    while waiting:
        function = waiting.pop()
        found[function.__name__] = source = inspect.getsource(function)
        for name in set(_CALLS_HELPER.findall(source)) - set(found):
            helper = view.__globals__.get(name)
            if inspect.isfunction(helper) and helper.__module__ == view.__module__:
                waiting.append(helper)
    return "".join(found.values())


def _of_api(app):
    """Return what the JSON API takes of ids, by its own description."""
    document = app.test_client().get("/api/v1/openapi.json").json
    addresses = {
        (re.sub(r"<(?:[\w(),]+:)?(\w+)>", r"{\1}", rule.rule), method): rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in rule.methods
    }
    found = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            key = f"{method.upper()} {addresses[path, method.upper()]}"
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query" and _is_id(parameter["name"], parameter["schema"]):
                    found.add((key, parameter["name"]))
            for content in operation.get("requestBody", {}).get("content", {}).values():
                found |= {(key, name) for name in _of_schema(document, content["schema"])}
    return found


def _of_schema(document, schema):
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, part in schema.get("properties", {}).items():
        inner = part.get("items", part)
        if _is_id(name, inner):
            yield name
        elif "$ref" in inner:
            yield from _of_schema(document, inner)


def _is_id(name, schema):
    return schema.get("format") == "uuid" or name in _NAMING_CODES
