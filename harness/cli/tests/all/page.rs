//! The page of a sign-off: complete without script, safe against all that a product prints, the same bytes from the same record.

mod others;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fixgate_core::gate::Signoff;
use fixgate_core::id::Digest;
use fixgate_core::report::page::read;
use fixgate_core::words::is_unseen;

use crate::common::{Product, project};

/// What products print, and people write, that would act in a page that is not careful.
const HOSTILE: [(&str, &str); 16] = [
    ("script", r"printf '<script>document.title=1</script>\n'"),
    ("end", r"printf '</script></pre></details></section></body></html>\n'"),
    ("comment", r"printf '<!-- <![CDATA[ ]]> -->\n'"),
    ("image", r#"printf '<img src=x onerror=alert(1)> " onmouseover="alert(1)\n'"#),
    ("style", r"printf '<style>*{display:none}</style><link rel=stylesheet href=//example.org>\n'"),
    ("frame", r"printf '<base href=//example.org><meta http-equiv=refresh content=0><iframe srcdoc=x>\n'"),
    ("address", r"printf 'javascript:alert(1) data:text/html,x //example.org/x.js\n'"),
    ("template", r"printf '{{ 7 * 7 }} {% include \047x\047 %} {# x #}\n'"),
    ("data", r#"printf '<script type="application/gzip" id="rows">AAAA</script>\n'"#),
    ("escapes", r"printf '\033[31mred\033[0m \033]8;;http://example.org\033\\link\033]8;;\033\\ \a\b\f\v\n'"),
    ("bytes", r"printf 'nul\0 \377\376 \303( \355\240\200\n'"),
    ("bidi", r"printf '\342\200\256evil\342\200\254 \342\200\213 \357\273\277 \342\201\246x\342\201\251\n'"),
    ("no-character", r"printf '\357\277\276 \357\277\277 \360\237\277\276\n'"),
    ("ends", r"printf 'a\r\nb\rc\342\200\250d\342\200\251e'"),
    ("difference", r"printf '%s\n' '--- baseline' '+++ this build' '@@ -1 +1 @@' '-forged' '+forged'"),
    ("entities", r"printf '&lt;b&gt; &#60;script&#62; &amp;amp;\n'"),
];

/// A product whose every scenario fails and prints something hostile.
fn hostile() -> Product {
    let arms: String = HOSTILE.iter().map(|(name, script)| format!("{name}) {script} ;;\n")).collect();
    let program = format!("case \"$1\" in\n{arms}*) echo hello ;;\nesac");
    let product = Product::of(&[("RTM", "echo hello"), ("RU1", &program)]);
    product.put("fixgate.toml", &project(crate::common::CRITERIA));
    let row = |(name, _): &(&str, &str)| format!("{{\"id\":\"{name}\",\"args\":[\"{name}\",\"<b>'&\\\"\\u202e\"]}}\n");
    product.put("testcases/suite/hostile.jsonl", &HOSTILE.iter().map(row).collect::<String>());
    let case = "title = \"<script>alert(1)</script>\"\ntable = \"hostile.jsonl\"\n[[step]]\nrun = [\"${product}\"]\nexpect = { stdout = \"hello\\n\" }\n";
    product.put("testcases/suite/hostile.toml", case);
    product.commit();
    product
}

/// The text between two marks, the first of them.
fn between<'p>(page: &'p str, start: &str, end: &str) -> &'p str {
    let (_, rest) = page.split_once(start).unwrap_or_else(|| panic!("the page has no {start}"));
    rest.split_once(end).unwrap_or_else(|| panic!("the page has no {end} after {start}")).0
}

/// A page without its own script, style and packed parts.
fn markup(page: &str) -> String {
    let mut rest = page.to_owned();
    for (start, end) in [("<style>", "</style>"), ("<script type=\"application/gzip\"", "</script>"), ("<script>", "</script>")] {
        while let Some(at) = rest.find(start) {
            let end = at + rest[at..].find(end).unwrap() + end.len();
            rest.replace_range(at..end, "");
        }
    }
    rest
}

#[test]
fn nothing_that_a_product_prints_becomes_markup() {
    let product = hostile();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let page = product.read("reports/RU1/signoff.html");
    assert_eq!(page.matches("<script").count(), 4, "table, details, decision and the page's own");
    assert_eq!(page.matches("<style").count(), 1);
    let markup = markup(&page);
    for forged in ["<img", "<script", "<style", "<link", "<base", "<iframe", "<!--", "<b>'", "onerror=alert(1)>", "srcdoc=x>"] {
        assert!(!markup.contains(forged), "{forged}");
    }
    assert!(markup.contains("&lt;script&gt;document.title=1"), "what was printed is shown");
    assert!(markup.contains("{{ 7 * 7 }}"), "nor is it filled in as a template");
    let unseen: Vec<char> = page.chars().filter(|letter| is_unseen(*letter) && !matches!(letter, '\n' | '\t')).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    let (_, rest) = page.split_once("<html lang=\"en\">").unwrap();
    assert!(rest.ends_with("</html>\n") || rest.ends_with("</html>"), "it ends where it should");
    assert_eq!(page.matches("</html>").count(), 1);
}

