//! The patterns of schemas (<https://github.com/google/re2/wiki/Syntax>): literals, classes, groups, choices, repetitions, anchors.
//! What it cannot read, and what takes too many steps, it takes for a match: it refuses nothing by mistake.

/// Steps that one match may take; a pattern that goes back and forth longer than that is let be.
const STEPS: usize = 200_000;
/// A repetition of more than this is read as one without an end.
const MOST: usize = 1000;

/// Whether a text holds what a pattern describes.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let letters: Vec<char> = pattern.chars().collect();
    let mut reader = Reader { letters: &letters, at: 0 };
    let Some(node) = reader.choice().filter(|_| reader.at == letters.len()) else { return true };
    let text: Vec<char> = text.chars().collect();
    let mut search = Search { text: &text, steps: 0 };
    (0..=text.len()).any(|start| search.node(&node, start, &mut |_, _| true)) || search.steps > STEPS
}

#[derive(Debug, Clone)]
enum Node {
    Empty,
    Start,
    End,
    Any,
    Letter(char),
    Class { ranges: Vec<(char, char)>, negated: bool },
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Repeat { node: Box<Node>, least: usize, most: Option<usize> },
}

struct Reader<'a> {
    letters: &'a [char],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    fn takes(&mut self, letter: char) -> bool {
        let is_next = self.peek() == Some(letter);
        self.at += usize::from(is_next);
        is_next
    }

    fn choice(&mut self) -> Option<Node> {
        let mut all = vec![self.sequence()?];
        while self.takes('|') {
            all.push(self.sequence()?);
        }
        Some(if all.len() == 1 { all.remove(0) } else { Node::Choice(all) })
    }

    fn sequence(&mut self) -> Option<Node> {
        let mut all = Vec::new();
        while self.peek().is_some_and(|letter| !matches!(letter, '|' | ')')) {
            let node = self.single()?;
            all.push(self.repeated(node)?);
        }
        Some(if all.is_empty() { Node::Empty } else { Node::Sequence(all) })
    }

    fn single(&mut self) -> Option<Node> {
        Some(match self.next()? {
            '^' => Node::Start,
            '$' => Node::End,
            '.' => Node::Any,
            '[' => self.class()?,
            '(' => {
                if self.takes('?') && !self.takes(':') {
                    return None;
                }
                let inner = self.choice()?;
                self.takes(')').then_some(inner)?
            }
            '\\' => self.escaped()?,
            '*' | '+' | '?' => return None,
            letter => Node::Letter(letter),
        })
    }

    fn escaped(&mut self) -> Option<Node> {
        let letter = self.next()?;
        let class = |ranges: &[(char, char)], negated| Some(Node::Class { ranges: ranges.to_vec(), negated });
        match letter {
            'd' | 'D' => class(DIGITS, letter == 'D'),
            'w' | 'W' => class(WORD, letter == 'W'),
            's' | 'S' => class(SPACE, letter == 'S'),
            'A' => Some(Node::Start),
            'z' => Some(Node::End),
            letter => Some(Node::Letter(control(letter)?)),
        }
    }

    fn class(&mut self) -> Option<Node> {
        let negated = self.takes('^');
        let mut ranges = Vec::new();
        let mut is_first = true;
        loop {
            let letter = self.next()?;
            let low = match letter {
                ']' if !is_first => return Some(Node::Class { ranges, negated }),
                '[' if self.peek() == Some(':') => return None,
                '\\' => match self.next()? {
                    'd' => {
                        ranges.extend(DIGITS);
                        continue;
                    }
                    'w' => {
                        ranges.extend(WORD);
                        continue;
                    }
                    's' => {
                        ranges.extend(SPACE);
                        continue;
                    }
                    letter => control(letter)?,
                },
                letter => letter,
            };
            is_first = false;
            let has_end =
                self.peek() == Some('-') && self.letters.get(self.at + 1).is_some_and(|letter| *letter != ']');
            let mut high = low;
            if has_end {
                self.at += 1;
                high = self.next()?;
                if high == '\\' {
                    high = control(self.next()?)?;
                }
            }
            ranges.push((low, high));
        }
    }

    fn repeated(&mut self, node: Node) -> Option<Node> {
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                let end = self.letters[self.at..].iter().position(|letter| *letter == '}')? + self.at;
                let inner: String = self.letters[self.at + 1..end].iter().collect();
                self.at = end;
                let (least, most) = inner.split_once(',').unwrap_or((&inner, &inner));
                let most = if most.is_empty() { None } else { Some(most.parse().ok()?) };
                (least.parse().ok()?, most.filter(|most| *most <= MOST))
            }
            _ => return Some(node),
        };
        self.at += 1;
        // Lazy or greedy, it matches the same texts.
        self.takes('?');
        Some(Node::Repeat { node: Box::new(node), least, most })
    }
}

