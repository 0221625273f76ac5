//! Text from outside inside other languages: Markdown, XML, workflow commands. What comes out means nothing there but
//! itself. Every function takes text as it is, and makes it harmless for a reader's screen too.

use std::fmt::Write as _;

use crate::render::style::{clean, clean_line};

use super::marker;

/// A run of more backticks than this is shown by its number, so that no fence has to be longer.
const TICKS: usize = 12;
/// Of one text on one line, no more characters than this are shown.
const SHOWN: usize = 400;

/// On one line of Markdown, as code: no link, no mention, no cell of a table and no tag comes of it.
pub(super) fn code(text: &str) -> String {
    let text = clean_line(text);
    let text = match text.char_indices().nth(SHOWN) {
        None => text,
        Some((at, _)) => format!("{} ... ({} more characters)", &text[..at], text[at..].chars().count()),
    };
    if text.is_empty() { text } else { format!("<code>{}</code>", entities(&text)) }
}

/// Every character that any Markdown or HTML could take for more than itself, as a number.
fn entities(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " .,/=()?".contains(c);
    // Hyphens are common in names, and mean something only beside their like or at the end of a word.
    let is_single = |before: Option<char>, next: Option<char>| {
        before.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric)
    };
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = None;
    while let Some(c) = chars.next() {
        if is_plain(c) || c == '-' && is_single(before, chars.peek().copied()) {
            out.push(c);
        } else {
            let _ = write!(out, "&#{};", u32::from(c));
        }
        before = Some(c);
    }
    out
}

/// Lines between fences that none of them can close.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let text = short_ticks(&clean(text)).replace(marker::BEGIN, "<!- - ditc");
    let fence = "`".repeat(longest_ticks(&text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn longest_ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn short_ticks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        let ticks = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        match ticks {
            ticks if ticks > TICKS => out.push_str(&format!("({ticks} backticks)")),
            ticks => out.push_str(&"`".repeat(ticks)),
        }
        rest = &rest[at + ticks..];
    }
    out + rest
}

/// In an attribute or between tags of XML 1.0 (<https://www.w3.org/TR/xml/#charsets>).
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A reader would make one space of either.
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// The message of a workflow command
/// (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).
pub(super) fn message(text: &str) -> String {
    clean(text.trim_end()).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
pub(super) fn property(text: &str) -> String {
    message(&clean_line(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_means_more_than_itself() {
        assert_eq!(
            code("a|b `c` <b>@me #1 \n**x** \u{1b}[31m pr-12 --"),
            "<code>a&#124;b &#96;c&#96; &#60;b&#62;&#64;me &#35;1 &#42;&#42;x&#42;&#42; &#92;u&#123;1b&#125;&#91;31m \
             pr-12 &#45;&#45;</code>"
        );
        assert_eq!(code("https://evil.example/a_b"), "<code>https&#58;//evil.example/a&#95;b</code>");
        assert_eq!(fenced("diff", "a\n```\nb\n"), "````diff\na\n```\nb\n````\n");
        assert_eq!(fenced("", &"`".repeat(40)), "```\n(40 backticks)\n```\n");
        assert_eq!(fenced("", "<!-- ditc:prod -->"), "```\n<!- - ditc:prod -->\n```\n");
        assert_eq!(xml("<a b=\"c\">&'\n\u{0}\u{ffff}"), "&lt;a b=&quot;c&quot;&gt;&amp;&apos;&#10;\\u{0}\\u{ffff}");
        assert_eq!(message("50%\n::error::x\r"), "50%25%0A::error::x");
        assert_eq!(property("a:b,c\nd"), "a%3Ab%2Cc d");
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        assert_eq!(code(&"x".repeat(401)), format!("<code>{} ... (1 more characters)</code>", "x".repeat(400)));
    }
}
