//! The JSON Schemas of the documents that Fixgate stores, each from the one type that writes and reads it. They are built for tests
//! alone: `schemas/` has them as files, and [`tests`] holds these to the types.

mod tests;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use crate::accepted::AcceptedLine;
use crate::attestation::{Approval, Deployment, FixWord, ManualResult, SuiteResult, WrittenStatement};
use crate::gate::{self, Signoff};
use crate::proof::Proof;
use crate::record::{self, Header, JournalLine, PlannedScenario};
use crate::report::explain::{self, ExplainedDocument};
use crate::report::show::{self, ShownDocument};
use crate::report::validation::{self, Validation};
use crate::rollup::nights::{self, NightDocument};
use crate::rules::{self, Rules};
use crate::seal::{Statement, Summary, TestResult, WrittenEnvelope};

/// A statement of any role.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes; a statement is read by its role")]
enum AnyStatement {
    TesterOrCustomer(WrittenStatement<FixWord>),
    Manual(WrittenStatement<ManualResult>),
    Deployment(WrittenStatement<Deployment>),
    Ci(WrittenStatement<SuiteResult>),
    ReleaseManager(WrittenStatement<Approval>),
}

/// Every schema, by the name of its file in `schemas/`.
fn all() -> Vec<(&'static str, Schema)> {
    vec![
        ("signoff", versioned(read_back::<Signoff>("signoff.json"), &json!(gate::SCHEMA))),
        ("rules", versioned(read_back::<Rules>("rules.json, beside signoff.json"), &json!(rules::SCHEMA))),
        ("nightly", versioned(read_back::<NightDocument>("nightly.json"), &json!(nights::SCHEMA))),
        ("validation", versioned(written::<Validation>("validate --format json"), &json!(validation::SCHEMA))),
        ("explained", versioned(written::<ExplainedDocument>("explain --format json"), &json!(explain::SCHEMA))),
        ("shown", versioned(written::<ShownDocument>("show --format json"), &json!(show::SCHEMA))),
        ("run-header", versioned(read_back::<Header>("the first line of a run's journal"), &json!(record::SCHEMA))),
        ("run-line", read_back::<JournalLine>("any later line of a run's journal")),
        ("run-plan", read_back::<PlannedScenario>("a line of a run's plan after the first, which counts them")),
        ("proof", read_back::<Proof>("defects/ID.proof.json")),
        ("accepted", read_back::<AcceptedLine>("a line of defects/ID.accepted.jsonl")),
        ("attestation", read_back::<AnyStatement>("attestations/NAME.json")),
        ("seal-envelope", read_back::<WrittenEnvelope>("a signed file of a sealed sign-off")),
        ("seal-evidence", read_back::<Statement<TestResult>>("the payload of evidence.intoto.json")),
        ("seal-decision", read_back::<Statement<Summary>>("the payload of signoff.intoto.json")),
    ]
}

/// The schema of what is read back: a field that older documents lack may be absent.
fn read_back<T: JsonSchema>(title: &str) -> Schema {
    titled(SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>(), title)
}

/// The schema of what is only written.
fn written<T: JsonSchema>(title: &str) -> Schema {
    titled(SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>(), title)
}

fn titled(mut schema: Schema, title: &str) -> Schema {
    schema.insert("title".to_owned(), title.into());
    schema
}

/// The schema of a document that states its form.
fn versioned(mut schema: Schema, form: &Value) -> Schema {
    let stated = json!({ "const": form, "description": "The form of the document." });
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("schema".to_owned(), stated);
    }
    schema
}
