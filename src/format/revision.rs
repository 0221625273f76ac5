//! What a component stands at in git, as record and saved plan keep it.

use serde::{Deserialize, Serialize};

use super::Unreadable;
use crate::revision::{Commit, Reference, Repository, Revision, Since, Sort};

#[derive(Serialize, Deserialize)]
pub(super) struct RevisionV1 {
    repo: String,
    sort: String,
    name: String,
    commit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<SinceV1>,
}

#[derive(Serialize, Deserialize)]
struct SinceV1 {
    from: String,
    commits: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    back: Option<u64>,
    subject: Option<String>,
}

impl From<&Revision> for RevisionV1 {
    fn from(revision: &Revision) -> Self {
        let Revision { repository, reference: Reference { sort, name }, commit, tag, since } = revision;
        let since = since.as_ref().map(|Since { from, commits, back, subject }| SinceV1 {
            from: from.to_string(),
            commits: *commits,
            back: *back,
            subject: subject.clone(),
        });
        Self {
            repo: repository.to_string(),
            sort: sort.word().to_owned(),
            name: name.clone(),
            commit: commit.to_string(),
            tag: tag.clone(),
            since,
        }
    }
}

impl RevisionV1 {
    pub(super) fn read(self, what: &'static str) -> Result<Revision, Unreadable> {
        let Self { repo, sort, name, commit: stands_at, tag, since } = self;
        let damaged = |why: String| Unreadable::Damaged { what, why };
        let commit = |text: &str| Commit::new(text).map_err(|no| damaged(format!("{text:?} {no}")));
        let sort = Sort::ALL
            .into_iter()
            .find(|known| known.word() == sort)
            .ok_or_else(|| damaged(format!("{sort:?} is followed by nobody")))?;
        let since = match since {
            Some(SinceV1 { from, commits, back, subject }) => {
                Some(Since { from: commit(&from)?, commits, back, subject })
            }
            None => None,
        };
        Ok(Revision {
            repository: Repository::new(&repo).map_err(|no| damaged(format!("its repository {}", no.why)))?,
            reference: Reference::new(sort, name).map_err(|why| damaged(format!("its reference {why}")))?,
            commit: commit(&stands_at)?,
            tag,
            since,
        })
    }
}
