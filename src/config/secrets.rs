//! The schema of `[secrets.NAME]`, in a module or an environment: which keys a Secret has, and how the value of each comes
//! about. It takes no value from anywhere, and whether it may is for `expand` to say.

use std::collections::BTreeMap;

use super::{
    environment::invalid_name,
    expression,
    fields::{Fields, listed, missing, suggest, wrong_type},
    settings::Settings,
    value::{Entry, Table},
};
use crate::{
    catalogue::Made,
    diagnostic::{Diagnostic, Sources, Spanned},
    secret::{Generate, Generator, Given, Origin, Source},
};

/// A Secret as its table declares it.
#[derive(Debug, Clone)]
pub(super) struct SecretRecipe {
    pub(super) name: Spanned<String>,
    pub(super) keys: BTreeMap<String, KeyRecipe>,
}

/// How the value of one key comes about, before expressions are evaluated.
#[derive(Debug, Clone)]
pub(super) enum KeyRecipe {
    Generated(Generator),
    /// The name of a variable of the process.
    Env(Spanned<String>),
    /// The path of a file.
    File(Spanned<String>),
}

/// What is said of a value that is written into a file of the workspace, and hidden wherever the file is shown.
pub(super) const VALUE_IN_FILE: &str = "secret value in a file";

const FORM: &str = "write `{ generate = \"password\" }`, or take it from outside: `{ env = \"DITC_SECRET_NAME\" }`, `{ file = \"./secrets/NAME\" }`";

/// Reads the tables of all Secrets.
pub(super) fn secrets(table: &Table, diagnostics: &mut Vec<Diagnostic>) -> Vec<SecretRecipe> {
    let mut recipes = Vec::new();
    for entry in &table.entries {
        let title = format!("secret `{}`", entry.key.value);
        let Some(keys) = entry.value.table() else {
            diagnostics.push(wrong_type(&entry.value, &title, "a table"));
            continue;
        };
        let mut recipe = SecretRecipe { name: entry.key.clone(), keys: BTreeMap::new() };
        for key in &keys.entries {
            let is_valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if !key.key.value.chars().all(is_valid) || key.key.value.is_empty() || key.key.value.len() > 253 {
                diagnostics.push(invalid_name(
                    "a secret's key",
                    &key.key,
                    "may hold only letters, digits, `-`, `_` and `.`, at most 253 of them",
                ));
            }
            if let Some(origin) = origin(&title, key, diagnostics) {
                recipe.keys.insert(key.key.value.clone(), origin);
            }
        }
        if keys.entries.is_empty() {
            diagnostics.push(
                Diagnostic::new("missing key")
                    .at(entry.key.span.clone(), "has no keys")
                    .detail(format!("{title} would hold nothing"))
                    .help("a key looks like `password = { generate = \"password\" }`"),
            );
        }
        recipes.push(recipe);
    }
    recipes
}

