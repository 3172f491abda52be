//! Valid records of every kind, which between them have every key.

pub(crate) const PROJECTS: [&str; 2] = [
    r#"
[product]
name = "ripgrep"
program = "bin/rg"
[gate]
criteria = ["ledger", "committed", "proved", "cumulative", "complete", "clean", "explained", "canary", "flaky", "packs"]
min-scenarios = 20000
"#,
    r#"
[product]
name = "ripgrep"
program = "bin/rg"
[run]
timeout = "10s"
retries = 2
output-limit = "8MiB"
isolation = "strict"
grants = { read = ["/opt/x"], write = ["/var/x"] }
limits = { memory = "1GiB", file-size = "64MiB", processes = 100 }
[train]
cadence = { min-weeks = 6, max-weeks = 8 }
[gate]
criteria = ["clean", "cadence"]
min-scenarios = 1
max-flaky = 3
"#,
];

pub(crate) const RELEASES: [&str; 2] = [
    "version = \"12.1.1\"\n[build]\nrecipe = [\"make\", \"${out}\"]\n",
    r#"
version = "14.0.0"
follows = "RU1"
cut = 2023-11-20
shipped = 2023-11-26
[build]
recipe = ["cargo", "install", "ripgrep", "--version", "14.0.0", "--locked", "--root", "${out}"]
digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"#,
];

pub(crate) const DEFECTS: [&str; 3] = [
    "title = \"it is wrong\"\nseverity = \"minor\"\ncomponent = \"core\"\nstatus = \"open\"\n",
    r#"
title = "Files that a rule excludes are searched"
kind = "change"
severity = "major"
component = "ignore"
reported = 2020-12-01
source = "https://example.org/issues/1757"
found-in = "RU1"
status = "fixed"
fixed-in = "RU2"
fix = { commit = "abc123", author = "Ada" }
changes = ["suite/ignore/**", { scenarios = "suite/{a,b}*", accepted = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }]
"#,
    "title = \"again\"\nseverity = \"critical\"\ncomponent = \"core\"\nstatus = \"wont-fix\"\nduplicate-of = \"RG-1\"\n",
];

pub(crate) const WAIVERS: [&str; 2] = [
    r#"
scenario = "suite/a@b=c#d"
seen = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
kind = "test-is-bad"
release = "RU2"
owner = "Ada"
reason = "it is known"
expires = 2024-02-29
"#,
    r#"
criterion = "cumulative"
defect = "RG-1757"
kind = "accepted"
release = "RU2"
owner = "Ada"
reason = "it is known"
expires = 2024-02-29
"#,
];

