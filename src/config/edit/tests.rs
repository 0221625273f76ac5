//! Where values go, and that all else stays.

use std::collections::BTreeMap;

use super::{Assignment, edit};
use crate::{config::parse, names::EnvironmentName};

const BASE: &str = "abstract = true\n[services.orders]\nimage = \"orders\"\ntag = \"dev\"\n";

fn edited(text: &str, typed: &[&str]) -> Result<String, String> {
    let files = BTreeMap::from([
        ("environments/base.toml".to_owned(), BASE.to_owned()),
        ("environments/demo.toml".to_owned(), text.to_owned()),
    ]);
    let assignments = typed.iter().map(|typed| {
        let (path, value) = typed.split_once('=').map_or((*typed, None), |(path, value)| (path, Some(value)));
        Assignment { path: path.split('.').map(str::to_owned).collect(), value: value.map(str::to_owned) }
    });
    let assignments: Vec<Assignment> = assignments.collect();
    let demo = EnvironmentName::new("demo").unwrap();
    edit(&parse(&files), &demo, "orders", &assignments).map(|edited| edited.after).map_err(|told| told.summary)
}

#[track_caller]
fn check(text: &str, typed: &[&str], expected: &str) {
    assert_eq!(edited(text, typed).as_deref(), Ok(expected));
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    check(
        "# first\n[services.orders] # the orders\nimage =   \"orders\"\ntag   = \"dev\"   # moves\n\n# last\n",
        &["tag=v1.2"],
        "# first\n[services.orders] # the orders\nimage =   \"orders\"\ntag   = \"v1.2\"   # moves\n\n# last\n",
    );
    check("[services.orders]\ntag = 'dev'\n", &["tag=v1"], "[services.orders]\ntag = 'v1'\n");
    check("[services.orders]\ntag = 'dev'\n", &["tag=it's"], "[services.orders]\ntag = \"it's\"\n");
    check("services.orders.tag = \"dev\"\n", &["tag=v1"], "services.orders.tag = \"v1\"\n");
    check(
        "[services]\norders = { image = \"o\", tag = \"dev\" }\n",
        &["tag=v1"],
        "[services]\norders = { image = \"o\", tag = \"v1\" }\n",
    );
    check("[services.\"orders\"]\ntag = \"dev\"\r\n", &["tag=v1"], "[services.\"orders\"]\ntag = \"v1\"\r\n");
}

#[test]
fn a_key_that_is_not_there_goes_to_its_table() {
    let with = "[services.orders]\nimage = \"o\" # ours\n\n[services.other]\nimage = \"x\"\n";
    check(
        with,
        &["replicas=3"],
        "[services.orders]\nimage    = \"o\" # ours\nreplicas = 3\n\n[services.other]\nimage = \"x\"\n",
    );
    check(
        "[services.orders]\nimage   =  \"o\"\n# end\n",
        &["replicas=3"],
        "[services.orders]\nimage   =  \"o\"\nreplicas = 3\n# end\n",
    );
    check("[services.orders]\n", &["image=o"], "[services.orders]\nimage = \"o\"\n");
    check("[services.orders]", &["image=o"], "[services.orders]\nimage = \"o\"\n");
    check("[services]\norders = {}\n", &["image=o"], "[services]\norders = { image = \"o\" }\n");
    check(
        "services = { orders = { image = \"o\" } }\n",
        &["replicas=2"],
        "services = { orders = { image = \"o\", replicas = 2 } }\n",
    );
    check(
        "services.orders.image = \"o\"\nowner = \"me\"\n",
        &["replicas=2"],
        "services.orders.image = \"o\"\nservices.orders.replicas = 2\nowner = \"me\"\n",
    );
    check(
        "[services.orders.env]\nA = \"1\"\n",
        &["image=o"],
        "[services.orders]\nimage = \"o\"\n\n[services.orders.env]\nA = \"1\"\n",
    );
}

#[test]
fn what_is_inherited_gets_a_table_here() {
    check("extends = \"base\"\n", &["tag=v1"], "extends = \"base\"\n\n[services.orders]\ntag = \"v1\"\n");
    check("extends = \"base\"\r\n", &["tag=v1"], "extends = \"base\"\r\n\r\n[services.orders]\r\ntag = \"v1\"\r\n");
    check(
        "extends = \"base\"\nservices = { other = { image = \"x\" } }\n",
        &["tag=v1"],
        "extends = \"base\"\nservices = { other = { image = \"x\" }, orders.tag = \"v1\" }\n",
    );
}

