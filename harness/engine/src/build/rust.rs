//! The Rust toolchain for a recipe: its programs, and what the user's cargo says of registries.
//!
//! A recipe never gets the user's own `CARGO_HOME`: anyone who writes there decides what the user's next build runs.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::home::home;

/// Where the toolchain is that this user's `rustc` is of. It is asked outside of the test product, which could name another.
pub(super) fn sysroot() -> io::Result<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).current_dir("/").stdin(Stdio::null()).output()?;
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
    if output.status.success() && path.is_absolute() {
        return fs::canonicalize(path);
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()))
}

/// The parts of cargo's settings that say where packages come from.
const PARTS: [&str; 5] = ["http", "net", "registries", "registry", "source"];
/// What of them is for the user alone.
const SECRET: [&str; 4] = ["token", "secret-key", "credential-provider", "global-credential-providers"];

/// What the user's cargo says of registries, less what authenticates the user there.
pub(super) fn settings(inherited: &[(OsString, OsString)]) -> Option<String> {
    let stated = inherited.iter().find(|(name, _)| name == "CARGO_HOME").map(|(_, value)| PathBuf::from(value));
    let place = stated.or_else(|| Some(home()?.join(".cargo").into_std_path_buf()))?;
    let text = ["config", "config.toml"].into_iter().find_map(|name| fs::read_to_string(place.join(name)).ok())?;
    public(&text)
}

fn public(text: &str) -> Option<String> {
    let mut settings: toml::Table = text.parse().ok()?;
    settings.retain(|part, _| PARTS.contains(&part));
    settings.iter_mut().for_each(|(_, value)| without_secrets(value));
    toml::to_string(&settings).ok()
}

fn without_secrets(value: &mut toml::Value) {
    if let toml::Value::Table(table) = value {
        table.retain(|name, _| !SECRET.contains(&name));
        table.iter_mut().for_each(|(_, value)| without_secrets(value));
    }
}

/// Where a recipe's own cargo keeps what it fetches.
pub(super) fn cargo_home(cache: &Path) -> PathBuf {
    cache.join("cargo")
}

#[cfg(test)]
mod tests {
    use super::public;

    #[test]
    fn settings_say_where_packages_come_from_and_nothing_of_the_user() {
        let text = "[source.crates-io]\nreplace-with = \"ours\"\n[source.ours]\nregistry = \"sparse+https://mirror/\"\n\
                    [registries.ours]\nindex = \"https://mirror/\"\ntoken = \"s3cret\"\n[registry]\ntoken = \"s3cret\"\n\
                    [build]\nrustc-wrapper = \"sccache\"\n[http]\nproxy = \"proxy:3128\"\n";
        let public = public(text).unwrap_or_default();
        for kept in ["replace-with = \"ours\"", "sparse+https://mirror/", "index = ", "proxy:3128"] {
            assert!(public.contains(kept), "{kept}\n{public}");
        }
        assert!(!public.contains("s3cret") && !public.contains("sccache"), "{public}");
    }
}
