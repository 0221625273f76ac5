//! What kubectl prints without what differs between any two runs: names of namespaces and nodes, uids, times, ages, versions,
//! addresses, ends of generated names, widths of columns, and the texts of Kubernetes' own descriptions.

use std::{collections::BTreeSet, fmt::Write};

/// A text as it is compared; each of its lines ends.
pub(super) fn text(text: &str, namespace: &str, nodes: &[String]) -> String {
    let mut text = text.replace(namespace, "$NS");
    for node in nodes {
        text = text.replace(node.as_str(), "[NODE]");
    }
    let lines: Vec<String> = text.lines().map(|line| narrow(&masked(line))).collect();
    let mut lines = without_descriptions(lines);
    // When two events come in the same second, their order is chance; how often one came is the controllers' time.
    if let Some(at) = lines.iter().position(|line| line.starts_with("Events:")) {
        let told = lines.split_off((at + 3).min(lines.len()));
        let told = told.iter().map(|line| {
            line.split_once(" (x").map_or(line.clone(), |(head, rest)| {
                format!("{head}{}", rest.split_once(')').map_or("", |(_, message)| message))
            })
        });
        lines.extend(told.collect::<BTreeSet<String>>());
    }
    lines.iter().fold(String::new(), |text, line| text + line + "\n")
}

/// `kubectl explain` indents the text of a field's description below the field, and the kind's own below `DESCRIPTION:`.
fn without_descriptions(lines: Vec<String>) -> Vec<String> {
    if !lines.iter().any(|line| line == "DESCRIPTION:") {
        return lines;
    }
    let mut kept = Vec::new();
    let mut is_description = false;
    for line in lines {
        let is_heading = !line.starts_with(' ') && line.ends_with(':');
        if is_heading || line.starts_with("FIELD: ") {
            is_description = line == "DESCRIPTION:";
        }
        let is_field = line.contains("\t<") || line.trim_start().starts_with("enum: ");
        let is_value =
            kept.last().is_some_and(|last: &String| last == "ENUM:" || last.starts_with("    ")) && !is_heading;
        if is_heading
            || is_field
            || (is_value && !line.is_empty())
            || (!is_description && !line.starts_with("    ") && !line.is_empty())
        {
            kept.push(line);
        }
    }
    kept
}

/// Columns are as wide as the longest name.
fn narrow(line: &str) -> String {
    let inner = line.trim_start_matches(' ');
    let mut narrow = line[..line.len() - inner.len()].to_owned();
    let mut spaces = 0;
    for c in inner.trim_end().chars() {
        if c == ' ' {
            spaces += 1;
            continue;
        }
        narrow.push_str(&" ".repeat(spaces.min(2)));
        spaces = 0;
        narrow.push(c);
    }
    narrow
}

