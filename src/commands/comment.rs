//! `ditc comment`: posts what was told as Markdown to GitHub, one comment for each environment. It asks no cluster and
//! reads no workspace.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde::Deserialize;

use crate::{
    cli,
    failure::{Exit, Failure, FailureKind},
    files,
    render::{
        self,
        forms::{MARKER, Piece, Scope, Standing, marker, pieces, scope_of, tells_of_none, unchanged},
        json::Post,
    },
    sources::{Access, Board, COMMENT, GITHUB, GitHub, GitHubError, How, Notice, State},
};

use super::{desk::Desk, unresolved::logins};

/// The longest that one request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// A file holds at most one comment for each of many environments.
const FILE: u64 = 16 * 1024 * 1024;
/// GitHub sends no larger event.
const EVENT: u64 = 32 * 1024 * 1024;

/// What happened, as far as it matters here (<https://docs.github.com/webhooks/webhook-events-and-payloads>).
#[derive(Deserialize, Default)]
struct Event {
    pull_request: Option<PullRequest>,
    issue: Option<Issue>,
    /// What a push leads to.
    after: Option<String>,
    repository: Option<Repository>,
}

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    head: End,
    base: End,
}

#[derive(Deserialize)]
struct End {
    sha: String,
    /// None where it was deleted.
    repo: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    pull_request: Option<serde_json::Value>,
}

impl Event {
    /// Whether what is looked at comes from a repository that others write to.
    fn is_of_fork(&self) -> bool {
        let name = |end: &End| end.repo.as_ref().map(|repo| repo.full_name.clone());
        self.pull_request.as_ref().is_some_and(|request| name(&request.head) != name(&request.base))
    }

    fn number(&self) -> Option<u64> {
        let issue = self.issue.as_ref().filter(|issue| issue.pull_request.is_some());
        self.pull_request.as_ref().map(|request| request.number).or(issue.map(|issue| issue.number))
    }

    /// The commit that people see, not the merge that only the run sees.
    fn commit(&self) -> Option<&str> {
        let head = self.pull_request.as_ref().map(|request| request.head.sha.as_str());
        head.or(self.after.as_deref()).filter(|sha| cli::is_commit(sha))
    }
}

/// Where it goes.
struct Target {
    repository: String,
    number: Option<u64>,
    commit: Option<String>,
    is_of_fork: bool,
    /// The page of this run.
    log: Option<String>,
}

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Comment) -> Result<Exit, Failure> {
    let mut told: BTreeMap<String, Piece> = BTreeMap::new();
    let mut scopes = Vec::new();
    for path in &arguments.files {
        let (pieces, scope) = read(desk, path)?;
        told.extend(pieces.into_iter().map(|piece| (piece.environment.clone(), piece)));
        scopes.extend(scope);
    }
    if told.is_empty() && (scopes.is_empty() || arguments.dry_run) {
        desk.json(|| render::json::posted("", arguments.dry_run, &[]));
        desk.text(|_| NOTHING.to_owned());
        return Ok(Exit::Done);
    }
    let target = target(desk, arguments)?;
    may_post(arguments, told.values(), &target)?;
    let mut posted = Vec::new();
    let access = access(desk);
    if arguments.dry_run {
        posted.extend(told.values().flat_map(|piece| meant(arguments, piece, &target)));
    } else if let Some(why) = lacks_token(desk, &access, &target)? {
        desk.terminal.status(&render::text::warning(why, desk.terminal.status_style));
    } else {
        let mut board = Board::new(&access, target.repository.clone());
        match post(arguments, &told, &scopes, &target, &mut board, &mut posted).await {
            Err(GitHubError::Forbidden { .. } | GitHubError::NotFound { .. }) if target.is_of_fork => {
                desk.terminal.status(&render::text::warning(FORK, desk.terminal.status_style));
            }
            Ok(()) => {}
            Err(error) => {
                tell(desk, &posted);
                return Err(refused(&error));
            }
        }
    }
    desk.json(|| render::json::posted(&target.repository, arguments.dry_run, &posted));
    tell(desk, &posted);
    if posted.is_empty() && told.is_empty() {
        desk.text(|_| NOTHING.to_owned());
    }
    Ok(Exit::Done)
}

