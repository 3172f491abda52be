"""Reads a statement as in-toto does; with a key, out of its envelope after the signature was verified as DSSE says."""

import json
import sys

from google.protobuf.json_format import ParseDict
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

path, *key = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    document = json.load(file)
if key:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    envelope = Envelope.from_dict(document)
    with open(key[0], "rb") as file:
        public = SSlibKey.from_crypto(load_pem_public_key(file.read()))
    # An envelope names its key by a fingerprint of its own; a verifier holds the key that it trusts against it.
    public.keyid = next(iter(envelope.signatures))
    envelope.verify([public], 1)
    assert envelope.payload_type == "application/vnd.in-toto+json", envelope.payload_type
    document = json.loads(envelope.payload)
Statement.copy_from_pb(ParseDict(document, statement_pb2.Statement())).validate()