fn masked(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        match mask(rest, before) {
            Some((length, mask)) => {
                write!(plain, "{mask}").expect("a text takes all");
                before = ']';
                rest = &rest[length..];
            }
            None => {
                plain.push(first);
                before = first;
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    plain
}

/// How much of the beginning is masked, and as what.
fn mask(text: &str, before: char) -> Option<(usize, &'static str)> {
    let is_begin = !before.is_ascii_alphanumeric();
    let whole = |length: usize| ends_at(text, length).then_some(length).filter(|length| *length > 0);
    if let Some(number) = version(text) {
        return Some(number);
    }
    if text.starts_with('-') {
        return suffix(text);
    }
    if !is_begin || before == '-' {
        return None;
    }
    uid(text)
        .map(|length| (length, "[UID]"))
        .or_else(|| time(text).map(|length| (length, "[TIME]")))
        .or_else(|| address(text).map(|length| (length, "[IP]")))
        .or_else(|| text.starts_with("<invalid>").then_some((9, "[AGE]")))
        .or_else(|| whole(age(text)).map(|length| (length, "[AGE]")))
        .or_else(|| whole(port(text)).map(|length| (length, "[PORT]")))
        .or_else(|| whole(hash(text)).map(|length| (length, "[HASH]")))
}

/// An object's version, from its name on.
fn version(text: &str) -> Option<(usize, &'static str)> {
    const HEADS: [(&str, &str); 4] = [
        ("resourceVersion: \"", "resourceVersion: \"[VERSION]"),
        ("resourceVersion\": \"", "resourceVersion\": \"[VERSION]"),
        ("resourceVersion\":\"", "resourceVersion\":\"[VERSION]"),
        ("resourceVersion\\\":\\\"", "resourceVersion\\\":\\\"[VERSION]"),
    ];
    let found = HEADS.iter().find_map(|(head, mask)| Some((head, mask, text.strip_prefix(head)?)));
    found.map(|(head, mask, number)| (head.len() + digits(number), *mask))
}

fn ends_at(text: &str, at: usize) -> bool {
    !text[at..].starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// A text in which every 0 stands for a digit.
fn has_form(text: &str, form: &str) -> Option<usize> {
    let fits = text.len() >= form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_hexdigit(),
            b'A' => byte.is_ascii_alphabetic(),
            wanted => byte == wanted,
        });
    fits.then_some(form.len())
}

fn uid(text: &str) -> Option<usize> {
    has_form(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
}

fn time(text: &str) -> Option<usize> {
    let stamp = [
        "0000-00-00T00:00:00.000000Z",
        "0000-00-00T00:00:00Z",
        "0000-00-00 00:00:00 +0000 UTC",
        "AAA, 00 AAA 0000 00:00:00 +0000",
    ];
    stamp.iter().find_map(|form| has_form(text, form))
}

fn address(text: &str) -> Option<usize> {
    let mut length = 0;
    for part in 0..4 {
        let count = digits(&text[length..]);
        if !(1..=3).contains(&count) {
            return None;
        }
        length += count;
        if part < 3 {
            length += text[length..].strip_prefix('.').map(|_| 1)?;
        }
    }
    ends_at(text, length).then_some(length)
}

/// `5s`, `2m`, `2m5s`: tests are young. `100m` is an amount.
fn age(text: &str) -> usize {
    let first = digits(text);
    match text[first..].chars().next() {
        Some('s') if first > 0 => first + 1,
        Some('m') if first == 1 => {
            let rest = &text[first + 1..];
            let second = digits(rest);
            if second > 0 && rest[second..].starts_with('s') { first + 1 + second + 1 } else { first + 1 }
        }
        _ => 0,
    }
}

/// A port of a node.
fn port(text: &str) -> usize {
    let length = digits(text);
    let is_port = text[..length].parse().is_ok_and(|port: u32| (30000..=32767).contains(&port));
    if is_port { length } else { 0 }
}

fn letters(text: &str) -> usize {
    text.bytes().take_while(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(byte)).count()
}

fn hash(text: &str) -> usize {
    let length = letters(text);
    let is_hash = (8..=10).contains(&length) && text[..length].bytes().any(|byte| byte.is_ascii_digit());
    if is_hash { length } else { 0 }
}

/// The end of a generated name, from the hyphen before it.
fn suffix(text: &str) -> Option<(usize, &'static str)> {
    let rest = text.strip_prefix('-')?;
    let first = letters(rest);
    if (8..=10).contains(&first) {
        let second = rest[first..].strip_prefix('-').map_or(0, letters);
        if second == 5 && ends_at(rest, first + 1 + second) {
            return Some((1 + first + 1 + second, "-[HASH]-[END]"));
        }
        return ends_at(rest, first).then_some((1 + first, "-[HASH]"));
    }
    (first == 5 && ends_at(rest, first)).then_some((1 + first, "-[END]"))
}

#[test]
fn what_differs_between_runs_is_masked_and_nothing_else() {
    let nodes = ["node-1".to_owned()];
    let plain = |line: &str| text(line, "ns-1", &nodes);
    assert_eq!(
        plain("web-6d4b75cb6d-x7k2p   1/1  Running 2 (5s ago)   2m5s"),
        "web-[HASH]-[END]  1/1  Running 2 ([AGE] ago)  [AGE]\n"
    );
    assert_eq!(plain("pod-template-hash=6d4b75cb6d cpu: 100m port 80"), "pod-template-hash=[HASH] cpu: 100m port 80\n");
    assert_eq!(
        plain("  resourceVersion: \"17\" at 10.96.0.1:30123/TCP on node-1 in ns-1"),
        "  resourceVersion: \"[VERSION]\" at [IP]:[PORT]/TCP on [NODE] in $NS\n"
    );
    assert_eq!(plain("created 2026-01-02T03:04:05Z, Fri, 02 Jan 2026 03:04:05 +0000"), "created [TIME], [TIME]\n");
    assert_eq!(
        plain("kube-root-ca.crt deployment.apps/web my-settings-v2"),
        "kube-root-ca.crt deployment.apps/web my-settings-v2\n"
    );
}
