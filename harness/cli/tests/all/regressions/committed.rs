//! What is committed, and who said so.

mod files;
mod git;
mod since;
mod submodules;
mod verify;

use crate::common::{CRITERIA, GREETER, Product, Said, criterion, project};

/// A product with one release, all of it committed, whose sign-off ships while that is so.
fn committed() -> Product {
    let product = uncommitted();
    product.commit();
    product
}

fn uncommitted() -> Product {
    let product = Product::of(&[("RTM", GREETER)]);
    product.put("fixgate.toml", &project(&CRITERIA.replacen('[', "[\"committed\", ", 1)));
    product
}

fn signoff(product: &Product) -> Said {
    product.fixgate(&["signoff", "RTM", "--quiet", "--format", "json"])
}

/// Holds if the sign-off is held by `committed`, which names exactly these files below the commit.
#[track_caller]
fn differing(product: &Product, files: &[&str]) {
    let signoff = signoff(product).exits(1).json();
    let result = criterion(&signoff, "committed");
    let evidence: Vec<&str> = result["evidence"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert!(evidence[0].starts_with("records or cases differ from those of commit "), "{evidence:?}");
    assert_eq!(&evidence[1..], files);
}
