//! Lock files, for machines.

use serde_json::{Map, Value, json};

use super::{FORMAT_VERSION, document};
use crate::{
    names::{ComponentName, EnvironmentName},
    revision::Revision,
};

/// The lock file of an environment, as it is now.
#[derive(Debug)]
pub struct LockFile<'a> {
    pub environment: &'a EnvironmentName,
    pub path: String,
    pub is_written: bool,
    pub services: Vec<LockedService<'a>>,
}

/// What a service is held at.
#[derive(Debug)]
pub struct LockedService<'a> {
    pub name: &'a ComponentName,
    pub revision: Revision,
    /// The digest of what it takes from its repository.
    pub chart: Option<&'a str>,
    /// The digest of its image, where it is known.
    pub image: Option<&'a str>,
    /// The commit that it was held at before, where that is another.
    pub before: Option<&'a str>,
}

/// Lock files that were written, or held to what references stand for.
#[must_use]
pub fn locks(files: &[LockFile<'_>]) -> String {
    let service = |LockedService { name, revision, chart, image, before }: &LockedService<'_>| {
        let Revision { repository, reference, commit, tag, since: _ } = revision;
        let value = json!({
            "repo": repository.to_string(),
            "follows": reference.sort.word(),
            "name": reference.name,
            "resolved": tag,
            "commit": commit.as_str(),
            "before": before,
            "chart_digest": chart,
            "image_digest": image,
        });
        (name.to_string(), value)
    };
    let file = |LockFile { environment, path, is_written, services }: &LockFile<'_>| {
        let services: Map<String, Value> = services.iter().map(service).collect();
        json!({"environment": environment.as_str(), "filename": path, "written": is_written, "services": services})
    };
    let files: Vec<Value> = files.iter().map(file).collect();
    document(&json!({"format_version": FORMAT_VERSION, "files": files}))
}
