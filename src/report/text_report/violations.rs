//! The `violations` section as text: what `show ip mobile violation` tells of a node.

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
    Group::apart(&["Last code"]),
];

/// Writes all nodes that were refused something, or whose messages did not verify.
pub(super) fn write(out: &mut dyn Write, page: &mut Page<'_, '_>) -> io::Result<()> {
    let mut table = TextTable::new(&page.look, 0, &VIOLATIONS);
    for node in page.selection.nodes() {
        let Some(violations) = node.violations() else { continue };
        let name = match (node.home_address, &node.nai) {
            (Some(address), _) => address.to_string(),
            (None, Some(nai)) => page.look.glyphs.short_text(nai, NAI),
            (None, None) => String::new(),
        };
        let last = violations.precision.map(|_| page.moment(violations.last)).unwrap_or_default();
        let code = violations.last_code.map(|code| named(code, page.numbers)).unwrap_or_default();
        let row = vec![
            vec![name, node.home_agent.to_string()],
            vec![violations.failed_authentication.to_string()],
            vec![violations.bad_identification.to_string()],
            vec![violations.unknown_spi.to_string()],
            vec![last],
            vec![code],
        ];
        table.row(out, Style::new(), row)?;
    }
    if table.is_empty() { page.nothing(out, "no security violations") } else { table.write(out) }
}
