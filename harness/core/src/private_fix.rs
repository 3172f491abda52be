//! Private fixes: builds for customers who cannot wait, each on its way into the train.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::defect::Title;
use crate::document::{Decode, Decoder, Fields, Node, decode_words, parse_toml};
use crate::id::{DefectId, Digest, PrivateFixId, ReleaseName};
use crate::problem::{Place, Problem, Source};
use crate::words::counted;

/// How many days before its deadline a private fix begins to show as due.
pub const NEAR_DAYS: i32 = 7;

/// How far a private fix has come, from first to last; no step is left out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr, VariantArray, strum::Display,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum PrivateFixState {
    /// There is a build.
    Coded,
    /// The build is red on the base and green here, and nothing near it broke.
    Validated,
    /// The customer has it.
    Delivered,
    /// The customer is satisfied with it.
    Accepted,
    /// The fix is in the tree from which the next rollup is cut.
    CheckedIn,
    /// A release has the fix: the customer moves on to that.
    Superseded,
}
decode_words!(PrivateFixState, "state");

impl PrivateFixState {
    /// Every state, in the order of the life.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The state's word.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The state after this one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| *state > self)
    }
}

/// One file of `private-fixes/`: one build for one customer. Another build is another private fix, so that both stay known.
#[derive(Debug, Clone)]
pub struct PrivateFix {
    /// The file's stem.
    pub id: PrivateFixId,
    /// The defects that it fixes beyond its base; at least one.
    pub defects: Vec<DefectId>,
    /// Who waits for it.
    pub customer: String,
    /// The release that it is made from.
    pub base: ReleaseName,
    /// The digest of the build.
    pub digest: Digest,
    /// The last day on which it may be delivered, by the service agreement.
    pub deadline: Date,
    /// How far it has come.
    pub state: PrivateFixState,
    /// When it came to each state, up to this one; no day lies before the one of an earlier state.
    pub dates: BTreeMap<PrivateFixState, Date>,
    /// The record's first key.
    pub place: Place,
}

impl PrivateFix {
    /// Reads a private fix's record.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(id: PrivateFixId, source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let root = parse_toml(source)?;
        let decoder = Decoder::new(source);
        let fix = decoder.fields(&root, "a private fix").and_then(|fields| Self::decode(id, fields, &decoder));
        decoder.finish(fix)
    }

    fn decode(id: PrivateFixId, fields: Fields<'_>, decoder: &Decoder) -> Option<Self> {
        let (defects, customer) = (fields.required::<Vec<DefectId>>("defects"), fields.required::<Title>("customer"));
        let (base, digest) = (fields.required("base"), fields.required("digest"));
        let (deadline, state) = (fields.required("deadline"), fields.required::<PrivateFixState>("state"));
        let (dates, place) = (fields.required::<Dates>("dates"), fields.place());
        if let (Some([]), Some(node)) = (defects.as_deref(), fields.node("defects")) {
            decoder.problem(&node.span, "a private fix fixes at least one defect");
        }
        if let (Some(defects), Some(node)) = (&defects, fields.node("defects"))
            && let Some(twice) = defects.iter().find(|id| defects.iter().filter(|other| other == id).count() > 1)
        {
            decoder.problem(&node.span, format!("`{twice}` appears twice"));
        }
        if let (Some(state), Some(dates), Some(node)) = (state, &dates, fields.node("dates")) {
            dates.reach(state, node, decoder);
        }
        fields.finish();
        Some(Self {
            id,
            defects: defects?,
            customer: customer?.0,
            base: base?,
            digest: digest?,
            deadline: deadline?,
            state: state?,
            dates: dates?.0,
            place,
        })
    }

    /// What its deadline says on a day: nothing while that is far away, or once it was delivered.
    pub fn due(&self, today: Date) -> Option<Due> {
        let days = (self.deadline - today).get_days();
        match self.state {
            PrivateFixState::Coded | PrivateFixState::Validated if days <= NEAR_DAYS => {
                Some(Due { deadline: self.deadline, days })
            }
            PrivateFixState::Coded | PrivateFixState::Validated => None,
            PrivateFixState::Delivered | PrivateFixState::Accepted | PrivateFixState::CheckedIn | PrivateFixState::Superseded => {
                None
            }
        }
    }
}

