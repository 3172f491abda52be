//! What processes of the harness say to each other, in `postcard`'s form: a head after its length, then bodies.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::stop::StopFlag;

/// How long the harness may wait for the other side before it looks whether it shall stop.
const ATTENTION: Duration = Duration::from_millis(100);

/// The most bytes of a message's head: more than the system takes as a command.
const HEAD_LIMIT: u32 = 64 << 20;

/// A stream whose reader ends early when the harness is to stop.
#[derive(Debug)]
pub(crate) struct StoppableStream<'s> {
    stream: UnixStream,
    stop: &'s StopFlag,
}

impl<'s> StoppableStream<'s> {
    pub(crate) fn new(stream: UnixStream, stop: &'s StopFlag) -> io::Result<Self> {
        stream.set_read_timeout(Some(ATTENTION))?;
        Ok(Self { stream, stop })
    }
}

impl Read for StoppableStream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stream.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && !self.stop.load(Ordering::Relaxed) => {}
                result => return result,
            }
        }
    }
}

/// Writes the head after its length in four bytes, then the bodies; it may still have to be flushed.
pub(crate) fn send(writer: &mut impl Write, head: &impl Serialize, bodies: &[&[u8]]) -> io::Result<()> {
    let head = postcard::to_stdvec(head).map_err(io::Error::other)?;
    let length = u32::try_from(head.len()).map_err(io::Error::other)?;
    writer.write_all(&length.to_le_bytes())?;
    writer.write_all(&head)?;
    bodies.iter().try_for_each(|body| writer.write_all(body))
}

/// Reads a head into `buffer`, and gives what it says; `None` where the other side has closed the connection.
pub(crate) fn receive<T: for<'de> Deserialize<'de>>(reader: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<Option<T>> {
    buffer.clear();
    if reader.take(size_of::<u32>() as u64).read_to_end(buffer)? == 0 {
        return Ok(None);
    }
    let length = u32::from_le_bytes(buffer.as_slice().try_into().map_err(|_| io::ErrorKind::UnexpectedEof)?);
    if length > HEAD_LIMIT {
        return Err(io::Error::other("a message is too long"));
    }
    buffer.clear();
    if reader.take(length.into()).read_to_end(buffer)? < length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    match postcard::take_from_bytes(buffer) {
        Ok((head, [])) => Ok(Some(head)),
        Ok((_, rest)) => Err(io::Error::other(format!("a message goes on for {} bytes after its end", rest.len()))),
        Err(reason) => Err(io::Error::other(reason)),
    }
}

/// Reads so many bytes.
pub(crate) fn bytes(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length.min(1 << 16));
    let read = reader.take(length as u64).read_to_end(&mut bytes)?;
    if read < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}
