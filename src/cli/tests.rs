//! What people type, and what becomes of it.

use std::{collections::BTreeMap, ffi::OsString, time::Duration};

use clap::CommandFactory;

mod page;

use super::{Cli, State, Stop, Subject, Verb, unread};
use crate::address::Which;
use crate::names::EnvironmentName;

fn parse(line: &str) -> Result<Cli, Stop> {
    parse_with(line, &[])
}

fn parse_with(line: &str, variables: &[(&str, &str)]) -> Result<Cli, Stop> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Cli::parse_from(line.split_whitespace().map(OsString::from), &variables)
}

fn failure(line: &str) -> String {
    match parse(line) {
        Err(Stop::Failure(failure)) => failure.message,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_command_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn what_a_command_says_of_itself_at_length_is_its_help() {
    for verb in ["comment", "completions", "doctor", "explain", "graph", "history", "lock", "rollback", "set"] {
        let command = Cli::command();
        let long = command.find_subcommand(verb).and_then(|verb| verb.get_long_about()).map(ToString::to_string);
        assert!(long.as_deref().is_some_and(|long| long.len() > 100), "{verb}: {long:?}");
    }
}

#[test]
fn no_example_is_wider_than_a_terminal() {
    fn look(command: &clap::Command, path: &str) {
        let path = format!("{path} {}", command.get_name());
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        // Prose is wrapped; what is typed is not, and stands seven columns in on the manual's pages.
        for line in after.lines().filter_map(|line| line.strip_prefix("  ")) {
            assert!(line.chars().count() <= 73, "{path}: {line}");
        }
        command.get_subcommands().for_each(|inner| look(inner, &path));
    }
    look(&Cli::command(), "");
}

#[test]
fn long_flags_take_one_dash_or_two() {
    let one = parse("ditc apply jakub -auto-approve -lock-timeout=5m -parallelism 3 -input=false -no-color -context x")
        .unwrap();
    let two =
        parse("ditc apply jakub --auto-approve --lock-timeout 5m --parallelism=3 --input=false --no-color --context=x")
            .unwrap();
    assert_eq!(one, two);
    let Verb::Apply(apply) = &one.verb else { panic!("{one:?}") };
    assert!(apply.run.auto_approve && !apply.run.input && one.wishes().no_input && one.wishes().no_color);
    assert_eq!((apply.run.parallelism, apply.run.lock.lock_timeout), (3, Duration::from_secs(300)));
    assert_eq!(one.global.repeat(), " --context=x");
    let cli = Cli::parse_from(["ditc", "plan", "a", "-chdir", "my dir"].map(OsString::from), &BTreeMap::new()).unwrap();
    assert_eq!(cli.global.repeat(), " --chdir='my dir'");
}

#[test]
fn a_line_that_makes_no_sense_may_still_want_no_colours() {
    let wants = |line: &str, variables: &[(&str, &str)]| {
        let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        unread(line.split(' ').map(OsString::from), &variables).no_color
    };
    assert!(wants("ditc plam -no-color", &[]) && wants("ditc --no-color plan -nothing", &[]));
    assert!(wants("ditc plam", &[("DITC_CLI_ARGS", "-q -no-color")]));
    assert!(!wants("ditc plam", &[]) && !wants("ditc exec a/b -x -- ls --no-color", &[]));
}

#[test]
fn global_flags_stand_before_the_verb_too() {
    let cli = parse("ditc -chdir=/tmp -json -q plan jakub").unwrap();
    assert!(cli.global.json && cli.global.quiet);
    assert_eq!(cli.global.chdir.as_deref(), Some(std::path::Path::new("/tmp")));
}

#[test]
fn variables_add_defaults_that_the_line_overrides() {
    let variables = [("DITC_CLI_ARGS", "-no-color"), ("DITC_CLI_ARGS_apply", "-parallelism='4' -auto-approve")];
    let cli = parse_with("ditc -context plan apply jakub -auto-approve", &variables).unwrap();
    let Verb::Apply(apply) = &cli.verb else { panic!("{cli:?}") };
    assert!(cli.global.no_color && apply.run.auto_approve);
    assert_eq!(apply.run.parallelism, 4);
    let cli = parse_with("ditc apply jakub -parallelism=5", &variables).unwrap();
    let Verb::Apply(apply) = &cli.verb else { panic!("{cli:?}") };
    assert_eq!(apply.run.parallelism, 5);
}

#[test]
fn variables_are_read_as_a_shell_reads_words() {
    let var = |text: &str| {
        let cli = parse_with("ditc plan jakub", &[("DITC_CLI_ARGS_plan", text)]).unwrap();
        let Verb::Plan(plan) = cli.verb else { panic!("no plan") };
        plan.variables.var.into_iter().map(|(_, value)| value).collect::<Vec<_>>()
    };
    assert_eq!(var(r#"-var 'a=b c' -var="d=e \"f\" \$g \h""#), ["b c", r#"e "f" $g \h"#]);
    assert_eq!(var(r"-var a=b\ c -var a='it'\''s'"), ["b c", "it's"]);
    assert_eq!(var("-var a=''"), [""]);
    assert_eq!(var("  "), Vec::<String>::new());
}

#[test]
fn variables_are_for_commands_of_two_words_and_with_dashes_too() {
    let cli = parse_with("ditc state list jakub", &[("DITC_CLI_ARGS_state_list", "-json")]).unwrap();
    assert!(cli.global.json);
    let cli = parse_with("ditc state show jakub a/b", &[("DITC_CLI_ARGS_state_list", "-json")]).unwrap();
    assert!(!cli.global.json);
    let cli = parse_with("ditc port-forward jakub web 80", &[("DITC_CLI_ARGS_port_forward", "-context=x")]).unwrap();
    assert_eq!(cli.global.context.as_deref(), Some("x"));
    // The name of an environment is no command.
    assert!(parse_with("ditc plan apply", &[("DITC_CLI_ARGS_plan_apply", "-nonsense")]).is_ok());
}

#[test]
fn what_a_variable_adds_is_told_when_it_is_wrong() {
    let hints = |line: &str, variable: (&str, &str)| match parse_with(line, &[variable]) {
        Err(Stop::Failure(failure)) => failure.hints,
        other => panic!("{other:?}"),
    };
    let told = "a variable adds to what was typed: DITC_CLI_ARGS_plan=-auto-approve";
    assert_eq!(hints("ditc plan jakub", ("DITC_CLI_ARGS_plan", "-auto-approve")), [told]);
    let hints = hints("ditc apply jakub", ("DITC_CLI_ARGS", "-json"));
    assert!(hints.last().is_some_and(|hint| hint.ends_with("DITC_CLI_ARGS=-json")), "{hints:?}");
    for (text, why) in [("'x", "has a quote that is never closed"), ("x\\", "ends with a backslash that keeps nothing")]
    {
        match parse_with("ditc plan jakub", &[("DITC_CLI_ARGS", text)]) {
            Err(Stop::Failure(failure)) => assert_eq!(failure.message, format!("DITC_CLI_ARGS {why}")),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn scripts_for_terraform_find_its_flags() {
    for line in [
        "ditc -chdir=x plan jakub -input=false -lock=false -lock-timeout=5m -parallelism=5 -no-color -compact-warnings",
        "ditc plan jakub -detailed-exitcode -out=x.plan -refresh-only -target=jakub -var a=b -var-file=f",
        "ditc plan jakub -destroy -refresh=false",
        "ditc apply jakub -input=false -lock=true -lock-timeout=5m -parallelism=5 -auto-approve -compact-warnings -json",
        "ditc drift jakub -input=false -lock=false -no-color -json",
        "ditc show x.plan -json",
        "ditc validate -json -no-color",
    ] {
        assert!(parse(line).is_ok(), "{line}: {:?}", parse(line));
        let two = line.replace(" -", " --");
        assert_eq!(parse(line).ok(), parse(&two).ok(), "{two}");
    }
    assert!(failure("ditc apply jakub -lock=false").contains("-lock=false is not possible"));
}

#[test]
fn apply_destroy_is_destroy() {
    let destroyed = parse("ditc apply jakub -destroy -auto-approve").unwrap();
    assert_eq!(destroyed, parse("ditc destroy jakub -auto-approve").unwrap());
    assert_eq!(parse("ditc apply -destroy jakub -auto-approve").unwrap(), destroyed);
    assert!(matches!(parse("ditc plan jakub -destroy").unwrap().verb, Verb::Plan(plan) if plan.destroy));
}

#[test]
fn connections_are_those_of_kubectl() {
    let cli =
        parse("ditc plan jakub --context a --cluster b --user c --server https://d:6443/ --as e --as-group f").unwrap();
    let repeated = " --context=a --cluster=b --user=c --server=https://d:6443 --as=e --as-group=f";
    assert_eq!(cli.global.repeat(), repeated);
    for server in ["d:6443", "ftp://d", "https://", "https:///x"] {
        assert!(failure(&format!("ditc plan jakub --server {server}")).contains("write it as https://HOST:PORT"));
    }
    assert!(failure("ditc plan jakub --sandbox --user c").contains("cannot be used with"));
    for (flag, word) in [
        ("--token=canary", "everybody on this machine can read a command line"),
        ("--password canary", "everybody"),
        ("--insecure-skip-tls-verify", "how to trust a server is said by the kubeconfig"),
        ("-A", "no flag for all namespaces"),
        ("-l app=x", "no label selector"),
        ("-o json", "-json"),
        ("-o=yaml", "-json"),
        ("-w", "to watch"),
        ("--dry-run=server", "`ditc plan` shows"),
        ("-v 6", "verbosity"),
    ] {
        let text = failure(&format!("ditc plan jakub {flag}"));
        assert!(text.contains(word) && !text.contains("canary"), "{flag}: {text}");
    }
}

#[test]
fn refuses_what_would_lead_astray() {
    for line in ["ditc plan jakub -n x", "ditc plan jakub --namespace=x", "ditc plan jakub -namespace x"] {
        assert_eq!(failure(line), "ditc has no flag for the namespace: it comes from the environment's file");
    }
    assert!(failure("ditc apply jakub -field-manager=me").contains("field manager"));
    assert!(failure("ditc apply jakub -json").contains("-auto-approve"));
    assert!(failure("ditc plan Jakub").contains("lower-case letters"));
    assert!(failure("ditc apply jakub -sandbox -context x").contains("cannot be used with"));
    assert!(failure("ditc").starts_with("a command is missing"));
}

#[test]
fn suggests_what_was_meant() {
    assert!(failure("ditc aply jakub").contains("'apply'"));
    assert!(failure("ditc apply jakub --auto-aprove").contains("'--auto-approve'"));
}

#[test]
fn help_and_version_are_answers() {
    for line in ["ditc -help", "ditc --help", "ditc -h", "ditc plan -help", "ditc -version", "ditc --version"] {
        assert!(matches!(parse(line), Err(Stop::Shown(_))), "{line}");
    }
}

#[test]
fn an_object_is_meant_by_address_or_alias() {
    let environment = EnvironmentName::new("jakub").unwrap();
    let component = "services.orders".parse().unwrap();
    let key = crate::object::ObjectKey::new("apps", "Deployment", Some("jakub"), "orders");
    let matches = |text: &str| text.parse::<Which>().unwrap().matches(&environment, Some(&component), &key);
    for text in [
        "deployment/orders",
        "Deployment.apps/orders",
        "jakub.services.orders/Deployment/orders",
        "jakub.services.orders",
    ] {
        assert!(matches(text), "{text}");
    }
    for text in ["service/orders", "deployment/x", "pr-1.services.orders/Deployment/orders", "jakub/Deployment/orders"]
    {
        assert!(!matches(text), "{text}");
    }
    let Verb::State(State::Show { address, .. }) = parse("ditc state show jakub deployment/orders").unwrap().verb
    else {
        panic!("not state show");
    };
    assert_eq!(address, Which::Alias("deployment".into(), "orders".into()));
}

#[test]
fn a_quote_left_open_is_told() {
    let variables = BTreeMap::from([("DITC_CLI_ARGS".to_owned(), "'x".to_owned())]);
    let Err(Stop::Failure(failure)) = Cli::parse_from(["ditc", "version"].map(OsString::from), &variables) else {
        panic!("taken");
    };
    assert!(failure.message.contains("never closed"));
}

#[test]
fn the_name_of_an_environment_wins_over_a_file() {
    let subject = |text: &str| match parse(&format!("ditc apply {text}")) {
        Ok(Cli { verb: Verb::Apply(apply), .. }) => apply.subjects[0].clone(),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(subject("jakub"), Subject::Environments("jakub".parse().unwrap()));
    for file in ["jakub.plan", "./jakub", "/tmp/jakub", "Plans/Jakub"] {
        assert_eq!(subject(file), Subject::File(file.into()));
    }
    assert!(failure("ditc apply Jakub").contains("may hold only lower-case letters"));
}

#[test]
fn a_saved_plan_asks_nothing_and_takes_no_decisions() {
    assert!(parse("ditc apply jakub.plan -json").is_ok() && parse("ditc apply jakub.plan -auto-approve").is_ok());
    for flag in ["-target=jakub.services.web", "-max-destroy=3", "-refresh-only"] {
        let text = failure(&format!("ditc apply jakub.plan {flag}"));
        assert!(text.contains("applied as it is"), "{flag}: {text}");
    }
}

#[test]
fn a_plan_of_a_destroy_takes_only_what_a_destroy_takes() {
    assert!(parse("ditc plan jakub -destroy -with-foreign -target=jakub.services.web").is_ok());
    assert!(failure("ditc plan jakub -with-foreign").contains("--destroy"));
    assert!(failure("ditc plan jakub -destroy -refresh-only").contains("cannot be used with"));
    assert!(parse("ditc plan jakub -refresh").is_ok() && parse("ditc apply jakub -refresh=true").is_ok());
}

#[test]
fn one_name_is_one_environment_and_all_else_are_many() {
    let meant = |line: &str| match parse(line) {
        Ok(Cli { verb, .. }) => verb.meant().expect("it is about environments"),
        Err(other) => panic!("{line}: {other:?}"),
    };
    for verb in ["plan", "apply", "destroy", "drift", "validate"] {
        let one = meant(&format!("ditc {verb} jakub"));
        assert_eq!(one.one(), Some(&EnvironmentName::new("jakub").unwrap()), "{verb}");
        for many in ["'jak*'", "jak* ci", "jakub ci", "jakub jakub", "-all", "--all", "-changed-since main jakub"] {
            let many = meant(&format!("ditc {verb} {}", many.replace('\'', "")));
            assert_eq!(many.one(), None, "{verb} {many:?}");
        }
        assert_eq!(meant(&format!("ditc {verb} -changed-since=main")).several.changed_since.as_deref(), Some("main"));
        let text = failure(&format!("ditc {verb} --all jakub"));
        assert_eq!(text, "--all means every environment, so it goes with no name");
    }
}

#[test]
fn a_command_is_about_something() {
    for verb in ["plan", "apply", "destroy", "drift"] {
        assert_eq!(failure(&format!("ditc {verb}")), "which environments? Name one or several, or say --all");
    }
    assert!(parse("ditc validate").is_ok());
}

#[test]
fn a_saved_plan_is_of_one_environment_and_applied_alone() {
    for line in ["ditc apply a.plan b.plan", "ditc apply a.plan jakub", "ditc apply a.plan --all"] {
        assert!(failure(line).contains("applied alone"), "{line}");
    }
    for line in ["ditc plan --all -out=a.plan", "ditc plan a b -out=a.plan", "ditc plan a* -out=a.plan"] {
        assert!(failure(line).contains("-out keeps the plan of one environment"), "{line}");
    }
}
