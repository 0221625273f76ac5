//! What charts write in their templates, and what modules have in its place. It judges nothing: it is asked where a template
//! is wrong already.

/// How a module says what begins with this word in a chart; `at` lies in an expression of the template.
pub(super) fn in_modules(text: &str, at: usize) -> Option<&'static str> {
    let before = text.get(..at)?;
    let open = before.rfind("{{")? + 2;
    // What was closed before is another expression.
    if before[open..].contains("}}") {
        return None;
    }
    let inside = text[open..].trim_start_matches('-').trim_start();
    if inside.starts_with("/*") {
        return Some("comments are written `{# ... #}` here");
    }
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
    // Names of one's own may be the same words: `{{ default.x }}`, `{{ end }}` where there is such an input is no mistake.
    let (word, rest) = inside.split_at(end);
    let is_call = rest.starts_with([' ', '-', '}']);
    Some(match word {
        _ if !is_call => return None,
        "if" | "else" | "end" => "conditions are tags here: `{% if x %}`, `{% else %}`, `{% endif %}`",
        "range" => "loops are tags here: `{% for item in list %}`, `{% endfor %}`",
        "with" => "a value gets a name by a tag here: `{% set name = x %}`",
        "include" | "template" | "define" | "block" | "tpl" => {
            "no template includes another here: write it out, or put a text into `files/NAME` of the module and write \
             `{{ files[\"NAME\"] }}`"
        }
        "toYaml" | "toJson" | "quote" | "squote" | "indent" | "nindent" => {
            "write `{{ x }}` alone: it is always one whole YAML value, quoted and nested as needed"
        }
        "printf" | "print" => "texts are joined by `~` here: `{{ a ~ \":\" ~ b }}`",
        "default" => "a default stands behind its value here, `{{ x | default(1) }}`, or at the input in module.toml",
        "required" => "what must be given is said in module.toml: `required = true` at the input",
        _ => return None,
    })
}
