//! The pure core of Fixgate: records, cases, plan, judging, residuals, gate and the text of reports.
//!
//! Nothing here knows a file system, a process, an environment, a clock, a thread or a network: bytes and values come in,
//! values go out. Modules import only upwards in the order in which they are declared.

pub mod accepted;
pub mod case;
pub mod claim;
pub mod defect;
pub mod document;
pub mod event;
pub mod gate;
pub mod id;
pub mod judge;
pub mod ledger;
pub mod normalize;
pub mod observation;
pub mod pack;
pub mod plan;
pub mod problem;
pub mod project;
pub mod proof;
pub mod record;
pub mod release;
pub mod residual;
pub mod verdict;
pub mod waiver;
