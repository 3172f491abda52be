//! What a recipe gets of its caller's environment: what says where tools, registries and certificates are, and in which language to
//! speak. A token or a password in any other variable is not for a recipe to read, which may have the network.

use std::ffi::OsString;

/// Names as they are.
const NAMED: [&str; 29] = [
    "ALL_PROXY",
    "AR",
    "CC",
    "CFLAGS",
    "CURL_CA_BUNDLE",
    "CXX",
    "CXXFLAGS",
    "GOPROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "JAVA_HOME",
    "LANG",
    "LDFLAGS",
    "LOGNAME",
    "NIX_SSL_CERT_FILE",
    "NO_PROXY",
    "PATH",
    "PIP_INDEX_URL",
    "PKG_CONFIG_PATH",
    "RUSTFLAGS",
    "SHELL",
    "SOURCE_DATE_EPOCH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TZ",
    "USER",
    "npm_config_registry",
    "GIT_SSL_CAINFO",
];
/// What names begin with.
const BEGINNINGS: [&str; 3] = ["CARGO_", "LC_", "RUSTUP_"];
/// What no name holds: cargo reads tokens from variables, too, and where it is to write.
const NOT: [&str; 6] = ["TOKEN", "SECRET", "PASSWORD", "CREDENTIAL", "TARGET_DIR", "INSTALL_ROOT"];

/// The variables of this process that a recipe gets.
pub(super) fn inherited() -> Vec<(OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_for_recipes)).collect()
}

fn is_for_recipes(name: &str) -> bool {
    let is_named = NAMED.iter().any(|known| name == *known || name == known.to_lowercase());
    let begins = BEGINNINGS.iter().any(|beginning| name.starts_with(beginning));
    (is_named || begins) && !NOT.iter().any(|not| name.contains(not))
}

#[cfg(test)]
mod tests {
    use super::is_for_recipes;

    #[test]
    fn a_recipe_gets_places_and_no_secrets() {
        for name in ["PATH", "https_proxy", "HTTPS_PROXY", "CARGO_HTTP_CAINFO", "RUSTUP_TOOLCHAIN", "LC_ALL"] {
            assert!(is_for_recipes(name), "{name}");
        }
        for name in [
            "GITHUB_TOKEN",
            "CARGO_TARGET_DIR",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_OURS_TOKEN",
            "SSH_AUTH_SOCK",
            "HOME",
            "AWS_PROFILE",
        ] {
            assert!(!is_for_recipes(name), "{name}");
        }
    }
}
