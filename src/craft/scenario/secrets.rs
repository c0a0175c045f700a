//! Showing a scenario without its secrets.

/// The text of a scenario with stars in place of all that could be a secret, of the same length: for showing the
/// place of a mistake.
pub fn without_secrets(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let (mut in_variables, mut in_keys) = (false, false);
    for line in source.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if trimmed.starts_with('[') && !in_keys {
            in_variables = trimmed.starts_with("[vars]");
        }
        let is_key = trimmed.strip_prefix("key").is_some_and(|rest| rest.trim_start().starts_with('='));
        // In an inline table, or wherever a secret's own form is seen.
        let is_suspect = line.contains("text:") || line.contains("key =") || line.contains("key=");
        let hides = in_variables || in_keys || is_key || is_suspect;
        in_keys = (in_keys || is_key) && !line.contains(']') && (in_keys || line.contains('['));
        let shown = if !hides || trimmed.starts_with('[') && !in_keys && !is_suspect {
            line.len()
        } else if in_keys && !is_key {
            0
        } else {
            line.find('=').map_or(0, |at| at.saturating_add(1))
        };
        let (plain, secret) = line.split_at_checked(shown).unwrap_or((line, ""));
        out.push_str(plain);
        for character in secret.chars() {
            if character.is_whitespace() {
                out.push(character);
            } else {
                (0..character.len_utf8()).for_each(|_| out.push('*'));
            }
        }
    }
    out
}
