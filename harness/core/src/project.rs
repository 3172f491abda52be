//! `fixgate.toml`: the product, the defaults of a run, and the gate's criteria.

mod imports;
mod isolation;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::document::{ByteSize, Decode, Decoder, Fields, Limit, Node, decode_words, parse_toml};
use crate::id::Principal;
use crate::problem::{Problem, Source};
use crate::release::Needs;
use crate::signer::{Refusal, Role};

pub use self::imports::ImportedSuite;
use self::imports::Imports;
pub use self::isolation::{Grants, Isolation, IsolationRules, Limits};

/// The whole of `fixgate.toml`.
#[derive(Debug, Clone)]
pub struct Project {
    /// The product's name.
    pub product: String,
    /// The program inside a build.
    pub program: Utf8PathBuf,
    /// The product's git repository on this machine; a relative path is relative to the root.
    pub repository: Option<Utf8PathBuf>,
    /// What the recipes of all releases may reach.
    pub recipes: Needs,
    /// Defaults of a run.
    pub run: RunDefaults,
    /// What programs under test are kept from.
    pub isolation: IsolationRules,
    /// The weeks that may lie between two cuts, least and most.
    pub cadence: Option<(u32, u32)>,
    /// The suites that are run elsewhere, in the order in which they are written.
    pub imports: Vec<ImportedSuite>,
    /// Who may attest what.
    pub roles: BTreeMap<Role, Vec<Principal>>,
    /// The ship criteria.
    pub gate: GateRules,
}

/// What `[run]` says of each scenario.
#[derive(Debug, Clone, Copy)]
pub struct RunDefaults {
    /// A step's time limit where its case states none.
    pub timeout: Duration,
    /// How often a failing scenario is tried again, to tell flaky from failed.
    pub retries: u32,
    /// Bytes kept of each stream; more ends the step.
    pub output_limit: u64,
}

impl Default for RunDefaults {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), retries: 0, output_limit: 8 << 20 }
    }
}

/// `[gate]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct GateRules {
    /// What must hold.
    pub criteria: Vec<Criterion>,
    /// The least number of scenarios that a sign-off may rest on.
    pub min_scenarios: u64,
    /// The most flaky scenarios.
    pub max_flaky: u64,
    /// The least number of days in use that `deployed` asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed_days: Option<u32>,
}

/// A ship rule.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr, VariantArray, strum::Display,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Criterion {
    /// Every fixed defect is paired, nothing dangles.
    Ledger,
    /// Records and cases are those of the named commit.
    Committed,
    /// Each fix new in this rollup is red before and green here.
    Proved,
    /// Every fix of every earlier release is still green.
    Cumulative,
    /// Planned equals judged, on this digest, and enough of it.
    Complete,
    /// No failure that is neither known nor waived.
    Clean,
    /// Nothing regressed, unexplained, missing or unexpectedly passing.
    Explained,
    /// What must fail fails.
    Canary,
    /// Flakiness is within budget.
    Flaky,
    /// Every required pack is green.
    Packs,
    /// The cut lies in the window.
    Cadence,
    /// Every manual case was carried out on this build and passed.
    Manual,
    /// Every suite that is run elsewhere was green on this build, on the word of a system that may say so.
    Imported,
    /// Every private fix was attested by its tester and its customer.
    Validated,
    /// The build was in use inside the company for some days.
    Deployed,
    /// A release manager approved it.
    Signed,
}
decode_words!(Criterion, "criterion");

impl Criterion {
    /// Every criterion, in the order of reports.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The criterion's word.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Criterion {
    /// Whether it can hold something against one defect, which a waiver can then accept.
    pub fn is_waived_by_defect(self) -> bool {
        match self {
            Criterion::Proved | Criterion::Cumulative | Criterion::Validated => true,
            Criterion::Ledger
            | Criterion::Committed
            | Criterion::Complete
            | Criterion::Clean
            | Criterion::Explained
            | Criterion::Canary
            | Criterion::Flaky
            | Criterion::Packs
            | Criterion::Cadence
            | Criterion::Manual
            | Criterion::Imported
            | Criterion::Deployed
            | Criterion::Signed => false,
        }
    }
}

