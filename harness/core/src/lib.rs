//! The pure core of Fixgate: records, cases, plan, judging, residuals, gate and the text of reports.
//!
//! Nothing here knows a file system, a process, an environment, a clock, a thread or a network: bytes and values come in,
//! values go out. Modules import only upwards in the order in which they are declared.

pub mod words;
pub mod visible;
pub mod id;
pub mod problem;
pub mod imported;
pub mod document;
pub mod person;
pub mod defect;
pub mod release;
pub mod signer;
pub mod project;
pub mod circumstances;
pub mod normalize;
pub mod waiver;
pub mod quarantine;
pub mod pack;
pub mod private_fix;
pub mod case;
pub mod manual;
pub mod verdict;
pub mod proof;
pub mod attestation;
pub mod ancestry;
pub mod accepted;
pub mod ledger;
pub mod identity;
pub mod claim;
pub mod plan;
pub mod validation;
pub mod event;
pub mod observation;
pub mod judge;
pub mod running;
pub mod varying;
pub mod record;
pub mod history;
pub mod attribute;
pub mod residual;
pub mod cause;
pub mod night;
pub mod rules;
pub mod gate;
pub mod rollup;
pub mod report;
pub mod seal;
#[cfg(test)]
mod schemas;
