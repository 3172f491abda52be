//! Packs: a third party's cases for its own product on top of ours.

use std::sync::Arc;

use crate::defect::Title;
use crate::document::{Decoder, Fields, parse_toml};
use crate::id::PackName;
use crate::person::Person;
use crate::problem::{Problem, Source};
use crate::release::Build;

/// `testcases/packs/NAME/pack.toml`.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The folder's name.
    pub name: PackName,
    /// Who keeps it.
    pub owner: Person,
    /// How to reach the owner.
    pub contact: String,
    /// The third party's product.
    pub product: String,
    /// Whether a rollup must not ship while it is red.
    pub required: bool,
    /// How the third party's own program gets here; its cases call its directory `${pack}`.
    pub build: Option<Build>,
}

impl Pack {
    /// Reads a pack's record.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(name: PackName, source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let root = parse_toml(source)?;
        let decoder = Decoder::new(source);
        let pack = decoder.fields(&root, "a pack").and_then(|fields| Self::decode(name, fields));
        decoder.finish(pack)
    }

    fn decode(name: PackName, fields: Fields<'_>) -> Option<Self> {
        let (owner, contact) = (fields.required("owner"), fields.required::<Title>("contact"));
        let (product, required) = (fields.required::<Title>("product"), fields.required("required"));
        let build = fields.optional("build");
        fields.finish();
        Some(Self { name, owner: owner?, contact: contact?.0, product: product?.0, required: required?, build })
    }
}
