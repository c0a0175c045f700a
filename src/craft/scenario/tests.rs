//! What of a scenario is shown around a mistake.

use proptest::prelude::*;

use super::*;

#[test]
fn secrets_are_stars_and_the_rest_is_as_it_was() {
    let source = "[vars]\npass = \"one\"\n[defaults]\nlifetime = 5\nkey = \"256=text:two\"\nkey = [\n  \"1=aa\",\n]\nbid = 1\n";
    let shown = "[vars]\npass = *****\n[defaults]\nlifetime = 5\nkey = **************\nkey = *\n  *******\n*\nbid = 1\n";
    assert_eq!(without_secrets(source), shown);
    let inline = "step = [{ bid = 1, key = \"256=text:three\" }]\n";
    assert!(!without_secrets(inline).contains("three"));
}

#[test]
fn an_error_names_its_place() {
    let source = "[[step]]\nname = \"a\"\nha = \"198.51.100.1\"\nhome_address = \"10.1.0.1\"\n[[step]]\nname = \"b\"\nuse = \"c\"\n";
    let error = read(source, &Surroundings::default()).unwrap_err();
    assert_eq!(error.to_string(), "line 7, step \"b\", key use: there is no earlier step \"c\"");
    assert_eq!(&source[error.span], "\"c\"");
    assert_eq!(error.help.as_deref(), Some("earlier steps are \"a\""));
}

proptest! {
    #[test]
    fn nothing_moves(source in "[a-z=\\[\\]\\n \"{}:ü]{0,200}") {
        let shown = without_secrets(&source);
        prop_assert_eq!(shown.len(), source.len());
        prop_assert_eq!(shown.lines().count(), source.lines().count());
    }

    #[test]
    fn any_text_is_read_or_refused(source in any::<String>()) {
        let _ = read(&source, &Surroundings::default());
    }

    #[test]
    fn any_step_is_read_or_refused(key in "[a-z_]{1,12}", value in "[0-9a-z\"\\[\\]{}.,:=/ -]{0,40}") {
        let _ = read(&format!("[[step]]\n{key} = {value}\n"), &Surroundings::default());
    }
}
