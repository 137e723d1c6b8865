#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What another implementation of JSON Schema says.

judge.py SCHEMAS: reads lines of a definition's name, a tab and a JSON text, and prints for each the
violations, `required repository.id` and so on with tabs between, sorted. Formats are not looked at.
"""

import json
import re
import sys

import jsonschema


def step(path, name):
    if isinstance(name, int):
        return f"{path}[{name}]"
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name


def violations(error):
    path = ""
    for name in error.absolute_path:
        path = step(path, name)
    names = [None]
    if error.validator == "required":
        names = [name for name in error.validator_value
                 if name not in error.instance and repr(name) in error.message]
    elif error.validator == "additionalProperties":
        names = [name for name in error.instance if name not in error.schema["properties"]]
    return [f"{error.validator} {path if name is None else step(path, name)}" for name in names]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schemas = json.load(file)
    resolver = jsonschema.RefResolver("", schemas)
    for line in sys.stdin:
        name, text = line.rstrip("\n").split("\t", 1)
        reference = {"$ref": "#/definitions/" + name.replace("$", "%24")}
        judge = jsonschema.Draft7Validator(reference, resolver=resolver)
        found = {one for error in judge.iter_errors(json.loads(text)) for one in violations(error)}
        print("\t".join(sorted(found)))


main()