const NOTHING: &str = "There is nothing to post: no environment is told of.\n";

/// What is said of a run that may not write.
const FORK: &str = "this is a pull request from a fork, whose runs get no token that may write; nothing was posted, and the log \
    and the summary of the run have all";

fn tell(desk: &Desk<'_>, posted: &[Post]) {
    if !posted.is_empty() {
        desk.text(|_| posted.iter().map(line).collect());
    }
}

fn line(Post { environment, sort, what, at, url, body }: &Post) -> String {
    let url = url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
    let body = body.as_ref().map(|body| format!("{body}\n")).unwrap_or_default();
    format!("{environment}: {sort} {what} ({at}){url}\n{body}")
}

/// What a file tells, and of which environments it was to tell.
fn read(desk: &Desk<'_>, path: &Path) -> Result<(Vec<Piece>, Option<Scope>), Failure> {
    let shown = path.display();
    let Some(bytes) = files::read(&desk.root().join(path), FILE)? else {
        return Err(Failure::new(FailureKind::Usage, format!("there is no file {shown}"))
            .hint("ditc plan ENV -format markdown=FILE writes one"));
    };
    let text = String::from_utf8_lossy(&bytes);
    let pieces = pieces(&text);
    if pieces.is_empty() && !tells_of_none(&text) {
        return Err(Failure::new(FailureKind::Usage, format!("{shown} tells of no environment"))
            .hint("ditc plan ENV -format markdown=FILE writes one that does"));
    }
    if let Some(long) = pieces.iter().find(|piece| piece.body.chars().count() > COMMENT) {
        let message = format!("what {shown} tells of {} is too long for a comment", long.environment);
        return Err(Failure::new(FailureKind::Usage, message)
            .hint("-format markdown=FILE keeps to what a comment holds; a summary of a run may be longer"));
    }
    Ok((pieces, scope_of(&text)))
}

fn target(desk: &Desk<'_>, arguments: &cli::Comment) -> Result<Target, Failure> {
    let actions = &desk.settings.actions;
    let event = match &actions.event {
        None => Event::default(),
        Some(path) => {
            let shown = path.display();
            let Some(bytes) = files::read(&desk.root().join(path), EVENT)? else {
                return Err(Failure::new(
                    FailureKind::Usage,
                    format!("there is no file {shown}, where the event should be"),
                )
                .hint("GITHUB_EVENT_PATH names it; unset it to go by -repo, -pr and -commit alone"));
            };
            serde_json::from_slice(&bytes).map_err(|error| {
                Failure::new(FailureKind::Usage, format!("the event in {shown} cannot be read")).because(&error)
            })?
        }
    };
    let named = arguments.repo.clone().or_else(|| actions.repository.clone());
    let repository = named.or_else(|| event.repository.as_ref().map(|repository| repository.full_name.clone()));
    let Some(repository) = repository.filter(|name| cli::is_repository(name)) else {
        return Err(Failure::new(FailureKind::Usage, "it is not known which repository on GitHub is meant")
            .hint("name it: -repo=OWNER/NAME"));
    };
    let surrounding = actions.commit.as_deref().filter(|sha| cli::is_commit(sha));
    let commit = arguments.commit.as_deref().or(event.commit()).or(surrounding).map(str::to_owned);
    let server = actions.server.as_deref().unwrap_or("https://github.com");
    let is_number = |run: &&String| run.bytes().all(|byte| byte.is_ascii_digit());
    let log = actions.run.as_ref().filter(is_number).map(|run| format!("{server}/{repository}/actions/runs/{run}"));
    let number = arguments.pr.or(event.number());
    Ok(Target { repository, number, commit, is_of_fork: event.is_of_fork(), log })
}

