//! A list of tests in JUnit's XML, as CI systems read it: one for each object, component or file.

use std::collections::BTreeMap;

use super::{Fate, Level, Problem, Row, Section, escape::xml};

/// One suite for each section. `verb` is what was run.
#[must_use]
pub fn junit(verb: &str, sections: &[Section]) -> String {
    let suites: Vec<Suite> = sections.iter().map(|section| Suite::of(verb, section)).collect();
    let sum = |count: &dyn Fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!(
        "<testsuites name=\"ditc {verb}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
        sum(&|suite| suite.cases.len()),
        sum(&|suite| suite.count(Kind::Failure)),
        sum(&|suite| suite.count(Kind::Error)),
        sum(&|suite| suite.count(Kind::Skipped)),
    ));
    for suite in &suites {
        out.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
            xml(&suite.name),
            suite.cases.len(),
            suite.count(Kind::Failure),
            suite.count(Kind::Error),
            suite.count(Kind::Skipped),
        ));
        suite.cases.iter().for_each(|case| out.push_str(&case.to_text(&suite.name)));
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}

struct Suite {
    name: String,
    cases: Vec<Case>,
    /// Where the case of an address is.
    places: BTreeMap<String, usize>,
}

struct Case {
    /// An address or a path.
    about: String,
    wrong: Vec<Wrong>,
}

struct Wrong {
    kind: Kind,
    message: String,
    text: String,
}

/// What a test found, or what kept it from looking; the worst of a case is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Skipped,
    Failure,
    Error,
}

impl Suite {
    fn of(verb: &str, section: &Section) -> Self {
        let name = section.environment.clone().unwrap_or_else(|| "workspace".to_owned());
        let mut suite = Self { name, cases: Vec::new(), places: BTreeMap::new() };
        for about in &section.good {
            suite.at(about);
        }
        for row in &section.rows {
            let Row { address, sign: _, what, is_drift, risks: _, block, place: _, fate } = row;
            let case = suite.at(address);
            match fate {
                Some(Fate::Failed(why)) => case.add(Kind::Failure, why, ""),
                Some(Fate::Skipped) => case.add(Kind::Skipped, "something that it needs failed", ""),
                Some(Fate::NotStarted) => case.add(Kind::Skipped, "not started", ""),
                // What a plan means to do is no fault; what moved without ditc is.
                None if *is_drift => case.add(Kind::Failure, &format!("{what} outside of ditc"), block),
                Some(Fate::Done) | None => {}
            }
        }
        let own = suite.name.clone();
        for problem in section.problems.iter().filter(|problem| problem.level == Level::Error) {
            let Problem { level: _, about, summary, details, place } = problem;
            let place = place.as_ref().map(|place| format!("{}:{}\n", place.path, place.line)).unwrap_or_default();
            let kind = if verb == "validate" { Kind::Failure } else { Kind::Error };
            let case = suite.at(about.as_deref().unwrap_or(&own));
            case.add(kind, summary, &format!("{place}{}", details.join("\n")));
        }
        if suite.cases.is_empty() {
            let headline = &section.headline;
            suite.at(&own).add(Kind::Skipped, headline, "");
        }
        suite
    }

    fn at(&mut self, about: &str) -> &mut Case {
        let place = *self.places.entry(about.to_owned()).or_insert_with(|| {
            self.cases.push(Case { about: about.to_owned(), wrong: Vec::new() });
            self.cases.len() - 1
        });
        &mut self.cases[place]
    }

    fn count(&self, kind: Kind) -> usize {
        self.cases.iter().filter(|case| case.worst().is_some_and(|wrong| wrong.kind == kind)).count()
    }
}

impl Case {
    fn add(&mut self, kind: Kind, message: &str, text: &str) {
        // What failed is told once, however often it is said.
        match self.wrong.iter_mut().find(|wrong| wrong.message == message) {
            Some(wrong) => wrong.text.push_str(text),
            None => self.wrong.push(Wrong { kind, message: message.to_owned(), text: text.to_owned() }),
        }
    }

    /// The first of the worst.
    fn worst(&self) -> Option<&Wrong> {
        self.wrong.iter().rev().max_by_key(|wrong| wrong.kind)
    }

    /// A case holds one failure or error, as most readers expect; what is over stands in its text.
    fn to_text(&self, suite: &str) -> String {
        let Self { about, wrong } = self;
        // `jakub.services.orders/Deployment/orders` is object Deployment/orders of class jakub.services.orders.
        let (class, name) =
            about.split_once('/').filter(|(class, _)| class.starts_with(suite)).unwrap_or((suite, about));
        let head = format!("    <testcase classname=\"{}\" name=\"{}\"", xml(class), xml(name));
        let Some(worst) = self.worst() else { return format!("{head}/>\n") };
        let tag = match worst.kind {
            Kind::Failure => "failure",
            Kind::Error => "error",
            Kind::Skipped => {
                return format!("{head}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", xml(&worst.message));
            }
        };
        let text: Vec<String> = wrong.iter().map(|wrong| format!("{}\n{}", wrong.message, wrong.text)).collect();
        format!(
            "{head}>\n      <{tag} message=\"{}\">{}</{tag}>\n    </testcase>\n",
            xml(&worst.message),
            xml(text.join("\n").trim_end())
        )
    }
}
