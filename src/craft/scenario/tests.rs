//! What of a scenario is shown around a mistake.

use proptest::prelude::*;

use super::*;

#[test]
fn secrets_are_stars_and_the_rest_is_as_it_was() {
    for (source, shown) in [
        (
            "[vars]\npass = \"one\"\n[defaults]\nlifetime = 5\n",
            "[vars]\npass = *****\n[defaults]\nlifetime = 5\n",
        ),
        ("[ vars ] # two\npass = \"one\"\n", "[ vars ] # ***\npass = *****\n"),
        ("vars = { pass = \"one\" }\n", "vars = { pass = ***** }\n"),
        ("vars.pass = \"one\"\n", "vars.pass = *****\n"),
        ("\"vars\".pass = 'one'\n", "\"vars\".pass = *****\n"),
        ("vars.pass = \"\"\"\none\ntwo\"\"\"\n", "vars.pass = ***\n***\n******\n"),
        ("[vars]\npass = [\"one\", { a = \"two\" }]\n", "[vars]\npass = [*****, { a = ***** }]\n"),
        ("vars = \"one\"\n", "vars = *****\n"),
        ("[defaults]\n\"key\" = \"256=aa\"\n", "[defaults]\n\"key\" = ********\n"),
        ("defaults.key = \"256=aa\"\nbid = 1\n", "defaults.key = ********\nbid = *\n"),
        ("defaults = { bid = 1, key = '256=aa' }\n", "defaults = { bid = 1, key = ******** }\n"),
        (
            "[[step]]\nkey = [\n  \"1=]\", # 2=bb\n  \"2=ü\"]\nha = \"a#b\"\n",
            "[[step]]\nkey = [\n  *****, # ****\n  ******]\nha = \"a#b\"\n",
        ),
        ("step = [{ bid = 1, key = \"256=text:one\" }]\n", "step = [{ bid = 1, key = ************** }]\n"),
        ("[[step]]\nkeys = \"256=aa\"\nbid = 1\n", "[[step]]\nkeys = ********\nbid = 1\n"),
        ("[[step]]\nbit = 1\nnames = [\"one\", 2]\n", "[[step]]\nbit = 1\nnames = [*****, 2]\n"),
        ("[[step]]\nsign = \"256=text:one\"\n", "[[step]]\nsign = **************\n"),
        ("# key = \"256=aa\"\n[[step]]\n", "# *** * ********\n[[step]]\n"),
        ("[[step]]\noverride = { lifetime = 1 }\n", "[[step]]\noverride = { lifetime = 1 }\n"),
        ("[[step]]\nkey.\"256=aa\" = 1\nbid = 1\n", "[[step]]\n************ * *\nbid = *\n"),
        ("key.\"256=aa\" = 1\nbid = 1\n", "************ * *\nbid = *\n"),
    ] {
        assert_eq!(without_secrets(source), shown, "{source}");
    }
}

#[test]
fn where_a_scenario_is_no_toml_only_known_names_are_shown() {
    for (source, shown) in [
        ("[ vars ]\npass = \"one\n[[step]]\nbid = 1\n", "[ vars ]\n**** * ****\n[[step]]\nbid = *\n"),
        ("vars = { pass = \"one\", \n", "vars = * **** * ****** \n"),
        ("vars.pass = \"one\n", "********* * ****\n"),
        ("\"key\" = \"256=aa\n", "***** * *******\n"),
        ("defaults.key = \"256=aa\n", "defaults.key = *******\n"),
        ("[step\nkey = \"256=aa\"\n", "*****\nkey = ********\n"),
        ("key = [\n\"1=]\",\n  two,\n[three],\n", "key = *\n******\n  ****\n********\n"),
        ("key = \"\"\"\none\na = b\n", "key = ***\n***\n* * *\n"),
        ("lifetime = 5 # one\nkey = \n  256=aa\n", "lifetime = * * ***\nkey = \n  ******\n"),
        ("key = \"1=aa\"\nkey = \"2=bb\"\n", "key = ******\nkey = ******\n"),
    ] {
        assert_eq!(without_secrets(source), shown, "{source}");
    }
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