/// Refuses, before anything is posted, what cannot be posted.
fn may_post<'a>(
    arguments: &cli::Comment,
    told: impl Iterator<Item = &'a Piece>,
    target: &Target,
) -> Result<(), Failure> {
    let usage = |message: String| Failure::new(FailureKind::Usage, message);
    if target.commit.is_none() && (arguments.status || arguments.deployment) {
        return Err(usage("it is not known which commit is meant".to_owned()).hint("name it: -commit=SHA"));
    }
    if target.commit.is_none() && target.number.is_none() {
        return Err(usage("it is not known which pull request is meant".to_owned()).hint("name it: -pr=NUMBER"));
    }
    let looked_at = told.into_iter().find(|piece| matches!(piece.command.as_str(), "plan" | "drift" | "validate"));
    match looked_at {
        Some(Piece { environment, command, .. }) if arguments.deployment => Err(usage(format!(
            "-deployment tells of what was applied, and a {command} of {environment} applied nothing"
        ))
        .hint("give it the file of `ditc apply -format markdown=FILE`")),
        _ => Ok(()),
    }
}

fn access(desk: &Desk<'_>) -> Access {
    let settings = desk.settings;
    // A runner names its own GitHub, and its token is for that one.
    let url = settings.actions.api.as_deref().unwrap_or(GITHUB).trim_end_matches('/').to_owned();
    let is_runner = settings.actions.run.is_some();
    let github = GitHub::new(url, settings.github.clone(), !is_runner && !settings.ci);
    let root = desk.root();
    let cache = root.join("state").join("cache");
    Access::new(root, cache, None, github, PATIENCE)
}

/// Why nothing can be posted, where that is as it must be.
fn lacks_token(desk: &Desk<'_>, access: &Access, target: &Target) -> Result<Option<&'static str>, Failure> {
    if desk.settings.github.is_some() || access.github.may_ask_gh {
        return Ok(None);
    }
    if target.is_of_fork {
        return Ok(Some(FORK));
    }
    Err(Failure::new(FailureKind::Auth, "there is no token to post with")
        .hint("in a workflow, give the step `env: GITHUB_TOKEN: ${{ github.token }}`"))
}

/// What is said of an environment in a few words.
fn state(piece: &Piece) -> State {
    match (piece.standing, piece.command.as_str()) {
        (Standing::Broken, _) | (Standing::Changed, "drift") => State::Failure,
        (Standing::Changed | Standing::Unchanged, _) => State::Success,
    }
}

/// What a run would post, without a word to anybody.
fn meant(arguments: &cli::Comment, piece: &Piece, target: &Target) -> Vec<Post> {
    let post = |sort: &'static str, what: String, at: String| Post {
        environment: piece.environment.clone(),
        sort,
        what,
        at,
        url: None,
        body: None,
    };
    let commit = target.commit.clone().unwrap_or_default();
    let at = match target.number {
        Some(number) => format!("{}#{number}", target.repository),
        None => format!("the pull request of {commit} in {}", target.repository),
    };
    let comment = post("comment", format!("of {} characters", piece.body.chars().count()), at);
    let mut posts = vec![Post { body: Some(piece.body.clone()), ..comment }];
    if arguments.status {
        posts.push(post("status", state(piece).word().to_owned(), commit.clone()));
    }
    if arguments.deployment {
        let is_gone = piece.command == "destroy" && state(piece) == State::Success;
        let state = if is_gone { State::Inactive } else { state(piece) };
        posts.push(post("deployment", state.word().to_owned(), commit));
    }
    posts
}

