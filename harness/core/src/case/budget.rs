//! What a case may come to once its matrix, its table and its files are put together: a few lines could ask for more memory
//! than any machine has.

use std::cell::Cell;

/// The most bytes of all scenarios of one case.
const CASE_LIMIT: usize = 512 << 20;
/// The most bytes of one text, the values of the matrix put in.
const TEXT_LIMIT: usize = 64 << 20;

/// What is left of [`CASE_LIMIT`].
#[derive(Debug)]
pub(super) struct Budget(Cell<usize>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Cell::new(CASE_LIMIT))
    }

    /// Takes so many bytes from what is left.
    ///
    /// # Errors
    /// That it is too little, in words; from then on nothing is left.
    pub(super) fn take(&self, bytes: usize) -> Result<(), String> {
        let left = self.0.get().checked_sub(bytes);
        self.0.set(left.unwrap_or(0));
        let too_much = || format!("with its matrix, table and files the case comes to more than {} MiB", CASE_LIMIT >> 20);
        left.map(|_| ()).ok_or_else(too_much)
    }

    /// Whether nothing is left, so that reading on is of no use.
    pub(super) fn is_used_up(&self) -> bool {
        self.0.get() == 0
    }
}

/// Adds to a text that must not get too long.
///
/// # Errors
/// That it does, in words.
pub(super) fn push(text: &mut String, more: &str) -> Result<(), String> {
    if text.len() + more.len() > TEXT_LIMIT {
        return Err(format!("the text, with whatever the matrix puts in, is longer than {} MiB", TEXT_LIMIT >> 20));
    }
    text.push_str(more);
    Ok(())
}
