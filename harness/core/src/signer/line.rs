//! One line of `allowed_signers`: `PRINCIPAL [OPTIONS] KEYTYPE BASE64 [COMMENT]`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ssh_key::PublicKey;

use super::Signer;
use crate::problem::{Place, Problem};

/// Reads the line at a place.
pub(super) fn read(place: &Place) -> Result<Signer, Problem> {
    let line = &place.source.text[place.span.clone()];
    let wrong = |part: &str, message: String| {
        // Parts are slices of the line, so their addresses tell where they stand.
        let start = place.span.start + (part.as_ptr().addr() - line.as_ptr().addr());
        Problem::at(Place { source: place.source.clone(), span: start..start + part.len() }, message)
    };
    let (principal, rest) = word(line);
    let name = principal.parse().map_err(|reason: String| {
        wrong(principal, reason).help("one principal a line, without patterns or quotes, so that a reader knows who it is")
    })?;
    let (options, key_text) = if is_key_type(word(rest).0) { ("", rest) } else { options(rest) };
    let (kind, _) = word(key_text);
    if !matches!(kind, "ssh-ed25519" | "sk-ssh-ed25519@openssh.com") {
        let (part, what) = if kind.is_empty() {
            (line, "this line has no public key".to_owned())
        } else {
            (kind, format!("keys of the type `{kind}` are not supported"))
        };
        return Err(wrong(part, what).help("a line is: PRINCIPAL [OPTIONS] ssh-ed25519 KEY; make one by: ssh-keygen -t ed25519"));
    }
    let key = PublicKey::from_openssh(key_text).map_err(|reason| wrong(key_text, format!("this is no public key: {reason}")))?;
    // The crate reads past a length that is wrong, where OpenSSH would see no key.
    let canonical = PublicKey::new(key.key_data().clone(), "").to_openssh().unwrap_or_default();
    if !key_text.split_whitespace().eq(canonical.split_whitespace().chain(key_text.split_whitespace().skip(2))) {
        return Err(wrong(key_text, "this is no public key: it is not as OpenSSH writes it".to_owned()));
    }
    let mut signer =
        Signer { principal: name, key, namespaces: None, valid_after: None, valid_before: None, place: place.clone() };
    for option in split(options) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let quoted = || {
            let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).filter(|value| !value.is_empty());
            inner.ok_or_else(|| wrong(option, format!("write {name}=\"…\"")))
        };
        let moment = || {
            let quoted = quoted()?;
            moment(quoted).ok_or_else(|| {
                let help = "write 20261231Z, or 202612312359Z: in UTC, so that it is the same for every reader";
                wrong(quoted, format!("{quoted:?} is not a time in UTC")).help(help)
            })
        };
        match name.to_ascii_lowercase().as_str() {
            "namespaces" => {
                let names: Vec<String> = quoted()?.split(',').map(str::to_owned).collect();
                if names.iter().any(|name| name.contains(['*', '?', '!'])) {
                    return Err(wrong(option, "a pattern among the namespaces".to_owned()).help("name each of them"));
                }
                signer.namespaces = Some(names);
            }
            "valid-after" => signer.valid_after = Some(moment()?),
            "valid-before" => signer.valid_before = Some(moment()?),
            _ => {
                let help = "the options are namespaces, valid-after and valid-before";
                return Err(wrong(option, format!("the option `{name}` is not supported")).help(help));
            }
        }
    }
    Ok(signer)
}

/// The first word, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

fn is_key_type(word: &str) -> bool {
    ["ssh-", "sk-", "ecdsa-", "rsa-"].iter().any(|start| word.starts_with(start))
}

/// The options, which end at the first space that is not in quotes, and what follows them.
fn options(text: &str) -> (&str, &str) {
    let end = outside_of_quotes(text, char::is_whitespace).next().unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

/// The options one by one.
fn split(options: &str) -> Vec<&str> {
    let mut start = 0;
    let mut parts = Vec::new();
    for comma in outside_of_quotes(options, |letter| letter == ',').chain([options.len()]) {
        parts.push(&options[start..comma]);
        start = (comma + 1).min(options.len());
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Where letters of a kind stand that no quotes enclose.
fn outside_of_quotes(text: &str, is_meant: impl Fn(char) -> bool) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    text.char_indices().filter_map(move |(index, letter)| {
        quoted ^= letter == '"';
        (!quoted && is_meant(letter)).then_some(index)
    })
}

/// A time as OpenSSH writes it, in UTC: `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or `YYYYMMDDHHMMSSZ`.
fn moment(text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
    if !matches!(digits.len(), 8 | 12 | 14) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to).map_or(Some(0), |digits| digits.parse::<i8>().ok());
    let year = digits[..4].parse().ok()?;
    let time = DateTime::new(year, number(4, 6)?, number(6, 8)?, number(8, 10)?, number(10, 12)?, number(12, 14)?, 0).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
