//! A workspace of files in a temporary directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    cluster::Cluster,
    requests::Requests,
    run::{Ran, Running, Size},
};

/// A `ditc.toml` that switches off what bounds environments.
pub(crate) const UNBOUND: &str =
    "[defaults]\nquota     = false\nresources = false\nnetwork   = false\nsecurity  = false\n";

/// A directory with `environments/` and `modules/`, removed with the value.
pub(crate) struct Workspace {
    directory: tempfile::TempDir,
}

impl Workspace {
    /// Files from one text: each begins with a line `//- path`. Without a `ditc.toml` among them, environments are not
    /// bounded, so that a test has the objects that it describes and no others.
    #[track_caller]
    pub(crate) fn of(fixture: &str) -> Self {
        let workspace = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        let mut files = fixture.split("//- ");
        assert_eq!(files.next().map(str::trim), Some(""), "a fixture begins with a line `//- path`");
        for file in files {
            let (path, text) = file.split_once('\n').expect("a path and a text below it");
            workspace.write(path.trim(), text);
        }
        if !fixture.contains("//- ditc.toml") && !fixture.starts_with("//- README") {
            workspace.write("ditc.toml", UNBOUND);
        }
        workspace
    }

    /// The environments and modules of this repository, as a fresh clone has them.
    pub(crate) fn of_this_repository() -> Self {
        let workspace = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        let clone = Path::new(env!("CARGO_MANIFEST_DIR"));
        for directory in ["environments", "modules"] {
            copy(&clone.join(directory), &workspace.path(directory));
        }
        workspace
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("a directory can be made");
        fs::write(path, text).expect("a file can be written");
    }

    /// Replaces a text that is there, once.
    #[track_caller]
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(path)).expect("the file is there");
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, &text.replacen(from, to, 1));
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).expect("the file is there");
    }

    /// Removes everything under `state/` but the cluster in the box.
    pub(crate) fn forget_state(&self) {
        for entry in fs::read_dir(self.path("state")).expect("something was run here") {
            let entry = entry.expect("a directory entry");
            match entry.file_type().expect("a type") {
                _ if entry.file_name() == "sandbox" => {}
                kind if kind.is_dir() => fs::remove_dir_all(entry.path()).expect("it can be removed"),
                _ => fs::remove_file(entry.path()).expect("it can be removed"),
            }
        }
    }

    /// Every file below a directory, with its bytes.
    pub(crate) fn files(&self, directory: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        gather(&self.path(directory), &mut files);
        files
    }

    /// Runs the binary to its end, without a terminal.
    pub(crate) fn ditc(&self, arguments: &str) -> Ran {
        self.start(arguments).end()
    }

    /// Starts the binary, without a terminal.
    #[must_use]
    pub(crate) fn start(&self, arguments: &str) -> Running {
        Running::start(self.root(), arguments)
    }

    /// Starts the binary in a terminal of its own.
    #[must_use]
    pub(crate) fn in_terminal(&self, arguments: &str) -> Running {
        Running::in_terminal(self.root(), arguments, None)
    }

    /// The same in a terminal of so many columns and rows.
    #[must_use]
    pub(crate) fn in_terminal_of(&self, size: Size, arguments: &str) -> Running {
        Running::in_terminal(self.root(), arguments, Some(size))
    }

    /// Opens the cluster in the box, to look at it or to change it by hand; no command can run meanwhile.
    pub(crate) fn cluster(&self) -> Cluster {
        Cluster::open(&self.path("state/sandbox"))
    }

    /// All requests that the cluster in the box got so far.
    pub(crate) fn requests(&self) -> Requests {
        Requests::read(self.root())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory can be made");
    for entry in fs::read_dir(from).expect("the repository has it") {
        let entry = entry.expect("a directory entry");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}

fn gather(directory: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(directory).expect("the directory is there") {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() {
            gather(&path, files);
        } else {
            let bytes = fs::read(&path).expect("a file can be read");
            files.push((path, bytes));
        }
    }
}
