//! Digests, and the digests of values by their JSON form.

use std::fmt;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::Parsed;

/// A SHA-256 digest, written as `sha256:` and 64 hexadecimal digits.
///
/// ```
/// # use fixgate_core::id::Digest;
/// let empty = Digest::of(b"");
/// assert_eq!(empty.to_string().parse(), Ok(empty));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(description = "A SHA-256 digest."))]
pub struct Digest(#[cfg_attr(test, schemars(with = "String", regex(pattern = "^sha256:[0-9a-f]{64}$")))] [u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of all that is left to be read there.
    ///
    /// # Errors
    /// When it can't be read to its end.
    pub fn of_reader(reader: impl Read) -> io::Result<Self> {
        let mut hasher = Hasher(Sha256::new());
        io::copy(&mut BufReader::with_capacity(1 << 16, reader), &mut hasher)?;
        Ok(Self(hasher.0.finalize().into()))
    }

    /// The digest of a value's JSON form: fields in their declared order, maps sorted by key.
    pub fn of_json<T: Serialize>(value: &T) -> Self {
        Self::of_written(|serializer| value.serialize(serializer))
    }

    /// The digest of the JSON array of these values.
    pub fn of_json_array<T: Serialize>(values: impl IntoIterator<Item = T>) -> Self {
        Self::of_written(|serializer| serializer.collect_seq(values))
    }

    fn of_written(
        write: impl FnOnce(&mut serde_json::Serializer<&mut BufWriter<&mut Hasher>>) -> serde_json::Result<()>,
    ) -> Self {
        let mut hasher = Hasher(Sha256::new());
        // JSON is written in many small pieces, and hashed in blocks of 64 bytes. Most of what is digested is small.
        let mut buffered = BufWriter::with_capacity(512, &mut hasher);
        let written = write(&mut serde_json::Serializer::new(&mut buffered));
        // Writing to a hasher cannot fail, and every type digested here has string keys.
        if let Err(reason) = written.and_then(|()| buffered.flush().map_err(serde_json::Error::io)) {
            unreachable!("a definition is always JSON: {reason}");
        }
        drop(buffered);
        Self(hasher.0.finalize().into())
    }

    /// Its 64 hexadecimal digits.
    pub fn hexadecimal(&self) -> String {
        self.to_string().split_off(7)
    }

    /// Its 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its first twelve hexadecimal digits, for people to read. Two contents with the same twelve digits are found in minutes, so
    /// nothing compares these.
    pub fn short(&self) -> impl fmt::Display {
        let [first, second, third, fourth, fifth, sixth, ..] = self.0;
        DigestStart([first, second, third, fourth, fifth, sixth])
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// The first 48 bits of a digest, written as twelve hexadecimal digits: all that older sign-offs kept of a definition's. It is neither
/// equal nor unequal to anything; what it may be the start of is asked for by name.
#[derive(Debug, Clone, Copy)]
pub struct DigestStart([u8; 6]);

impl DigestStart {
    /// Whether the digest begins so. Another one may, too.
    pub fn may_be(&self, digest: &Digest) -> bool {
        digest.0.starts_with(&self.0)
    }
}

impl fmt::Display for DigestStart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl FromStr for DigestStart {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut bytes = [0; 6];
        read_hexadecimal(text, &mut bytes)
            .ok_or_else(|| format!("{text:?} is not the start of a digest: 12 hexadecimal digits"))?;
        Ok(Self(bytes))
    }
}

/// Fills `bytes` from exactly as many pairs of digits.
fn read_hexadecimal(digits: &str, bytes: &mut [u8]) -> Option<()> {
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(())
}

struct Hasher(Sha256);

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = *b"sha256:0000000000000000000000000000000000000000000000000000000000000000";
        for (pair, byte) in text[7..].chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        formatter.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a digest: `sha256:` and 64 hexadecimal digits");
        let digits = text.strip_prefix("sha256:").ok_or_else(wrong)?;
        let mut bytes = [0; 32];
        read_hexadecimal(digits, &mut bytes).ok_or_else(wrong)?;
        Ok(Self(bytes))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_back_as_written() {
        let digest = Digest::of(b"needle");
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        assert_eq!(digest.short().to_string(), digest.to_string()[7..19]);
        let start: DigestStart = digest.to_string()[7..19].parse().unwrap();
        assert!(start.may_be(&digest) && !start.may_be(&Digest::of(b"hay")));
        assert_eq!(start.to_string(), digest.short().to_string());
        assert!("sha256:12".parse::<Digest>().is_err());
        assert!(format!("sha256:{}", "g".repeat(64)).parse::<Digest>().is_err());
    }
}
