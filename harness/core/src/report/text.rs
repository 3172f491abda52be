//! Pieces of text that several reports share.

use crate::id::{DefectId, ScenarioId};
use crate::record::Header;
use crate::residual::{Class, Cluster};
use crate::words::counted;

/// The exact command that runs a scenario again as it was run.
pub fn rerun(header: &Header, scenario: &ScenarioId) -> String {
    if let (false, Some(base)) = (header.fixes.is_empty(), &header.baseline) {
        let fixes: Vec<&str> = header.fixes.iter().map(DefectId::as_str).collect();
        let (candidate, base) = (quoted(&header.candidate.name), quoted(&base.build.name));
        return format!("again: fixgate validate {} --candidate {candidate} --base {base}", fixes.join(" "));
    }
    let baseline =
        header.baseline.as_ref().map(|baseline| format!(" --baseline {}", quoted(&baseline.build.name))).unwrap_or_default();
    let place = header.placed_as.as_ref().map(|release| format!(" --as {release}")).unwrap_or_default();
    format!("again: fixgate run {} --candidate {}{place}{baseline}", quoted(scenario.as_str()), quoted(&header.candidate.name))
}

/// A word as a POSIX shell reads it.
pub fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A cluster's first line: how many, of which class, and what the first of them showed.
pub fn headline(cluster: &Cluster) -> String {
    let scenarios = counted(cluster.scenarios.len(), "scenario");
    let class = cluster.class.map_or(cluster.verdict.as_str(), Class::as_str);
    let waived = if cluster.waived > 0 { format!(" ({} waived)", cluster.waived) } else { String::new() };
    let way = match cluster.as_on_baseline {
        None => "",
        Some(true) => " in the same way",
        Some(false) => " in another way",
    };
    format!("{scenarios} {class}{way}{waived}: {}", cluster.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_survives_a_shell() {
        assert_eq!(quoted("suite/a@b=c"), "suite/a@b=c");
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
        assert_eq!(quoted("a#b"), "'a#b'");
    }
}
