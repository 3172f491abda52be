//! Names, globs, digests, sizes and regular expressions: all that is one word of a record or of the command line.

use fixgate_core::document::{ByteSize, Limit};
use fixgate_core::id::{
    CaseId, Component, DefectId, Digest, DigestStart, Glob, PackName, ReleaseName, RunName, ScenarioId, Tag, WaiverName,
};
use fixgate_core::normalize::{Normalize, Paths, Pattern, normalize};
use fixgate_core::plan::Shard;
use proptest::prelude::*;

use super::mutate::{mutants, texts};
use super::seeds;

/// Reads as this type, and says why if it does not.
fn read<T: std::str::FromStr<Err = String>>(text: &str) -> Option<T> {
    text.parse().map_err(|reason: String| assert!(!reason.is_empty())).ok()
}

proptest! {
    #[test]
    fn a_name(text in texts(&seeds::WORDS)) {
        read::<CaseId>(&text);
        read::<ScenarioId>(&text).inspect(|id| assert!(!id.case().is_empty()));
        let _ = (read::<Component>(&text), read::<DefectId>(&text), read::<PackName>(&text), read::<ReleaseName>(&text));
        let _ = (read::<RunName>(&text), read::<Tag>(&text), read::<WaiverName>(&text));
    }

    #[test]
    fn a_digest_a_size_a_limit_or_a_shard(text in texts(&seeds::WORDS)) {
        let _ = (read::<Digest>(&text), read::<DigestStart>(&text), read::<Shard>(&text));
        let _ = (read::<Limit>(&text), read::<ByteSize>(&text));
    }

    #[test]
    fn a_glob(text in texts(&seeds::WORDS)) {
        if let Some(glob) = read::<Glob>(&text) {
            let _ = glob.matches(&"suite/a/b/cx@case=-i".parse().unwrap());
            assert!(text.starts_with(glob.literal()));
        }
    }

    #[test]
    fn a_regular_expression(text in texts(&seeds::PATTERNS), stream in mutants(&seeds::ROWS)) {
        if let Ok(regex) = Pattern::new(&text) {
            let _ = regex.is_match(&stream);
            let _ = normalize(&stream, &[Normalize::Ansi, Normalize::Replace { regex, with: "$0$name$1".into() }], &Paths { work_directory: "/w", product: "/b/p", build: "/b" });
        }
    }
}
