"""Reads a statement as in-toto does; with a key, out of its envelope after the signature was verified as DSSE says.

A predicate that in-toto describes is read by that description: a field that it does not know, or of another type, is an error.
"""

import json
import sys

from google.protobuf.json_format import ParseDict
from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult
from in_toto_attestation.predicates.vsa.v1.vsa_pb2 import VerificationSummary
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey


def check_test_result(predicate):
    # The one extension; readers are to ignore what they do not know, but for it nothing may be unknown.
    predicate = {name: value for name, value in predicate.items() if name != "counts"}
    result = ParseDict(predicate, TestResult())
    assert result.result in ("PASSED", "WARNED", "FAILED"), result.result
    assert result.configuration, "a test result is to say what was configured"
    for resource in result.configuration:
        ResourceDescriptor.copy_from_pb(resource).validate()


def check_summary(predicate):
    # In the specification the levels are an array; in-toto's description of it has one string in their place.
    levels = predicate.pop("verifiedLevels")
    summary = ParseDict(predicate, VerificationSummary())
    assert summary.verification_result in ("PASSED", "FAILED"), summary.verification_result
    assert summary.verifier.id and summary.resource_uri and summary.time_verified.seconds
    assert summary.policy.digest and all(evidence.digest for evidence in summary.input_attestations)
    assert levels and all(isinstance(level, str) and not level.startswith("SLSA_") for level in levels), levels


PREDICATES = {
    "https://in-toto.io/attestation/test-result/v0.1": check_test_result,
    "https://slsa.dev/verification_summary/v1": check_summary,
}

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
if key:
    PREDICATES[document["predicateType"]](document["predicate"])
