//! What a program under test is kept from, and what it is granted all the same.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::document::{ByteSize, Decode, Decoder, Fields, Node, decode_words};

/// How far a program under test is kept apart from everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Isolation {
    /// It writes in its work directory alone, reads the system, its build and what its case names, uses no network unless its case
    /// says so, and reaches no process but its own.
    Strict,
    /// It has a session, limits and an environment of its own; nothing of it is left when it ends.
    Process,
}
decode_words!(Isolation, "isolation");

impl Isolation {
    /// The isolation's word.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What it means for a program under test, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Isolation::Strict => "it wrote in its work directory alone, and had no network unless its case says so",
            Isolation::Process => "it could write wherever its user can, and use the network",
        }
    }
}

/// What `[run]` says of isolation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsolationRules {
    /// What is demanded; `None` is strict wherever the system offers it.
    pub demanded: Option<Isolation>,
    /// What programs get besides.
    pub grants: Grants,
    /// What they may use up.
    pub limits: Limits,
}

/// What strict isolation leaves open: absolute paths, with everything below them, and more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Grants {
    /// To be read, and programs there to be run.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub read: Vec<Utf8PathBuf>,
    /// To be read and written.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub write: Vec<Utf8PathBuf>,
    /// Whether programs may have Unix sockets, and so use every one that their user may.
    #[serde(rename = "unix-sockets", default, skip_serializing_if = "std::ops::Not::not")]
    pub unix_sockets: bool,
}

impl fmt::Display for Grants {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let granted = |kind, paths: &[Utf8PathBuf]| paths.iter().map(|path| format!("{kind} {path}")).collect::<Vec<_>>();
        let sockets = self.unix_sockets.then(|| "Unix sockets".to_owned()).into_iter().collect();
        let all = [granted("read", &self.read), granted("write", &self.write), sockets].concat();
        formatter.write_str(if all.is_empty() { "none" } else { "" })?;
        formatter.write_str(&all.join(", "))
    }
}

/// What one process of a program under test may use up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Limits {
    /// Its address space in bytes; the system's own limit where it is absent.
    pub memory: Option<u64>,
    /// The length of a file that it writes, in bytes.
    pub file_size: u64,
    /// How many processes and threads its user may have on the machine, others included. The system spares its superuser.
    pub processes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: None, file_size: 4 << 30, processes: 10_000 }
    }
}

impl IsolationRules {
    pub(super) fn decode(fields: &Fields<'_>) -> Self {
        Self {
            demanded: fields.optional("isolation"),
            grants: fields.optional("grants").unwrap_or_default(),
            limits: fields.optional("limits").unwrap_or_default(),
        }
    }
}

impl Decode for Grants {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "grants: { read, write, unix-sockets }")?;
        let paths = |name| fields.list::<AbsolutePath>(name).into_iter().map(|path| path.0).collect();
        let unix_sockets = fields.optional("unix-sockets").unwrap_or(false);
        let grants = Self { read: paths("read"), write: paths("write"), unix_sockets };
        fields.finish();
        Some(grants)
    }
}

struct AbsolutePath(Utf8PathBuf);

impl Decode for AbsolutePath {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        decoder.text(node, "an absolute path", |text| match Utf8Path::new(text) {
            path if path.is_absolute() && !text.contains('\0') => Ok(Self(path.to_owned())),
            _ => Err(format!("a grant is an absolute path, and {text:?} is none")),
        })
    }
}

impl Decode for Limits {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "limits: { memory, file-size, processes }")?;
        let size = |name| fields.optional::<ByteSize>(name).map(|size| size.0);
        let (memory, file_size, processes) = (size("memory"), size("file-size"), fields.optional("processes"));
        fields.finish();
        let default = Self::default();
        Some(Self {
            memory,
            file_size: file_size.unwrap_or(default.file_size),
            processes: processes.unwrap_or(default.processes),
        })
    }
}
