//! What a case may come to once its matrix, its table and its files are put together: a few lines could ask for more memory
//! than any machine has.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes of all scenarios of one case.
const CASE_LIMIT: usize = 512 << 20;
/// The most bytes of one text, the values of the matrix put in.
const TEXT_LIMIT: usize = 64 << 20;

/// What is left of [`CASE_LIMIT`], and one more; 0 once more was asked for than there was.
#[derive(Debug)]
pub(super) struct Budget(AtomicUsize);

impl Budget {
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(CASE_LIMIT + 1))
    }

    /// What is left, to be [`set`](Self::set) again.
    pub(super) fn left(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Has what was left before.
    pub(super) fn set(&self, left: usize) {
        self.0.store(left, Ordering::Relaxed);
    }

    /// Takes so many bytes from what is left.
    ///
    /// # Errors
    /// That it is too little, in words; from then on nothing is left.
    pub(super) fn take(&self, bytes: usize) -> Result<(), String> {
        let take = |left: usize| Some(left.saturating_sub(bytes));
        let (Ok(left) | Err(left)) = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        if left <= bytes {
            return Err(format!("with its matrix, table and files the case comes to more than {} MiB", CASE_LIMIT >> 20));
        }
        Ok(())
    }

    /// Whether more was asked for than there was, so that reading on is of no use.
    pub(super) fn is_used_up(&self) -> bool {
        self.left() == 0
    }
}

/// Adds to a text that must not get too long.
///
/// # Errors
/// That it does, in words.
pub(super) fn push(text: &mut String, more: &str) -> Result<(), String> {
    if text.len() + more.len() > TEXT_LIMIT {
        return Err(format!("the text, with the values that the matrix inserts, is longer than {} MiB", TEXT_LIMIT >> 20));
    }
    text.push_str(more);
    Ok(())
}
