//! Reading a workspace as bytes by relative path; which of them are right, and texts at all, is for `config` to say.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use super::{Error, names_in};

/// The largest file that a workspace may hold: what people write by hand is far below, and an object of Kubernetes
/// cannot be larger than 1.5 MiB.
pub const FILE_LIMIT: u64 = 1024 * 1024;

/// More files than any workspace needs; a wrong root, such as a home directory, would have more.
const COUNT_LIMIT: usize = 10_000;

/// Reads `ditc.toml`, `environments/*.toml` and `modules/NAME/{module.toml,*.yaml,*.yml,files/*,templates/*}`, by path
/// relative to `root` with `/` between its parts. Lock files (`*.lock.toml`) and hidden files are left out. Of a file that
/// is larger than [`FILE_LIMIT`] one byte more is read, which shows that it is.
///
/// # Errors
/// When a file cannot be read, or a link leads out of the workspace.
pub fn read_workspace(root: &Path) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let read = |source| Error::Read { path: root.to_owned(), source };
    let real = fs::canonicalize(root).map_err(read)?;
    if !real.is_dir() {
        return Err(read(std::io::ErrorKind::NotADirectory.into()));
    }
    let mut reader = Reader { root, real, files: BTreeMap::new() };
    if root.join("ditc.toml").symlink_metadata().is_ok() {
        reader.file("ditc.toml")?;
    }
    for name in reader.names("environments")? {
        if is_environment(&name) || is_misnamed(&name) {
            reader.file(&format!("environments/{name}"))?;
        }
    }
    for module in reader.names("modules")? {
        let module = format!("modules/{module}");
        if !reader.checked(&module)?.is_dir() {
            continue;
        }
        for name in reader.names(&module)? {
            if name == "module.toml" || is_yaml(&name) {
                reader.file(&format!("{module}/{name}"))?;
            }
        }
        let files = format!("{module}/files");
        for name in reader.names(&files)? {
            reader.file(&format!("{files}/{name}"))?;
        }
        // Where charts have theirs; whoever puts them here is told.
        let templates = format!("{module}/templates");
        for name in reader.names(&templates)?.into_iter().filter(|name| is_yaml(name)) {
            reader.file(&format!("{templates}/{name}"))?;
        }
    }
    Ok(reader.files)
}

fn is_environment(name: &str) -> bool {
    name.ends_with(".toml") && !name.ends_with(".lock.toml")
}

/// Whether a name ends almost as that of an environment: whoever wrote it means one, and is told.
fn is_misnamed(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| ["tml", "tom", "tmol", "tolm", "TOML", "Toml"].contains(&ending))
}

/// Whether [`read_workspace`] would read a file below `environments/` or `modules/`, by its path alone.
#[must_use]
pub fn is_definition(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let is_hidden = parts.iter().any(|part| part.starts_with('.'));
    !is_hidden
        && match parts[..] {
            ["environments", name] => is_environment(name),
            ["modules", _, name] => name == "module.toml" || is_yaml(name),
            ["modules", _, "files", _] => true,
            ["modules", _, "templates", name] => is_yaml(name),
            _ => false,
        }
}

/// The symbolic links among the directories and files of a workspace, by path relative to `root`, each with where it leads,
/// relative to `root` too. Such files change where they lie, not where they are read.
///
/// # Errors
/// When a directory cannot be read, or a link leads out of the workspace.
pub fn links(root: &Path) -> Result<BTreeMap<String, String>, Error> {
    let real = fs::canonicalize(root).map_err(|source| Error::Read { path: root.to_owned(), source })?;
    let reader = Reader { root, real, files: BTreeMap::new() };
    let mut links = BTreeMap::new();
    let mut open: Vec<String> = ["ditc.toml", "environments", "modules"].map(str::to_owned).into();
    while let Some(path) = open.pop() {
        let full = root.join(&path);
        let Ok(metadata) = full.symlink_metadata() else { continue };
        if metadata.is_symlink() {
            let target = reader.checked(&path)?;
            let target = target.strip_prefix(&reader.real).expect("checked to lie below it");
            links.insert(path.clone(), target.to_string_lossy().into_owned());
        }
        // No file that is read lies deeper than `modules/NAME/files/FILE`.
        if full.is_dir() && path.matches('/').count() < 3 {
            open.extend(reader.names(&path)?.into_iter().map(|name| format!("{path}/{name}")));
        }
    }
    Ok(links)
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

struct Reader<'a> {
    root: &'a Path,
    /// The root without links, to compare with where links lead.
    real: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

impl Reader<'_> {
    /// The names in a directory that need not exist.
    fn names(&self, relative: &str) -> Result<Vec<String>, Error> {
        if self.root.join(relative).symlink_metadata().is_err() {
            return Ok(Vec::new());
        }
        let mut names = names_in(&self.checked(relative)?)?;
        names.retain(|name| !name.starts_with('.'));
        Ok(names)
    }

    /// The path without links, which must lie in the workspace.
    fn checked(&self, relative: &str) -> Result<PathBuf, Error> {
        let path = self.root.join(relative);
        let real = fs::canonicalize(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        if real.starts_with(&self.real) { Ok(real) } else { Err(Error::Outside { path, root: self.root.to_owned() }) }
    }

    fn file(&mut self, relative: &str) -> Result<(), Error> {
        if self.files.len() >= COUNT_LIMIT {
            return Err(Error::TooMany { path: self.root.to_owned(), limit: COUNT_LIMIT });
        }
        let path = self.root.join(relative);
        let real = self.checked(relative)?;
        // A pipe would be waited for, so look before opening.
        if !real.is_file() {
            return Err(Error::Special { path });
        }
        let file = File::open(&real).map_err(|source| Error::Read { path: path.clone(), source })?;
        let mut bytes = Vec::new();
        file.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(|source| Error::Read { path, source })?;
        self.files.insert(relative.to_owned(), bytes);
        Ok(())
    }
}
