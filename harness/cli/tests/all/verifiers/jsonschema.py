"""Checks documents against a JSON Schema: `SCHEMA DOCUMENT…`. Of a file whose name ends in `.jsonl` each line is a document."""

import json
import sys

from jsonschema import Draft202012Validator

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
wrong = False
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    documents = text.splitlines() if path.endswith(".jsonl") else [text]
    for number, document in enumerate(documents, 1):
        for error in validator.iter_errors(json.loads(document)):
            wrong = True
            print(f"{path}:{number}: {error.json_path}: {error.message[:500]}", file=sys.stderr)
sys.exit(wrong)