fn origin(title: &str, key: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<KeyRecipe> {
    let what = format!("key `{}` of {title}", key.key.value);
    let Some(table) = key.value.table() else {
        diagnostics.push(match key.value.string() {
            Some(_) => Diagnostic::new(VALUE_IN_FILE)
                .at(key.value.span.clone(), "a secret's value does not belong into git")
                .help(FORM),
            None => wrong_type(&key.value, &what, "a table").help(FORM),
        });
        return None;
    };
    let mut fields = Fields::new(table, what.clone(), diagnostics);
    let (word, env, file) = (fields.string("generate"), fields.string("env"), fields.string("file"));
    let (length, alphabet) = (fields.integer("length"), fields.string("alphabet"));
    let named: Vec<&Entry> = ["generate", "env", "file"].into_iter().filter_map(|name| table.get(name)).collect();
    if named.is_empty() {
        fields.complain(missing(&key.key.span, "a secret's key", "generate").help(FORM));
    }
    fields.finish();
    if let [first, second, ..] = named.as_slice() {
        let words = named.iter().map(|entry| entry.key.value.as_str());
        diagnostics.push(
            Diagnostic::new("unclear secret")
                .at(second.key.span.clone(), "a value comes from one place")
                .related(first.key.span.clone(), "and this is another")
                .detail(format!("{what} has {}, and takes one of them", listed(words)))
                .help("remove all but one"),
        );
        return None;
    }
    if word.is_none() && !table.entries.iter().any(|entry| entry.key.value == "generate") {
        let of_generated = ["length", "alphabet"].into_iter().find_map(|name| table.get(name));
        if let (Some(entry), false) = (of_generated, named.is_empty()) {
            diagnostics.push(
                Diagnostic::new("unclear secret")
                    .at(entry.key.span.clone(), "only a value that ditc generates has this")
                    .help(format!("remove `{}`: the value is taken as it is", entry.key.value)),
            );
        }
    }
    match (word, env, file) {
        (Some(word), _, _) => generator(&word, length, alphabet, diagnostics).map(KeyRecipe::Generated),
        (None, Some(name), _) => Some(KeyRecipe::Env(name)),
        (None, None, Some(path)) => Some(KeyRecipe::File(path)),
        (None, None, None) => None,
    }
}

fn generator(
    word: &Spanned<String>,
    length: Option<Spanned<i64>>,
    alphabet: Option<Spanned<String>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Generator> {
    let Some(sort) = Generate::ALL.into_iter().find(|generate| generate.word() == word.value) else {
        let diagnostic = Diagnostic::new("unknown generator").at(word.span.clone(), "ditc cannot generate this");
        diagnostics.push(suggest(diagnostic, &word.value, Generate::ALL.map(Generate::word)));
        return None;
    };
    let mut generator = Generator::from(sort);
    if let Some(Spanned { value, span }) = length {
        match usize::try_from(value).ok().filter(|length| Generator::LENGTHS.contains(length)) {
            Some(length) => generator.length = length,
            None => {
                let (least, most) = (Generator::LENGTHS.start(), Generator::LENGTHS.end());
                let label = format!("not a number from {least} to {most}");
                diagnostics.push(Diagnostic::new("invalid length").at(span, label));
            }
        }
    }
    if let Some(Spanned { value, span }) = alphabet {
        if !Generator::is_alphabet(&value) {
            diagnostics.push(
                Diagnostic::new("invalid alphabet")
                    .at(span, "values cannot be drawn from these letters")
                    .detail("an alphabet is ten or more letters, digits or signs of ASCII, each of them once")
                    .help("`alphabet = \"0123456789abcdef\"`"),
            );
        } else if sort == Generate::Hex {
            diagnostics.push(
                Diagnostic::new("invalid alphabet")
                    .at(span, "`hex` has an alphabet of its own")
                    .help("write `generate = \"token\"`, or leave out `alphabet`"),
            );
        } else {
            generator.alphabet = Some(value);
        }
    }
    Some(generator)
}

impl KeyRecipe {
    /// How it is written, for those who look at a module.
    pub(super) fn made(&self) -> Made {
        match self {
            KeyRecipe::Generated(generator) => Made::Generated(generator.sort.word()),
            KeyRecipe::Env(name) => Made::Given(Source::Env(name.value.clone())),
            KeyRecipe::File(path) => Made::Given(Source::File(plain(&path.value).to_owned())),
        }
    }

    /// How the value comes about, once expressions have their values. A source that may not be used is told; the key is
    /// one of its Secret all the same.
    pub(super) fn origin(
        &self,
        scope: &expression::Scope,
        sources: &Sources,
        settings: &Settings,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Origin {
        let (source, span) = match self {
            KeyRecipe::Generated(generator) => return Origin::Generated(generator.clone()),
            KeyRecipe::Env(name) => (env(name, scope, sources, diagnostics), &name.span),
            KeyRecipe::File(path) => (file(path, scope, sources, diagnostics), &path.span),
        };
        if let Some(source) = source.as_ref().filter(|source| !settings.allows(source)) {
            let patterns = settings.secret_sources.iter().map(String::as_str);
            let detail = match settings.secret_sources.is_empty() {
                true => "`secret_sources` in `ditc.toml` is empty".to_owned(),
                false => format!("`{source}` fits none of {}", listed(patterns)),
            };
            let sources = settings.secret_sources.iter().cloned().chain([source.to_string()]);
            let sources: Vec<String> = sources.map(|source| format!("{source:?}")).collect();
            let help = format!(
                "if that is wanted, write under `[policy]` in `ditc.toml`: `secret_sources = [{}]`",
                sources.join(", ")
            );
            let diagnostic =
                Diagnostic::new("secret source not allowed").at(span.clone(), "no value may be taken from here");
            diagnostics.push(diagnostic.detail(detail).help(help));
        }
        let source = source.unwrap_or(Source::Env(String::new()));
        Origin::Given(Given { source, span: span.clone(), digest: None })
    }
}

fn env(
    name: &Spanned<String>,
    scope: &expression::Scope,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Source> {
    let text = expression::text(name, scope, sources, diagnostics)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.is_empty() || !text.chars().all(is_name) || text.starts_with(|c: char| c.is_ascii_digit()) {
        let evaluated = Spanned { value: text, span: name.span.clone() };
        let why = "may hold only letters, digits and `_`, no digit first";
        diagnostics.push(invalid_name("a variable of the process", &evaluated, why));
        return None;
    }
    Some(Source::Env(text))
}

fn file(
    path: &Spanned<String>,
    scope: &expression::Scope,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Source> {
    let text = expression::text(path, scope, sources, diagnostics)?;
    let path_text = plain(&text);
    let is_file = !path_text.is_empty() && !path_text.ends_with('/') && !path_text.contains(char::is_control);
    if !is_file || path_text.split('/').any(|part| part == "..") {
        diagnostics.push(
            Diagnostic::new("invalid path")
                .at(path.span.clone(), "not the path of a file")
                .detail(format!("`{text}` must name a file, without `..` on the way"))
                .help("begin at the workspace: `{ file = \"./secrets/NAME\" }`"),
        );
        return None;
    }
    Some(Source::File(path_text.to_owned()))
}

/// A path without what says that it begins here.
pub(super) fn plain(mut path: &str) -> &str {
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    path
}
