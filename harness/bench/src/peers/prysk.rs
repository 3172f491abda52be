//! prysk, which goes on where cram ended: a file, a directory and a shell for each scenario, as Fixgate gives each its own. It knows
//! no more than one at a time.

use super::{Missing, Ready, Setup};

pub(super) fn prepare(setup: &Setup) -> Result<Ready, Missing> {
    let (program, version) = setup.python_program(&["prysk"], "prysk")?;
    let file = |number| {
        let text = format!("  $ '{}' hello row {number}\n  hello row {number}\n", setup.product());
        setup.put(&format!("rows/row-{number}.t"), &text)
    };
    (0..setup.scenarios).try_for_each(file).map_err(|failure| Missing::new(failure, "make room"))?;
    let says = format!("Ran {} tests, 0 skipped, 0 failed.", setup.scenarios);
    let version = format!("{version}, one at a time");
    Ok(Ready { version, program, arguments: vec!["rows".into()], environment: Vec::new(), says })
}
