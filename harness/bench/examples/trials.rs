//! The benchmark's scenarios as trials of libtest-mimic: one process each of the product, its output compared.
//!
//! `BENCH_PRODUCT` is the program, `BENCH_SCENARIOS` how many there are. Asked for exactly one, it makes no other, so that a
//! runner with a process for each trial does not pay for all of them every time.

use std::env;
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let (Ok(product), Some(count)) = (env::var("BENCH_PRODUCT"), env::var("BENCH_SCENARIOS").ok().and_then(|n| n.parse().ok()))
    else {
        eprintln!("BENCH_PRODUCT names the program, and BENCH_SCENARIOS is how often it runs");
        return ExitCode::from(2);
    };
    let only: Option<u64> = arguments.filter.as_ref().filter(|_| arguments.exact).and_then(|name| number(name));
    let numbers = only.map_or(0..count, |number| number..number + 1);
    let trials = numbers.map(|number| trial(product.clone(), number)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn number(name: &str) -> Option<u64> {
    name.strip_prefix("row-")?.parse().ok()
}

fn trial(product: String, number: u64) -> Trial {
    Trial::test(format!("row-{number}"), move || {
        let output = Command::new(&product).args(["hello", "row", &number.to_string()]).output()?;
        let expected = format!("hello row {number}\n");
        if output.status.success() && output.stdout == expected.as_bytes() && output.stderr.is_empty() {
            return Ok(());
        }
        Err(Failed::from(format!("{output:?}")))
    })
}