const DIGITS: &[(char, char)] = &[('0', '9')];
const WORD: &[(char, char)] = &[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
const SPACE: &[(char, char)] = &[(' ', ' '), ('\t', '\t'), ('\n', '\n'), ('\r', '\r'), ('\u{c}', '\u{c}')];

/// The letter behind a backslash; none for what has another meaning.
fn control(letter: char) -> Option<char> {
    match letter {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        letter if letter.is_ascii_alphanumeric() => None,
        letter => Some(letter),
    }
}

struct Search<'a> {
    text: &'a [char],
    steps: usize,
}

/// What has to match behind a node.
type Rest<'r> = dyn FnMut(&mut Search<'_>, usize) -> bool + 'r;

impl Search<'_> {
    fn node(&mut self, node: &Node, at: usize, rest: &mut Rest<'_>) -> bool {
        self.steps += 1;
        if self.steps > STEPS {
            return true;
        }
        let letter = self.text.get(at).copied();
        match node {
            Node::Empty => rest(self, at),
            Node::Start => at == 0 && rest(self, at),
            Node::End => at == self.text.len() && rest(self, at),
            Node::Any => letter.is_some_and(|letter| letter != '\n') && rest(self, at + 1),
            Node::Letter(wanted) => letter == Some(*wanted) && rest(self, at + 1),
            Node::Class { ranges, negated } => {
                let has = |letter: char| ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter));
                letter.is_some_and(|letter| has(letter) != *negated) && rest(self, at + 1)
            }
            Node::Sequence(all) => self.sequence(all, at, rest),
            Node::Choice(all) => all.iter().any(|node| self.node(node, at, rest)),
            Node::Repeat { node, least, most } => self.repeat(node, (*least, *most), at, rest),
        }
    }

    fn sequence(&mut self, all: &[Node], at: usize, rest: &mut Rest<'_>) -> bool {
        match all {
            [] => rest(self, at),
            [first, others @ ..] => self.node(first, at, &mut |search, at| search.sequence(others, at, rest)),
        }
    }

    fn repeat(&mut self, node: &Node, (least, most): (usize, Option<usize>), at: usize, rest: &mut Rest<'_>) -> bool {
        let may_go_on = most.is_none_or(|most| most > 0);
        let fewer = (least.saturating_sub(1), most.map(|most| most.saturating_sub(1)));
        // One more that takes nothing would go on for ever.
        let goes_on = may_go_on
            && self
                .node(node, at, &mut |search, next| (next > at || least > 0) && search.repeat(node, fewer, next, rest));
        goes_on || (least == 0 && rest(self, at))
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_go_matches_them() {
        for (pattern, text, expected) in [
            ("^[a-z]+$", "abc", true),
            ("^[a-z]+$", "ABC", false),
            ("b", "abc", true),
            ("^b", "abc", false),
            (r"^\d{2,3}$", "12", true),
            (r"^\d{2,3}$", "1234", false),
            ("^(a|bc)*d?$", "abcad", true),
            ("^(a|bc)*d?$", "abd", false),
            (r"^[-._a-zA-Z0-9]+$", "a-b_c.D", true),
            (r"^[^/]+/[^/]+$", "a/b", true),
            (r"^[^/]+/[^/]+$", "a/b/c", false),
            (r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)(\.[a-z0-9]+)*$", "a-1.b2", true),
            (
                r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?))))?$",
                "1.5Gi",
                true,
            ),
            ("^(a*)*$", "aaaa", true),
            ("^(?:x|y){2}$", "xy", true),
            ("^.+$", "", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn what_it_cannot_read_or_finish_refuses_nothing() {
        assert!(matches(r"^\p{Greek}+$", "abc"));
        assert!(matches("^(a|a)*(a|a)*(a|a)*b$", &"a".repeat(40)));
    }
}
