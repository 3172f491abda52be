# Short names for what contributors run. `just --list` shows them.

# The lints and the format, as CI checks them.
lint:
    cargo fmt --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# The tests; `just test regressions::identity` runs a part of the end-to-end tests.
test *filter:
    cargo test --workspace --locked -- {{filter}}

# The long form of the fault sweeps and of the fuzzing: about an hour on two cores.
soak:
    cargo test -p fixgate --locked -- faults:: --include-ignored
    PROPTEST_CASES=100000 cargo test --release -p fixgate-core --locked fuzz::

# Pages in Debian's Chromium: accessibility, keys, addresses, printing, and what Jenkins lets through.
browser release="RU9":
    npm ci --prefix harness/browser --no-audit --no-fund --silent
    node harness/browser/page.mjs reports/{{release}}/signoff.html
    cargo test -p fixgate --locked --test all -- --ignored page:: site::
    cargo run --locked -- site target/site
    node harness/browser/site.mjs target/site

# What readers of JUnit from Node's and Python's registries make of a report; what they are known to show otherwise is a list.
readers:
    npm ci --prefix harness/readers --no-audit --no-fund --silent
    python3 -m venv target/readers
    target/readers/bin/pip install --quiet --requirement harness/readers/requirements.txt
    cargo test -p fixgate --locked --test all -- --ignored --nocapture readers::

# The sign-off of this repository, as the README shows it.
signoff release="RU9":
    cargo run --release --locked -- signoff {{release}}

# All that must hold before a change lands.
ci:
    .ci/run

# The oldest Rust that the crates state, with which everything must compile. rustup installs it if need be.
msrv:
    rustup toolchain install 1.91 --profile minimal
    CARGO_TARGET_DIR=target/msrv cargo +1.91 check --workspace --all-targets --locked

# The JSON Schemas in schemas/, again, after a stored document's type changed.
schemas:
    cargo test -p fixgate-core --locked --lib -- --ignored write_schemas

# Advisories, licences, bans and sources of the dependencies, by cargo-deny; the advisories come over the network.
deny:
    command -v cargo-deny >/dev/null || cargo install cargo-deny --locked
    cargo deny --locked check

# Misspelt words. `pip install typos` has the program, too.
typos:
    command -v typos >/dev/null || cargo install typos-cli --locked
    typos
