//! A product with a defect whose fix is private, and what is near it.

use super::{GREETING, Product, defect};

/// It adds wrongly.
pub(crate) const BROKEN: &str = "case \"$1\" in greet) echo hello ;; sum) echo 5 ;; *) echo \"$1\" ;; esac\n";

/// A product whose one release has a defect with a pair, near which two scenarios stand and others do not.
pub(crate) fn product() -> Product {
    let product = Product::of(&[("RTM", BROKEN)]);
    product.put("defects/GR-1.toml", &defect("status = \"private-fix\"\nfound-in = \"RTM\"").replace("core", "numbers"));
    let sum = GREETING.replace("greet\"", "sum\"").replace("hello", "4").replace("smoke", "arithmetic");
    product.put("testcases/regression/gr-1.toml", &format!("defects = [\"GR-1\"]\n{sum}"));
    let echo = |tag: &str| GREETING.replace("greet\"", "echo\"").replace("hello", "echo").replace("smoke", tag);
    product.put("testcases/suite/tagged.toml", &echo("arithmetic"));
    product.put("testcases/suite/numbers/inside.toml", &echo("other"));
    product.put("testcases/suite/words/far.toml", &echo("other"));
    product
}