/// A deadline that is near or missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The day.
    pub deadline: Date,
    /// Days from the day asked about to the deadline, at most [`NEAR_DAYS`]; negative once it is missed.
    pub days: i32,
}

impl Due {
    /// Whether the deadline has passed.
    pub fn is_missed(self) -> bool {
        self.days < 0
    }
}

impl fmt::Display for Due {
    /// `due in 3 days, on 2024-10-01` or `missed by 2 days, due on 2024-10-01`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = counted(self.days.unsigned_abs() as usize, "day");
        match self.days {
            0 => write!(formatter, "due today, on {}", self.deadline),
            1.. => write!(formatter, "due in {days}, on {}", self.deadline),
            ..0 => write!(formatter, "missed by {days}, due on {}", self.deadline),
        }
    }
}

/// `[dates]`.
struct Dates(BTreeMap<PrivateFixState, Date>);

impl Decode for Dates {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "[dates]")?;
        let dates =
            PrivateFixState::ALL.iter().copied().filter_map(|state| Some((state, fields.optional(state.as_str())?))).collect();
        fields.finish();
        Some(Self(dates))
    }
}

impl Dates {
    /// Says where they are not those of a life that has come to this state.
    fn reach(&self, state: PrivateFixState, node: &Node, decoder: &Decoder) {
        let mut before: Option<(PrivateFixState, Date)> = None;
        for step in PrivateFixState::ALL.iter().copied() {
            match (self.0.get(&step), step <= state) {
                (None, true) => decoder.problem(&node.span, format!("[dates] has no `{step}`, and the state is `{state}`")),
                (Some(_), false) => decoder.problem(&node.span, format!("[dates] has `{step}`, and the state is `{state}`")),
                (Some(date), true) => {
                    if let Some((earlier, day)) = before.filter(|(_, day)| date < day) {
                        decoder.problem(&node.span, format!("`{step}` on {date} lies before `{earlier}` on {day}"));
                    }
                    before = Some((step, *date));
                }
                (None, false) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(state: &str, dates: &str) -> PrivateFix {
        let digest = Digest::of(b"build");
        let text = format!(
            "defects = [\"RG-1\"]\ncustomer = \"Acme\"\nbase = \"RU6\"\ndigest = \"{digest}\"\n\
             deadline = 2024-10-01\nstate = \"{state}\"\n[dates]\n{dates}\n"
        );
        PrivateFix::read("PF-1".parse().unwrap(), &Source::new("private-fixes/PF-1.toml", text)).unwrap()
    }

    #[test]
    fn a_deadline_shows_from_a_week_before_until_the_build_is_delivered() {
        let due = |fix: &PrivateFix, day: &str| fix.due(day.parse().unwrap()).map(|due| due.to_string());
        let coded = fix("coded", "coded = 2024-09-01");
        assert_eq!(due(&coded, "2024-09-23"), None);
        assert_eq!(due(&coded, "2024-09-24").as_deref(), Some("due in 7 days, on 2024-10-01"));
        assert_eq!(due(&coded, "2024-09-30").as_deref(), Some("due in 1 day, on 2024-10-01"));
        assert_eq!(due(&coded, "2024-10-01").as_deref(), Some("due today, on 2024-10-01"));
        assert_eq!(due(&coded, "2024-12-24").as_deref(), Some("missed by 84 days, due on 2024-10-01"));
        assert!(coded.due("2024-10-02".parse().unwrap()).unwrap().is_missed());
        let delivered = fix("delivered", "coded = 2024-09-01\nvalidated = 2024-09-01\ndelivered = 2024-09-02");
        assert_eq!(due(&delivered, "2024-12-24"), None);
    }

    #[test]
    fn states_follow_each_other_and_leave_none_out() {
        let mut life = vec![PrivateFixState::Coded];
        while let Some(next) = life.last().and_then(|state| state.next()) {
            life.push(next);
        }
        assert_eq!(life, PrivateFixState::ALL);
    }
}
