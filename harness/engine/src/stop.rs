//! What ends work in good order before its time.

use std::sync::atomic::AtomicBool;

/// Set when no new job shall be taken.
pub type StopFlag = AtomicBool;