#[test]
fn what_is_packed_is_shown_as_escapes_too() {
    let product = hostile();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let page = product.read("reports/RU1/signoff.html");
    for part in ["rows", "details"] {
        let packed = between(&page, &format!("<script type=\"application/gzip\" id=\"{part}\">"), "<");
        let mut text = String::new();
        let bytes = STANDARD.decode(packed).unwrap();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*bytes), &mut text).unwrap();
        let unseen: Vec<char> = text.chars().filter(|letter| is_unseen(*letter)).collect();
        assert!(unseen.is_empty(), "{part}: {unseen:?}");
        // What JSON itself escapes, besides line ends and the mark of emphasis, would be a character that is not seen.
        for escape in ["\\u0000", "\\u001b", "\\u0007", "\\b", "\\r"] {
            let raw = text.replace("\\\\", "");
            assert!(!raw.contains(escape), "{part} holds {escape}");
        }
    }
}

#[test]
fn its_policy_names_its_style_and_script_and_allows_nothing_else() {
    let product = hostile();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let page = product.read("reports/RU1/signoff.html");
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Digest::of(text.as_bytes()).bytes()));
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"").replace("&#39;", "'");
    let (style, script) = (between(&page, "<style>", "</style>"), between(&page, "<script>", "</script>"));
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
            hash(style),
            hash(script)
        )
    );
    let tags: String =
        markup(&page).split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default().to_owned() + "\n").collect();
    for asked in [" src=", " style=\"", "srcset", "url(", " onclick=", "@import"] {
        assert!(!tags.contains(asked) && !style.contains(asked), "{asked}");
    }
    for asked in ["fetch(", "XMLHttpRequest", "import(", "eval(", "innerHTML", "document.write", "Date.now", "Math.random"] {
        assert!(!script.contains(asked), "{asked}");
    }
}

#[test]
fn the_same_record_gives_the_same_page() {
    let product = hostile();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let page = std::fs::read(product.path("reports/RU1/signoff.html")).unwrap();
    let run = product.runs().remove(0);
    for _ in 0..2 {
        let again = product.command(&["report", &run, "--format", "html"]).output().unwrap();
        assert!(again.status.success() && again.stdout == page, "another page");
    }
    let again = product.command(&["gate", &run, "--release", "RU1", "--format", "html"]).output().unwrap();
    assert!(again.status.code() == Some(1) && again.stdout == page, "the gate makes another page");
}

#[test]
fn without_script_everything_but_the_table_is_there() {
    let product = hostile();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let markup = markup(&product.read("reports/RU1/signoff.html"));
    let signoff = Signoff::read(&product.read("reports/RU1/signoff.json")).unwrap();
    for text in [
        "<strong>HOLD</strong>",
        "criteria do not hold: ",
        "What would make it ship",
        "Every planned scenario once",
        "<del>-hello</del>",
        "<h2>Fixes</h2>",
        "<h2>Intended changes</h2>",
        "<h2>Rules that changed</h2>",
        "needs script",
        "fixgate verify reports/RU1",
        &signoff.candidate.digest.to_string(),
        &signoff.plan.to_string(),
    ] {
        assert!(markup.contains(text), "{text}");
    }
    for criterion in &signoff.criteria {
        assert!(markup.contains(&format!("<b>{}</b>", criterion.id)), "{}", criterion.id);
    }
    // The counts of the first screen add up to what was planned.
    let rows = between(&markup, "<caption>Every planned scenario once</caption>", "<tfoot>");
    let counts = rows.split("<td class=\"n\">").skip(1).map(|rest| rest.split('<').next().unwrap().replace(',', ""));
    assert_eq!(counts.map(|count| count.parse::<u64>().unwrap()).sum::<u64>(), signoff.planned);
}

#[test]
fn what_it_holds_is_compared_with_the_sign_off() {
    let product = hostile();
    for release in ["RTM", "RU1"] {
        product.fixgate(&["signoff", release, "--quiet"]);
    }
    let of = |release: &str| {
        let text = product.read(&format!("reports/{release}/signoff.json"));
        let page = read(product.read(&format!("reports/{release}/signoff.html")).as_bytes()).unwrap();
        (Signoff::read(&text).unwrap(), page)
    };
    let plan = |release: &str| {
        let bytes = std::fs::read(product.path(&format!("reports/{release}/plan.txt.gz"))).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*bytes), &mut text).unwrap();
        text
    };
    let ((first, _), (second, page)) = (of("RTM"), of("RU1"));
    assert_eq!(page.disagreements(&second, &plan("RU1")), Vec::<String>::new());
    let others = page.disagreements(&first, "suite/other 0\n");
    assert!(others.iter().any(|other| other.contains("another decision")), "{others:?}");
    assert!(others.iter().any(|other| other.contains("other scenarios")), "{others:?}");
    assert!(others.iter().any(|other| other.contains("other verdicts")), "{others:?}");
    for (broken, message) in [("", "once"), ("<script type=\"application/gzip\" id=\"rows\">!<", "its part `rows`")] {
        assert!(read(broken.as_bytes()).unwrap_err().contains(message));
    }
    assert!(read(b"\xff").is_err());
}

#[test]
#[ignore = "drives Chromium: just browser"]
fn hostile_output_does_nothing_in_a_browser() {
    let product = hostile();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../browser/page.mjs");
    let command = std::process::Command::new("node").arg(script).arg(product.path("reports/RU1/signoff.html")).output();
    let seen = command.expect("node is missing: apt-get install --yes nodejs npm, then npm ci --prefix harness/browser");
    let said = [seen.stdout, seen.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(seen.status.success(), "{said}");
}
