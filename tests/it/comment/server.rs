//! GitHub on loopback, as far as comments, statuses and deployments go: it keeps what it is told, pages, and fails on
//! request.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value, json};

use crate::support::http::{self, Answer, Request};

/// Who the token belongs to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Me {
    /// The token of a workflow, which may not ask.
    #[default]
    App,
    User,
}

/// What goes wrong with the next request of a method.
pub(crate) struct Fault {
    pub(crate) method: &'static str,
    pub(crate) status: u16,
    pub(crate) header: Option<(&'static str, &'static str)>,
    /// Whether the request is done all the same.
    pub(crate) is_done: bool,
}

#[derive(Default)]
pub(crate) struct Known {
    pub(crate) me: Me,
    /// Comments of pull request 12, each with its author.
    pub(crate) comments: Vec<Value>,
    pub(crate) statuses: Vec<Value>,
    pub(crate) deployments: Vec<Value>,
    /// States of deployments, by their number.
    pub(crate) states: BTreeMap<u64, Vec<Value>>,
    pub(crate) faults: Vec<Fault>,
    /// `POST /repos/…`
    pub(crate) asked: Vec<String>,
    pub(crate) tokens: Vec<Option<String>>,
}

pub(crate) struct Server {
    pub(crate) url: String,
    known: Arc<Mutex<Known>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let known = Arc::<Mutex<Known>>::default();
        let shared = Arc::clone(&known);
        let host = http::serve(move |request| shared.lock().expect("whole").tell(&request));
        Self { url: format!("http://{host}"), known }
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("whole")
    }

    /// A comment that somebody else wrote.
    pub(crate) fn has(&self, login: &str, kind: &str, body: &str) {
        self.known().add(login, kind, body);
    }

    /// The requests since this was asked before.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.known().asked)
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.known().comments.iter().map(|comment| comment["body"].as_str().expect("a text").to_owned()).collect()
    }
}

impl Known {
    fn add(&mut self, login: &str, kind: &str, body: &str) -> Value {
        let id = self.comments.len() + 1;
        let url = format!("https://github.com/kooba/shop/pull/12#issuecomment-{id}");
        let comment = json!({"id": id, "html_url": url, "body": body, "user": {"login": login, "type": kind}});
        self.comments.push(comment.clone());
        comment
    }

    fn tell(&mut self, request: &Request) -> Answer {
        let Request { method, path, headers: _, body } = request;
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        self.asked.push(format!("{method} {path}"));
        self.tokens.push(request.header("authorization").map(str::to_owned));
        let fault = self.faults.iter().position(|fault| fault.method == method).map(|at| self.faults.remove(at));
        if fault.as_ref().is_none_or(|fault| fault.is_done) {
            let (status, answer) = self.answer(method, path, &body);
            if fault.is_none() {
                return Answer::json(status, &answer);
            }
        }
        let Fault { status, header, .. } = fault.expect("else it was answered");
        let answer = Answer::json(status, &json!({"message": "Resource not accessible by integration"}));
        match header {
            Some((name, value)) => answer.with(name, value),
            None => answer,
        }
    }

    fn answer(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let number = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.and_then(|value| value.parse::<usize>().ok())
        };
        let Some(path) = path.strip_prefix("/repos/kooba/shop/") else {
            return match (path, self.me) {
                ("/user", Me::User) => (200, json!({"login": "jakub", "type": "User"})),
                ("/user", Me::App) => (403, json!({"message": "Resource not accessible by integration"})),
                _ => (404, json!({"message": "Not Found"})),
            };
        };
        let parts: Vec<&str> = path.split('/').collect();
        match (method, parts.as_slice()) {
            ("GET", ["issues", "12", "comments"]) => {
                let (page, size) = (number("page").unwrap_or(1), number("per_page").unwrap_or(30));
                (200, self.comments.iter().skip((page - 1) * size).take(size).cloned().collect())
            }
            ("POST", ["issues", "12", "comments"]) => {
                let text = body["body"].as_str().expect("a text");
                if text.chars().count() > 65_536 {
                    return (422, json!({"message": "Validation Failed"}));
                }
                let (login, kind) = match self.me {
                    Me::App => ("github-actions[bot]", "Bot"),
                    Me::User => ("jakub", "User"),
                };
                (201, self.add(login, kind, text))
            }
            ("PATCH", ["issues", "comments", id]) => {
                let at = id.parse::<usize>().expect("a number") - 1;
                self.comments[at]["body"] = body["body"].clone();
                (200, self.comments[at].clone())
            }
            ("GET", ["commits", _, "pulls"]) => (200, json!([{"number": 3}, {"number": 12}])),
            ("POST", ["statuses", sha]) => {
                let mut status = body.clone();
                status["sha"] = (*sha).into();
                self.statuses.push(status);
                (201, json!({}))
            }
            ("POST", ["deployments"]) => {
                let id = 40 + self.deployments.len();
                let mut deployment = body.clone();
                deployment["id"] = id.into();
                self.deployments.push(deployment);
                (201, json!({"id": id}))
            }
            ("GET", ["deployments"]) => (200, self.deployments.iter().rev().cloned().collect()),
            ("POST", ["deployments", id, "statuses"]) => {
                self.states.entry(id.parse().expect("a number")).or_default().push(body.clone());
                (201, json!({}))
            }
            ("GET", ["deployments", id, "statuses"]) => {
                let states = self.states.get(&id.parse().expect("a number"));
                (200, states.into_iter().flatten().rev().take(1).cloned().collect())
            }
            _ => (404, json!({"message": "Not Found"})),
        }
    }
}
