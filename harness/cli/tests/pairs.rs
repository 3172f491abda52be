//! The regression pairs of this repository under `cargo test`, against the newest release.

fn main() -> std::process::ExitCode {
    fixgate::libtest::run(env!("CARGO_MANIFEST_DIR"), "RU9", &["regression/**"])
}
