//! A recipe for the next version, from that of the one before.

/// The recipe with the new version in the place of the old one; nothing if the old one stands nowhere in it.
///
/// A version is found where no digit, letter or further part follows and no digit or point stands before it: `1.2.0` is in
/// `v1.2.0.tar.gz` and in neither `11.2.0` nor `1.2.0.1`.
pub fn with_version(recipe: &[String], old: &str, new: &str) -> Option<Vec<String>> {
    let replaced: Vec<String> = recipe.iter().map(|argument| replace(argument, old, new)).collect();
    (replaced != recipe).then_some(replaced)
}

fn replace(argument: &str, old: &str, new: &str) -> String {
    let mut replaced = String::new();
    let mut rest = argument;
    // An empty version would be found everywhere.
    while let Some(start) = rest.find(old).filter(|_| !old.is_empty()) {
        let (before, from) = rest.split_at(start);
        let after = &from[old.len()..];
        replaced.push_str(before);
        let begins = !replaced.ends_with(|letter: char| letter.is_ascii_digit() || letter == '.');
        let mut letters = after.chars();
        let ends = match (letters.next(), letters.next()) {
            (Some('.'), Some(part)) => !part.is_ascii_digit(),
            (Some(letter), _) => !letter.is_alphanumeric(),
            (None, _) => true,
        };
        replaced.push_str(if begins && ends { new } else { old });
        rest = after;
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_replaced_where_it_stands_alone() {
        let recipe = |arguments: &[&str]| arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>();
        let old =
            recipe(&["fetch", "--version", "1.2.0", "https://x/v1.2.0/rg-1.2.0-linux.tar.gz", "11.2.0", "1.2.0.1", "1.2.0a"]);
        let new =
            recipe(&["fetch", "--version", "1.3.0", "https://x/v1.3.0/rg-1.3.0-linux.tar.gz", "11.2.0", "1.2.0.1", "1.2.0a"]);
        assert_eq!(with_version(&old, "1.2.0", "1.3.0"), Some(new));
        assert_eq!(with_version(&recipe(&["make", "DESTDIR=${out}"]), "1.2.0", "1.3.0"), None);
        assert_eq!(with_version(&recipe(&["make"]), "", "1.3.0"), None);
    }
}