#[test]
fn tables_in_a_component_are_reached_by_dots() {
    check(
        "[services.orders]\nimage = \"o\"\n\n[services.orders.env]\nA = \"1\"\n",
        &["env.B=2", "env.A=x"],
        "[services.orders]\nimage = \"o\"\n\n[services.orders.env]\nA = \"x\"\nB = \"2\"\n",
    );
    check("[services.orders]\nimage = \"o\"\n", &["env.B=2"], "[services.orders]\nimage = \"o\"\nenv.B = \"2\"\n");
    check(
        "[services.orders]\nimage = \"o\"\nenv   = { A = \"1\" }\n",
        &["env.B={ field = \"status.podIP\" }"],
        "[services.orders]\nimage = \"o\"\nenv   = { A = \"1\", B = { field = \"status.podIP\" } }\n",
    );
    check("extends = \"base\"\n", &["env.A=1"], "extends = \"base\"\n\n[services.orders]\nenv.A = \"1\"\n");
}

#[test]
fn one_way_to_follow_a_repository_takes_the_place_of_another() {
    check(
        "[services.orders]\nbranch = \"main\" # for now\nimage  = \"o\"\n",
        &["tag=v1"],
        "[services.orders]\ntag   = \"v1\" # for now\nimage = \"o\"\n",
    );
    check(
        "[services.orders]\ncommit = \"abc\"\ntag    = \"dev\"\nimage  = \"o\"\n",
        &["tag=v1"],
        "[services.orders]\ntag   = \"v1\"\nimage = \"o\"\n",
    );
    check(
        "[services]\norders = { tag = \"dev\", image = \"o\", commit = \"abc\" }\n",
        &["tag=v1"],
        "[services]\norders = { tag = \"v1\", image = \"o\" }\n",
    );
}

#[test]
fn values_have_the_type_that_is_asked_for() {
    let table = "[services.orders]\n";
    check(table, &["tag=1.2"], "[services.orders]\ntag = \"1.2\"\n");
    check(table, &["tag=12"], "[services.orders]\ntag = \"12\"\n");
    check(table, &["replicas=three"], "[services.orders]\nreplicas = \"three\"\n");
    check(table, &["ports=[80]"], "[services.orders]\nports = [80]\n");
    check(table, &["values.image.pull=true"], "[services.orders]\nvalues.image.pull = true\n");
    check(table, &["values.a=1.5"], "[services.orders]\nvalues.a = \"1.5\"\n");
    check(table, &["values.a={{ version }}"], "[services.orders]\nvalues.a = \"{{ version }}\"\n");
    check(table, &["values.a=1\nb=2"], "[services.orders]\nvalues.a = \"\"\"\n1\nb=2\"\"\"\n");
}

#[test]
fn what_cannot_be_edited_safely_is_left() {
    let escaped = "[services.\"\\u006Frders\"]\nimage = \"o\"\n";
    assert_eq!(edited(escaped, &["tag=v1"]), Err("file not edited".to_owned()));
    assert_eq!(edited("[services]\norders = false\n", &["tag=v1"]), Err("file not edited".to_owned()));
    assert_eq!(edited("[services.order]\nimage = \"o\"\n", &["tag=v1"]), Err("unknown component".to_owned()));
}

#[test]
fn a_key_is_taken_out_wherever_it_stands() {
    let below = "[services.orders]\nimage = \"a\" # ours\ntag = \"b\"\n";
    check(below, &["tag"], "[services.orders]\nimage = \"a\" # ours\n");
    check(
        "[services]\norders = { image = \"a\", tag = \"b\" }\n",
        &["tag"],
        "[services]\norders = { image = \"a\" }\n",
    );
    check(
        "[services]\norders = { image = \"a\", tag = \"b\" }\n",
        &["image"],
        "[services]\norders = { tag = \"b\" }\n",
    );
    check("services.orders.env.A = \"1\"\nservices.orders.tag = \"b\"\n", &["env.A"], "services.orders.tag = \"b\"\n");
    assert_eq!(edited(below, &["host"]), Err("nothing to take out".to_owned()));
    // A whole table with its header is nothing that is done without a look.
    let table = "[services.orders.env]\nA = \"1\"\n";
    assert_eq!(edited(table, &["env"]), Err("file not edited".to_owned()));
}
