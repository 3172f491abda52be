//! Journals read: a block of lines at a time, which all processors parse.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use fixgate_core::id::Digest;
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::JournalError;
use crate::place::Place;

/// How many bytes are read at a time; a block has as many whole lines, and more only to hold one.
const BLOCK: u64 = 1 << 20;

/// What a journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents<H, R> {
    /// Its first line.
    pub header: H,
    /// The other lines.
    pub records: Vec<R>,
    /// The digest of every whole line before the last one.
    pub before_last: Digest,
    /// How many bytes of a cut-off last line were left out; 0 if the journal ends as it should.
    pub cut_off: usize,
}

/// Reads a journal, whether it is finished, cut off or still being written.
pub fn read<H: DeserializeOwned, R: DeserializeOwned + Send>(place: &Place) -> Result<Contents<H, R>, JournalError> {
    let (header, mut lines) = lines(place)?;
    let records = lines.by_ref().collect::<Result<_, _>>()?;
    Ok(Contents { header, records, cut_off: lines.cut_off, before_last: lines.digest_before_last() })
}

/// Opens a journal to read it a record at a time.
pub fn lines<H: DeserializeOwned, R>(place: &Place) -> Result<(H, Lines<R>), JournalError> {
    let file = place.open().map_err(JournalError::file("open", place))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut first = Vec::new();
    reader.read_until(b'\n', &mut first).map_err(JournalError::file("read", place))?;
    if !first.ends_with(b"\n") {
        return Err(JournalError::NoHeader(place.path().into()));
    }
    let header = serde_json::from_slice(&first).map_err(|source| not_a_record(place, 1, source))?;
    let place = place.clone();
    let (block, records, before_last) = (Vec::new(), VecDeque::new(), Sha256::new());
    Ok((header, Lines { place, reader, block, records, last: first, before_last, number: 1, cut_off: 0 }))
}

/// The records of a journal, in order.
#[derive(Debug)]
pub struct Lines<R> {
    place: Place,
    reader: BufReader<File>,
    /// The whole lines that were read last, and what they say as far as it has not been asked for.
    block: Vec<u8>,
    records: VecDeque<serde_json::Result<R>>,
    /// The last whole line, and all that stands before it.
    last: Vec<u8>,
    before_last: Sha256,
    /// How many lines were given.
    number: usize,
    /// How many bytes of a cut-off last line were left out.
    cut_off: usize,
}

impl<R> Lines<R> {
    /// The digest of every whole line but the last, once all were given.
    pub fn digest_before_last(self) -> Digest {
        <[u8; 32]>::from(self.before_last.finalize()).into()
    }

    /// Reads the next whole lines; there are none at the end. Without its newline even what reads well may be the start of
    /// something longer.
    fn advance(&mut self) -> io::Result<()> {
        self.block.clear();
        if self.cut_off > 0 {
            return Ok(());
        }
        self.reader.by_ref().take(BLOCK).read_to_end(&mut self.block)?;
        self.reader.read_until(b'\n', &mut self.block)?;
        let whole = after_newline(&self.block);
        self.cut_off = self.block.len() - whole;
        self.block.truncate(whole);
        Ok(())
    }
}

impl<R: DeserializeOwned + Send> Lines<R> {
    fn parse(&mut self) {
        let Self { block, records, last, before_last, .. } = self;
        let Some(without_end) = block.len().checked_sub(1) else { return };
        let (before, newest) = block.split_at(after_newline(&block[..without_end]));
        let digest = || {
            before_last.update(&last);
            before_last.update(before);
        };
        let parse = || block[..without_end].par_split(|byte| *byte == b'\n').map(serde_json::from_slice).collect();
        let ((), parsed): (_, Vec<_>) = rayon::join(digest, parse);
        *records = parsed.into();
        newest.clone_into(last);
    }
}

impl<R: DeserializeOwned + Send> Iterator for Lines<R> {
    type Item = Result<R, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.records.is_empty() {
            if let Err(error) = self.advance() {
                return Some(Err(JournalError::file("read", &self.place)(error)));
            }
            self.parse();
        }
        let record = self.records.pop_front()?;
        self.number += 1;
        Some(record.map_err(|source| not_a_record(&self.place, self.number, source)))
    }
}

/// Where what follows the last newline begins.
fn after_newline(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1)
}

fn not_a_record(place: &Place, line: usize, source: serde_json::Error) -> JournalError {
    let path = place.path().into();
    JournalError::Line { path, line, source }
}
