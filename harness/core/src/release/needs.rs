//! What a recipe may reach besides the system, the test product and its own output.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::document::{Decode, Decoder, Fields, Node, decode_words};

/// What `[build]` says of it, in `fixgate.toml` for every release, in a release's or a pack's record for its own recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Whether it may use the network.
    pub network: bool,
    /// The toolchains that it works with.
    pub toolchains: Vec<Toolchain>,
    /// What it may read besides.
    pub read: Vec<GrantedPath>,
    /// What it may write besides.
    pub write: Vec<GrantedPath>,
}

/// A toolchain that Fixgate knows how to find, and how to keep from the rest of the user's home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Toolchain {
    /// Rust: `cargo` and `rustc`, with a `CARGO_HOME` of its own and the user's settings for registries.
    Rust,
}
decode_words!(Toolchain, "toolchain");

/// A path that a person grants, with everything below it: absolute, below the user's home (`~/…`), or relative to the test product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedPath {
    /// As written, without the mark at its end.
    pub path: String,
    /// Whether it may be missing, which a `?` at the end says.
    pub optional: bool,
}

impl std::str::FromStr for GrantedPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, optional) = text.strip_suffix('?').map_or((text, false), |path| (path, true));
        let is_plain = |path: &str| path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        let rest = path.strip_prefix("~/").or_else(|| path.strip_prefix('/')).unwrap_or(path);
        if path == "~" || path.contains('\0') || !(is_plain(rest) || ["/", "."].contains(&path)) {
            return Err(format!(
                "{text:?} is no path to grant; write an absolute one, one below `~/`, or one inside the test product"
            ));
        }
        Ok(Self { path: path.to_owned(), optional })
    }
}

impl Decode for GrantedPath {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        decoder.text(node, "a path to grant", str::parse)
    }
}

impl fmt::Display for GrantedPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.path, if self.optional { "?" } else { "" })
    }
}

impl Needs {
    /// The keys of `[build]` that are about this.
    pub(crate) fn of(fields: &Fields<'_>) -> Self {
        let Grants { read, write } = fields.optional("grants").unwrap_or_default();
        Self { network: fields.optional("network").unwrap_or_default(), toolchains: fields.list("toolchains"), read, write }
    }

    /// All of this and all of the other.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            network: self.network || other.network,
            toolchains: [&*self.toolchains, &*other.toolchains].concat(),
            read: [&*self.read, &*other.read].concat(),
            write: [&*self.write, &*other.write].concat(),
        }
    }

    /// Whether the recipe reaches anything that only a person may open to it: what it could read or change there is the user's own.
    pub fn is_granted_files(&self) -> bool {
        !self.read.is_empty() || !self.write.is_empty()
    }
}

/// In words, nothing where it needs nothing.
impl fmt::Display for Needs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = self.network.then(|| "the network".to_owned());
        let toolchains = self.toolchains.iter().map(|toolchain| format!("the toolchain {toolchain}"));
        let read = self.read.iter().map(|path| format!("reading {path}"));
        let write = self.write.iter().map(|path| format!("writing {path}"));
        let all: Vec<String> = network.into_iter().chain(toolchains).chain(read).chain(write).collect();
        formatter.write_str(&all.join(", "))
    }
}

#[derive(Default)]
struct Grants {
    read: Vec<GrantedPath>,
    write: Vec<GrantedPath>,
}

impl Decode for Grants {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "grants: { read, write }")?;
        let grants = Self { read: fields.list("read"), write: fields.list("write") };
        fields.finish();
        Some(grants)
    }
}

/// `[build]` of `fixgate.toml`, which holds for the recipe of every release.
impl Decode for Needs {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "[build]")?;
        let needs = Self::of(&fields);
        fields.finish();
        Some(needs)
    }
}

/// How far a recipe was kept from everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Confinement {
    /// Not at all: it could do everything that its user can.
    None,
    /// From files and the network, but not from signalling other processes of its user, or from what an old system leaves open.
    Partial,
    /// From files, the network and other processes.
    Full,
}

impl Confinement {
    /// What it means, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Confinement::None => "its recipe could do everything that its user can",
            Confinement::Partial => "its recipe was kept from files and the network, as far as an old system does that",
            Confinement::Full => "its recipe reached nothing but what is stated for it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::GrantedPath;

    #[test]
    fn a_grant_is_a_path_that_is_what_it_says() {
        for good in ["/", "/srv/data", "~/.cache/x", "source", ".", "~/x?", "/opt/x?"] {
            assert_eq!(good.parse::<GrantedPath>().map(|path| path.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "?", "~", "~/", "~/.", "/.", "~/../x", "/a/../b", "../x", "a//b", "a/./b", "~other/x/.."] {
            assert!(bad.parse::<GrantedPath>().is_err(), "{bad}");
        }
    }
}
