//! Defects: recorded problems, and intended changes in the same form.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::document::{Decode, Decoder, Fields, Node, decode_words, parse_toml};
use crate::id::{Commit, Component, DefectId, Digest, Glob, ReleaseName};
use crate::person::Person;
use crate::problem::{Place, Problem, Source};
use crate::words::is_unseen;

/// Whether the record tells of something broken or of something meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum DefectKind {
    /// The product did not do what it should.
    Defect,
    /// The product's behaviour was changed on purpose.
    Change,
}
decode_words!(DefectKind, "kind");

/// How much the problem hurts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Severity {
    /// Wrong results or lost data.
    Critical,
    /// A feature does not work.
    Major,
    /// A nuisance.
    Minor,
}
decode_words!(Severity, "severity");

impl Severity {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Where the defect stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Known and not fixed.
    Open,
    /// Fixed for one customer, on its way into the train.
    PrivateFix,
    /// Checked in; without a release while no cut one has it.
    Fixed(Option<ReleaseName>),
    /// It stays as it is.
    WontFix,
}

/// In words, which the rules of a sign-off record.
impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Open => formatter.write_str("open"),
            Status::PrivateFix => formatter.write_str("fixed privately"),
            Status::Fixed(Some(release)) => write!(formatter, "fixed in {release}"),
            Status::Fixed(None) => formatter.write_str("checked in, not cut"),
            Status::WontFix => formatter.write_str("not to be fixed"),
        }
    }
}

#[derive(Clone, Copy, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
enum StatusWord {
    Open,
    PrivateFix,
    Fixed,
    WontFix,
}
decode_words!(StatusWord, "status");

/// A fix's claim on scenarios whose difference from the baseline it accounts for.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The scenarios that may differ.
    pub scenarios: Glob,
    /// The digest over the outputs that a person reviewed and accepted (see [`crate::claim`]).
    pub accepted: Option<Digest>,
    /// Where the claim is written.
    pub place: Place,
}

impl Decode for Claim {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let place = decoder.place(&node.span);
        if node.as_text().is_some() {
            return Some(Self { scenarios: Glob::decode(node, decoder)?, accepted: None, place });
        }
        let fields = decoder.fields(node, "a claim: a glob, or { scenarios, accepted }")?;
        let (scenarios, accepted) = (fields.required("scenarios"), fields.optional("accepted"));
        fields.finish();
        Some(Self { scenarios: scenarios?, accepted, place })
    }
}

/// One file of `defects/`.
#[derive(Debug, Clone)]
pub struct Defect {
    /// The file's stem.
    pub id: DefectId,
    /// One line, in the words a customer would use.
    pub title: String,
    /// Broken, or meant.
    pub kind: DefectKind,
    /// How much it hurts.
    pub severity: Severity,
    /// The part of the product.
    pub component: Component,
    /// When it was reported.
    pub reported: Option<Date>,
    /// Where it was reported: an address.
    pub source: Option<String>,
    /// The release it was found in.
    pub found_in: Option<ReleaseName>,
    /// Where it stands.
    pub status: Status,
    /// The defect that this one repeats.
    pub duplicate_of: Option<DefectId>,
    /// What is known of the fix.
    pub fix: Option<Fix>,
    /// What the fix accounts for.
    pub claims: Vec<Claim>,
    /// The record's first key, where problems of the record as a whole are shown.
    pub place: Place,
}

impl Defect {
    /// Reads a defect's record.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(id: DefectId, source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let root = parse_toml(source)?;
        let decoder = Decoder::new(source);
        let defect = decoder.fields(&root, "a defect").and_then(|fields| Self::decode(id, fields, &decoder));
        decoder.finish(defect)
    }

    fn decode(id: DefectId, fields: Fields<'_>, decoder: &Decoder) -> Option<Self> {
        let (title, kind) = (fields.required::<Title>("title"), fields.optional("kind"));
        let (severity, component) = (fields.required("severity"), fields.required("component"));
        let (reported, source, found_in) = (fields.optional("reported"), fields.optional("source"), fields.optional("found-in"));
        let (word, fixed_in) = (fields.required::<StatusWord>("status"), fields.optional::<ReleaseName>("fixed-in"));
        let (duplicate_of, fix) = (fields.optional("duplicate-of"), fields.optional("fix"));
        let (claims, place) = (fields.list("changes"), fields.place());
        if let (Some(StatusWord::Open | StatusWord::PrivateFix | StatusWord::WontFix), Some(node)) =
            (word, fields.node("fixed-in"))
        {
            decoder.problem(&node.span, "`fixed-in` is allowed only with status = \"fixed\"");
        }
        fields.finish();
        let status = match word? {
            StatusWord::Open => Status::Open,
            StatusWord::PrivateFix => Status::PrivateFix,
            StatusWord::Fixed => Status::Fixed(fixed_in),
            StatusWord::WontFix => Status::WontFix,
        };
        Some(Self {
            id,
            title: title?.0,
            kind: kind.unwrap_or(DefectKind::Defect),
            severity: severity?,
            component: component?,
            reported,
            source,
            found_in,
            status,
            duplicate_of,
            fix,
            claims,
            place,
        })
    }

    /// The release that has the fix, if a cut one has.
    pub fn fixed_in(&self) -> Option<&ReleaseName> {
        match &self.status {
            Status::Fixed(release) => release.as_ref(),
            Status::Open | Status::PrivateFix | Status::WontFix => None,
        }
    }

    /// Whether the record says that the product was broken and is fixed, so that a pair is owed.
    pub fn owes_pair(&self) -> bool {
        matches!((self.kind, &self.status), (DefectKind::Defect, Status::Fixed(_))) && self.duplicate_of.is_none()
    }
}

/// A fix, in the product's repository.
#[derive(Debug, Clone)]
pub struct Fix {
    /// Its commit.
    pub commit: Commit,
    /// Who made it, and so cannot waive what is held against it.
    pub author: Option<Person>,
}

impl Decode for Fix {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "a fix: { commit, author }")?;
        let (commit, author) = (fields.required("commit"), fields.optional("author"));
        fields.finish();
        Some(Self { commit: commit?, author })
    }
}

/// One line of text, not empty.
pub(crate) struct Title(pub(crate) String);

impl Decode for Title {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        decoder.text(node, "a title", |text| {
            if text.trim().is_empty() || text.contains(char::is_control) {
                return Err("a title is one line of text".to_owned());
            }
            if text.contains(is_unseen) {
                return Err(format!("{text:?} holds invisible characters"));
            }
            Ok(Self(text.to_owned()))
        })
    }
}
