//! The pure core of Fixgate: records, cases, plan, judging, residuals, gate and the text of reports.
//!
//! Nothing here knows a file system, a process, an environment, a clock, a thread or a network: bytes and values come in,
//! values go out. Modules import only upwards in the order in which they are declared.

pub mod defect;
pub mod document;
pub mod id;
pub mod problem;
pub mod project;
pub mod release;
pub mod report;
pub mod waiver;