/// What is to be said of environments that were told of at the pull request before, and are as they should be by now.
async fn outdated(
    told: &BTreeMap<String, Piece>,
    scopes: &[Scope],
    number: Option<u64>,
    board: &mut Board<'_>,
) -> Result<Vec<Piece>, GitHubError> {
    let (Some(number), [_, ..]) = (number, scopes) else { return Ok(Vec::new()) };
    let mut outdated = Vec::new();
    for body in board.own(number, MARKER).await? {
        let Some(before) = pieces(&body).into_iter().next() else { continue };
        // A comment of another workspace, or of what was applied, is not about what was looked for.
        let scope = scopes.iter().find(|scope| scope.command == before.command && scope.workspace == before.workspace);
        if let Some(scope) = scope.filter(|_| !told.contains_key(&before.environment)) {
            outdated.push(unchanged(&before, scope));
        }
    }
    Ok(outdated)
}

/// Posts all, one after the other.
async fn post(
    arguments: &cli::Comment,
    told: &BTreeMap<String, Piece>,
    scopes: &[Scope],
    target: &Target,
    board: &mut Board<'_>,
    posted: &mut Vec<Post>,
) -> Result<(), GitHubError> {
    let number = match (target.number, &target.commit) {
        (None, Some(commit)) => board.pull_requests(commit).await?.first().copied(),
        (number, _) => number,
    };
    // Nothing was deployed where nothing is to be changed.
    let scopes = if arguments.deployment { &[] } else { scopes };
    let outdated = outdated(told, scopes, number, board).await?;
    for piece in told.values().chain(&outdated) {
        let environment = &piece.environment;
        let context = format!("ditc/{environment}");
        let mut add = |sort, what: String, at: String, url| {
            posted.push(Post { environment: environment.clone(), sort, what, at, url, body: None });
        };
        match number {
            Some(number) => {
                let made = board.comment(number, &marker(environment), &piece.body).await?;
                let how = match made.how {
                    How::Created => "created",
                    How::Updated => "updated",
                    How::Unchanged => "unchanged",
                };
                add("comment", how.to_owned(), format!("#{number}"), Some(made.url));
            }
            None => add("comment", "skipped".to_owned(), "no pull request holds the commit".to_owned(), None),
        }
        let state = state(piece);
        let address = arguments.environment_url.as_deref();
        let notice = Notice { state, description: &piece.told, log: target.log.as_deref(), address };
        let Some(commit) = &target.commit else { continue };
        if arguments.status {
            board.status(commit, &context, notice).await?;
            add("status", state.word().to_owned(), commit.clone(), None);
        }
        if arguments.deployment && piece.command == "destroy" && state == State::Success {
            let count = board.retire(&context, None, notice).await?;
            add("deployment", State::Inactive.word().to_owned(), format!("{count} ended"), None);
        } else if arguments.deployment {
            let id = board.deploy(commit, &context, notice).await?;
            add("deployment", state.word().to_owned(), format!("number {id}"), None);
        }
    }
    Ok(())
}

fn refused(error: &GitHubError) -> Failure {
    let kind = match error {
        GitHubError::Unauthorized(_)
        | GitHubError::Forbidden { .. }
        | GitHubError::NotFound { .. }
        | GitHubError::NoToken(_)
        | GitHubError::NoApp(_)
        | GitHubError::UnknownApp { .. }
        | GitHubError::NotInstalled { .. }
        | GitHubError::NoInstallation { .. } => FailureKind::Auth,
        GitHubError::Slow(_) => FailureKind::Timeout,
        _ => FailureKind::GitHub,
    };
    let failure = Failure::new(kind, "posting to GitHub did not come to its end").because(error);
    match error {
        GitHubError::Forbidden { .. } | GitHubError::NotFound { .. } => failure
            .hint("the token needs `pull-requests: write`, with -status `statuses: write`, with -deployment `deployments: write`")
            .hint("look at the spelling of -repo and -pr too: what a token may not see looks as if it were not there"),
        GitHubError::Unauthorized(_) => failure.hint("in a workflow, give the step `env: GITHUB_TOKEN: ${{ github.token }}`"),
        GitHubError::Limited { .. } => failure.hint("run it again then: what is posted already is not posted twice"),
        _ if kind == FailureKind::Auth => logins(error).into_iter().fold(failure, Failure::hint),
        _ => failure.hint("run it again: what is posted already is not posted twice"),
    }
}