impl Project {
    /// Reads `fixgate.toml`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let root = parse_toml(source)?;
        let decoder = Decoder::new(source);
        let project = decoder.fields(&root, "fixgate.toml").and_then(|fields| Self::decode(fields, &decoder));
        decoder.finish(project)
    }

    fn decode(fields: Fields<'_>, decoder: &Decoder) -> Option<Self> {
        let (product, run) = (fields.required::<Product>("product"), fields.optional::<RunRules>("run"));
        let (train, gate) = (fields.optional::<TrainRules>("train"), fields.required::<GateRules>("gate"));
        let roles = fields.optional::<Roles>("roles").unwrap_or_default();
        let recipes = fields.optional("build").unwrap_or_default();
        let import = fields.key("import");
        let imports = fields.optional::<Imports>("import").unwrap_or_default().0;
        let is_asked = |gate: &GateRules| gate.criteria.contains(&Criterion::Imported);
        if let Some(import) = import.filter(|_| !imports.is_empty() && !gate.as_ref().is_none_or(is_asked)) {
            let message = "`imported` is no criterion, so that no sign-off asks for these suites";
            decoder.push(Problem::at(import, message).help("add \"imported\" to `criteria`"));
        }
        fields.finish();
        let Product { name, program, repository } = product?;
        let RunRules { defaults: run, isolation } = run.unwrap_or_default();
        Some(Self {
            product: name,
            program,
            repository,
            recipes,
            run,
            isolation,
            cadence: train.and_then(|train| train.0),
            imports,
            roles: roles.0,
            gate: gate?,
        })
    }

    /// Whether a principal holds a role.
    ///
    /// # Errors
    /// That it does not.
    pub fn check_role(&self, role: Role, principal: &Principal) -> Result<(), Refusal> {
        let holds = self.roles.get(&role).is_some_and(|holders| holders.contains(principal));
        if holds { Ok(()) } else { Err(Refusal::WithoutRole(principal.clone(), role)) }
    }
}

struct Product {
    name: String,
    program: Utf8PathBuf,
    repository: Option<Utf8PathBuf>,
}

impl Decode for Product {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "[product]")?;
        let (name, program) = (fields.required("name"), fields.required("program"));
        // Unlike other paths, it leads out of the tree.
        let repository = fields.optional::<String>("repository").map(Utf8PathBuf::from);
        fields.finish();
        Some(Self { name: name?, program: program?, repository })
    }
}

/// All of `[run]`.
#[derive(Default)]
struct RunRules {
    defaults: RunDefaults,
    isolation: IsolationRules,
}

impl Decode for RunRules {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "[run]")?;
        let (timeout, retries) = (fields.optional::<Limit>("timeout"), fields.optional("retries"));
        let output_limit = fields.optional::<ByteSize>("output-limit");
        let isolation = IsolationRules::decode(&fields);
        fields.finish();
        let default = RunDefaults::default();
        let defaults = RunDefaults {
            timeout: timeout.map_or(default.timeout, |limit| limit.0),
            retries: retries.unwrap_or(default.retries),
            output_limit: output_limit.map_or(default.output_limit, |size| size.0),
        };
        Some(Self { defaults, isolation })
    }
}

/// `[roles]`: the people who hold each.
#[derive(Default)]
struct Roles(BTreeMap<Role, Vec<Principal>>);

impl Decode for Roles {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "[roles]")?;
        let holders = |role: Role| Some((role, fields.optional(role.as_str())?));
        let roles = Role::ALL.iter().copied().filter_map(holders).collect();
        fields.finish();
        Some(Self(roles))
    }
}

struct TrainRules(Option<(u32, u32)>);

impl Decode for TrainRules {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "[train]")?;
        let cadence = fields.node("cadence").map(|node| {
            let fields = decoder.fields(node, "a cadence: { min-weeks, max-weeks }")?;
            let (least, most) = (fields.required("min-weeks"), fields.required("max-weeks"));
            fields.finish();
            Some((least?, most?))
        });
        fields.finish();
        Some(Self(cadence.flatten()))
    }
}

impl Decode for GateRules {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "[gate]")?;
        let (criteria, min_scenarios) = (fields.required::<Vec<Criterion>>("criteria"), fields.required("min-scenarios"));
        let max_flaky = fields.optional("max-flaky").unwrap_or_default();
        let deployed_days = fields.optional("deployed-days");
        fields.finish();
        let criteria = criteria?;
        if criteria.contains(&Criterion::Deployed) && deployed_days.is_none_or(|days: u32| days == 0) {
            let message = "`deployed` is a criterion, and `deployed-days` does not say how many days";
            decoder.push(Problem::at(decoder.place(&node.span), message).help("such as deployed-days = 14"));
        }
        if criteria.is_empty() {
            decoder.problem(&node.span, "a gate without criteria would let anything ship");
        }
        Some(Self { criteria, min_scenarios: min_scenarios?, max_flaky, deployed_days })
    }
}
