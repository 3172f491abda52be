//! Sealed pages that show something else than was decided.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fixgate_core::gate::Signoff;
use fixgate_core::id::Digest;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::{refused, seal_again, seal_statement, sealed};

#[test]
fn an_edited_page_is_refused() {
    let product = sealed();
    product.edit("reports/RU1/signoff.html", "<strong>SHIP</strong>", "<strong>SHIP NOW</strong>");
    refused(&product, &["signoff.html is not as it was signed"]);
}

/// A page is looked into: its table is held against the counts and the plan, and the decision in it against `signoff.json`.
#[test]
fn a_page_that_shows_something_else_is_refused_even_if_it_is_sealed() {
    for (part, old, new, message) in [
        ("rows", "suite/greeting", "suite/greetings", "signoff.html shows other scenarios than plan.txt.gz"),
        ("rows", "\"verdicts\":\"000\"", "\"verdicts\":\"001\"", "signoff.html shows other verdicts than signoff.json counts"),
        ("decision-json", "\"planned\": 3", "\"planned\": 4", "signoff.html holds another decision than signoff.json"),
    ] {
        let product = sealed();
        let page = product.read("reports/RU1/signoff.html");
        let start = format!("<script type=\"application/gzip\" id=\"{part}\">");
        let packed = page.split_once(&start).unwrap().1.split_once('<').unwrap().0;
        let mut text = String::new();
        GzDecoder::new(&*STANDARD.decode(packed).unwrap()).read_to_string(&mut text).unwrap();
        assert!(text.contains(old), "{old} is nowhere in {text}");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.replacen(old, new, 1).as_bytes()).unwrap();
        product.put("reports/RU1/signoff.html", &page.replace(packed, &STANDARD.encode(encoder.finish().unwrap())));
        let digest = |name: &str| Digest::of(product.read(&format!("reports/RU1/{name}")).as_bytes());
        let before = Signoff::read(&product.read("reports/RU1/signoff.json")).unwrap().files["signoff.html"].to_string();
        product.edit("reports/RU1/signoff.json", &before, &digest("signoff.html").to_string());
        seal_statement(&product, "evidence.intoto.json", |evidence| {
            for known in evidence["predicate"]["configuration"].as_array_mut().unwrap() {
                if let Some(name) = known["uri"].as_str().map(str::to_owned).filter(|uri| uri.starts_with("signoff.")) {
                    known["digest"]["sha256"] = digest(&name).hexadecimal().into();
                }
            }
        });
        seal_again(&product, |decision| {
            let inputs = decision["predicate"]["inputAttestations"].as_array_mut().unwrap();
            inputs[0]["digest"]["sha256"] = digest("evidence.intoto.json").hexadecimal().into();
        });
        refused(&product, &[message]);
    }
}