pub(crate) const PRIVATE_FIXES: [&str; 1] = [r#"
defects = ["RG-1757", "RG-2884"]
customer = "Example Ltd"
base = "RU6"
digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
deadline = 2024-10-01
state = "superseded"
[dates]
coded = 2024-09-01
validated = 2024-09-01
delivered = 2024-09-02
accepted = 2024-09-09
checked-in = 2024-09-09
superseded = 2024-11-30
"#];

pub(crate) const PACKS: [&str; 1] = ["owner = \"Bo\"\ncontact = \"bo@example.com\"\nproduct = \"plugin\"\nrequired = true\n"];

pub(crate) const CASES: [&str; 4] = [
    "title = \"t\"\n[[step]]\nrun = [\"${product}\"]\n",
    r#"
title = "a rule of the parent directory holds"
defects = ["RG-1757"]
tags = ["ignore", "smoke"]
timeout = "5s"
network = true
applies = { from = "RU2", until = "RU8" }
superseded-by = "RG-9"
uses = ["t.jsonl"]
normalize = ["ansi", "workdir", "newlines", "sort-lines", { regex = '\d+(\.\d+)?ms', with = "$1 TIME" }]
[files]
".ignore" = "sub/skipped.txt\n"
"sub/found.txt" = { text = "needle\n", executable = true }
"raw.bin" = { base64 = "AP8=" }
"big.txt" = { repeat = "hay\n", times = 10 }
"alias" = { link = "sub/found.txt" }
"empty" = { directory = true }
"beside" = { copy = "t.jsonl" }
[matrix]
mode = { plain = [], count = ["-c"], both = ["-c", "-H"] }
path = ["sub", "./sub"]
exclude = [{ mode = "both", path = "sub" }]
[[step]]
run = ["${product}", "--no-config", "${mode}", "needle", "${path}", "$$", "${workdir}"]
stdin = { base64 = "AP8=" }
env = { LC_ALL = "C", ROOT = "${root}/testcases/suite/t.jsonl:${build}:${case-dir}/t.jsonl" }
expect = { exit = { not = 1 }, stdout = { contains = "${path}", not-contains = ["a", { base64 = "AP8=" }], regex = '^(?i)a+\b' }, max-time = "5s", max-rss = "64MiB" }
[[step]]
run = ["cat"]
stdin = "text"
expect = { exit = "any", stderr = { lines = ["a", "b"] }, files = { "a" = "text", "b" = { absent = true }, "c" = { contains = "x" } } }
[symptom]
signal = 6
stderr = { contains = "panicked" }
"#,
    r#"
title = "t"
table = "t.jsonl"
[matrix]
m = ["a", "b c"]
[files]
"${m}" = "text of ${m}"
[[step]]
run = ["${product}", "${m}"]
expect = { stdout = { json = { a = [1, 2.5, true, "x"] }, baseline = true }, stderr = { file = "t.jsonl" } }
"#,
    "title = \"t\"\n[[step]]\nrun = [\"${product}\"]\nexpect = \"baseline\"\n[[step]]\nrun = [\"a\"]\nexpect = { signal = 9 }\n",
];

pub(crate) const ROWS: [&str; 2] = [
    "{\"id\":\"one\"}\n{\"id\":\"two\",\"args\":[\"-i\",\"${product}\"]}\n",
    r#"{"id":"a/b:c","args":["x"],"stdin":"text","files":{"a":"x","b":{"base64":"AP8="}},"env":{"A":"b"}}
{"id":"two","stdin":{"base64":"AP8="},"expect":{"exit":1,"stdout":{"regex":"a+"}},"defects":["RG-1"],"tags":["slow"],"timeout":"5s"}

{"id":"three","expect":"baseline","files":{"\u0061":{"repeat":"ab","times":3}}}"#,
];

pub(crate) const PROOFS: [&str; 1] = [r#"{
  "base": { "name": "RU1", "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
  "fixed": { "name": "RU2", "digest": "sha256:a3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
  "scenarios": [
    {
      "scenario": "regression/rg-1",
      "definition": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "base": { "verdict": "failed", "signature": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
      "fixed": "passed",
      "runs": 3
    }
  ]
}
"#];

pub(crate) const ACCEPTED: [&str; 1] =
    ["{\"scenario\":\"suite/a\",\"outputs\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}\n\
     {\"scenario\":\"suite/b#c\",\"outputs\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}\n"];

/// Ids, globs, digests, limits, sizes and shards.
pub(crate) const WORDS: [&str; 9] = [
    "suite/search/words@case=-i,mode=count#row-1",
    "suite/{a,b}/**/[a-z]?x*",
    "suite/\\{a}/{b,{c,d}}",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "e3b0c44298fc",
    "250ms",
    "8MiB",
    "3/16",
    "RG-1757",
];

pub(crate) const PATTERNS: [&str; 5] = [
    r"^(?P<name>\w+): (?i:[a-z]{1,3}|\d+)$",
    r"(?s-u)\xff[^\x00-\x7f]*?",
    r"\p{Greek}|[\p{L}&&[^a-z]]",
    r"((a|b)*c)+(?:\bx\B)",
    r"(a{100}){100}",
];
