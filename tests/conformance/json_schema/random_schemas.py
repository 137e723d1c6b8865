#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Schemas and texts by chance, with what another implementation says of them.

random_schemas.py SEED COUNT: prints lines of a schema, a text and `valid` or `invalid`, with tabs
between. The numbers 0 and 1 are left out, which Python takes for booleans within lists, and so are
patterns and divisors that Python has in another way.
"""

import json
import random
import sys

import jsonschema

NAMES = ["a", "b", "ab", "c d", "\u00e4", ""]
TEXTS = NAMES + ["aa", "bcb", "\u20ac\u20ac", "x\n"]
NUMBERS = [2, 3, -4, 2.5, 2.0, 1e3, -0.25, 7]
PATTERNS = ["^a", "b$", "^[ab]+$", "a|c", "^.{2,3}$", "^(ab?)*$", "[^a]", "^(?!a)", "\\s"]
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]


def value(chance, depth):
    kind = chance.randrange(7 if depth > 0 else 5)
    if kind == 0:
        return None
    if kind == 1:
        return chance.random() < 0.5
    if kind in (2, 3):
        return chance.choice(NUMBERS)
    if kind == 4:
        return chance.choice(TEXTS)
    if kind == 5:
        return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(NAMES): value(chance, depth - 1) for _ in range(chance.randrange(4))}


def schema(chance, depth):
    if depth == 0 or chance.random() < 0.1:
        return chance.choice([True, False, {}, {"type": chance.choice(TYPES)}])
    if chance.random() < 0.1:
        return {"$ref": chance.choice(["#/definitions/leaf", "#/definitions/tree"])}
    makers = keywords(chance, depth - 1)
    made = {name: makers[name]() for name in chance.sample(sorted(makers), chance.randrange(1, 5))}
    if not isinstance(made.get("items"), list):
        made.pop("additionalItems", None)  # means nothing here, which Python does not know
    return made


def keywords(chance, depth):
    def one():
        return schema(chance, depth)

    def some():
        return [one() for _ in range(chance.randrange(1, 4))]

    def named(names):
        return {name: one() for name in chance.sample(names, chance.randrange(3))}

    def needed():
        return chance.sample(NAMES, chance.randrange(3))

    def number():
        return chance.choice(NUMBERS)

    def size():
        return chance.randrange(4)

    return {
        "type": lambda: chance.sample(TYPES, chance.randrange(1, 4)),
        "enum": lambda: [value(chance, 2) for _ in range(4)],
        "const": lambda: value(chance, 1),
        "minimum": number, "maximum": number,
        "exclusiveMinimum": number, "exclusiveMaximum": number,
        "multipleOf": lambda: chance.choice([2, 0.5, 3, 2.5]),
        "minLength": size, "maxLength": size,
        "pattern": lambda: chance.choice(PATTERNS),
        "minItems": size, "maxItems": size,
        "uniqueItems": lambda: True,
        "items": lambda: chance.choice([one, some])(),
        "additionalItems": one, "contains": one,
        "minProperties": size, "maxProperties": size,
        "required": needed,
        "properties": lambda: named(NAMES),
        "patternProperties": lambda: named(PATTERNS),
        "additionalProperties": one, "propertyNames": one,
        "dependencies": lambda: {chance.choice(NAMES): chance.choice([one, needed])()},
        "allOf": some, "anyOf": some, "oneOf": some,
        "not": one, "if": one, "then": one, "else": one,
    }


def main():
    chance = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        wanted = schema(chance, 3)
        if isinstance(wanted, dict):
            wanted["definitions"] = {
                "leaf": schema(chance, 0),
                "tree": {"items": {"$ref": "#/definitions/tree"}, "maxItems": 2},
            }
        text = value(chance, 3)
        valid = jsonschema.Draft7Validator(wanted).is_valid(text)
        print(json.dumps(wanted), json.dumps(text, ensure_ascii=chance.random() < 0.5),
              "valid" if valid else "invalid", sep="\t")


main()
