//! The `violations` section as text: what `show ip mobile violation` shows of a node.

use std::io::{self, Write};

use anstyle::Style;

use super::Page;
use super::exchanges::{NAI, named};
use crate::report::text_table::{Group, TextTable};

const VIOLATIONS: [Group; 6] = [
    Group::apart(&["Node", "home agent"]),
    Group::apart(&["Failed\nauth."]).right().whole(),
    Group::apart(&["Bad\nIdent."]).right().whole(),
    Group::apart(&["Unknown\nSPI"]).right().whole(),
    Group::apart(&["Last"]).whole(),
    Group::apart(&["Last refusal"]),
];

/// Writes all selected nodes that were refused something, or whose messages did not verify.
pub(super) fn write(out: &mut dyn Write, page: &mut Page<'_, '_>) -> io::Result<()> {
    let mut table = TextTable::new(&page.look, 0, &VIOLATIONS);
    for node in page.selection.nodes() {
        let Some(violations) = node.violations() else { continue };
        let name = match (node.home_address, &node.nai) {
            (Some(address), _) => address.to_string(),
            (None, Some(nai)) => page.look.glyphs.short_nai(nai, NAI),
            (None, None) => String::new(),
        };
        let last = violations.precision.map(|_| page.moment(violations.last));
        let code = violations.last_code.map(|code| named(code, page.numbers));
        table.row(out, Style::new())?;
        table.text(name);
        table.text(node.home_agent);
        table.text(violations.failed_authentication);
        table.text(violations.bad_identification);
        table.text(violations.unknown_spi);
        table.maybe(last);
        table.maybe(code);
    }
    if table.is_empty() { page.nothing(out, "no security violations") } else { table.write(out) }
}
