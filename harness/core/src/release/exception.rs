//! What a release may be cut in spite of, each by a name that a person has to write.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::document::{Decode, Decoder, Node};
use crate::id::{DefectId, WaiverName};

/// One objection to a cut. It is written `KIND`, or `KIND:NAME` where it is about one record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exception {
    /// No fix and no change is checked in.
    Empty,
    /// The day of the cut is outside of the train's window, or the window cannot be told.
    OutsideWindow,
    /// `fixgate check` finds gaps that are about none of the records below.
    Gaps,
    /// No case names the fix.
    Unpaired(DefectId),
    /// The fix has no proof.
    Unproved(DefectId),
    /// The fix has a proof that no longer proves it.
    StaleProof(DefectId),
    /// The fix is not in the commit that the release is made of, or that cannot be told.
    NotInCommit(DefectId),
    /// The waiver has expired on the day of the cut.
    ExpiredWaiver(WaiverName),
}

impl Exception {
    /// The exceptions that are about no one record, with their words.
    const ALONE: [(&str, Exception); 3] =
        [("empty", Exception::Empty), ("outside-window", Exception::OutsideWindow), ("gaps", Exception::Gaps)];
    /// How the others begin.
    const UNPAIRED: &str = "unpaired";
    const UNPROVED: &str = "unproved";
    const STALE_PROOF: &str = "stale-proof";
    const NOT_IN_COMMIT: &str = "not-in-commit";
    const EXPIRED_WAIVER: &str = "expired-waiver";
}

impl fmt::Display for Exception {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exception::Empty | Exception::OutsideWindow | Exception::Gaps => {
                let word = Self::ALONE.iter().find(|(_, alone)| alone == self).map_or("", |(word, _)| word);
                formatter.write_str(word)
            }
            Exception::Unpaired(id) => write!(formatter, "{}:{id}", Self::UNPAIRED),
            Exception::Unproved(id) => write!(formatter, "{}:{id}", Self::UNPROVED),
            Exception::StaleProof(id) => write!(formatter, "{}:{id}", Self::STALE_PROOF),
            Exception::NotInCommit(id) => write!(formatter, "{}:{id}", Self::NOT_IN_COMMIT),
            Exception::ExpiredWaiver(name) => write!(formatter, "{}:{name}", Self::EXPIRED_WAIVER),
        }
    }
}

impl FromStr for Exception {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((_, alone)) = Self::ALONE.iter().find(|(word, _)| *word == text) {
            return Ok(alone.clone());
        }
        let (kind, name) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            Self::UNPAIRED => name.parse().map(Exception::Unpaired),
            Self::UNPROVED => name.parse().map(Exception::Unproved),
            Self::STALE_PROOF => name.parse().map(Exception::StaleProof),
            Self::NOT_IN_COMMIT => name.parse().map(Exception::NotInCommit),
            Self::EXPIRED_WAIVER => name.parse().map(Exception::ExpiredWaiver),
            _ => Err(format!(
                "{text:?} is no exception: write one as `fixgate rollup cut` names it, such as outside-window or unproved:ID"
            )),
        }
    }
}

impl Serialize for Exception {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Decode for Exception {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        decoder.text(node, "the name of an exception", str::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_read_as_it_is_written() {
        let names = [
            "empty",
            "outside-window",
            "gaps",
            "unpaired:RG-1",
            "unproved:RG-1",
            "stale-proof:RG-1",
            "not-in-commit:RG-1",
            "expired-waiver:w",
        ];
        for name in names {
            assert_eq!(name.parse::<Exception>().map(|exception| exception.to_string()), Ok(name.to_owned()));
        }
        for bad in ["", "all", "empty:RG-1", "unproved", "unproved:", "unproved:a b", "Unproved:RG-1"] {
            assert!(bad.parse::<Exception>().is_err(), "{bad}");
        }
    }
}
