//! The disk as ditc leaves it, and what it refuses to follow.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("exists").permissions().mode() & 0o777
}

fn workspace(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, bytes) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("below the root")).expect("made");
        fs::write(path, bytes).expect("written");
    }
    directory
}

#[test]
fn reads_what_belongs_to_a_workspace_and_nothing_else() {
    let directory = workspace(&[
        ("ditc.toml", b""),
        ("environments/jakub.toml", b"owner = 'j'"),
        ("environments/jakub.lock.toml", b""),
        ("environments/.jakub.toml.swp", b"\xff"),
        ("environments/notes.md", b""),
        ("modules/redis/module.toml", b""),
        ("modules/redis/a.yaml", b""),
        ("modules/redis/files/redis.conf", b""),
        ("modules/redis/README.md", b""),
        ("modules/README.md", b""),
        ("src/main.rs", b""),
    ]);
    let texts = read_workspace(directory.path()).expect("readable");
    let names: Vec<&str> = texts.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "ditc.toml",
            "environments/jakub.toml",
            "modules/redis/a.yaml",
            "modules/redis/files/redis.conf",
            "modules/redis/module.toml",
        ]
    );
    assert_eq!(texts["environments/jakub.toml"], b"owner = 'j'");
    assert!(read_workspace(tempfile::tempdir().expect("made").path()).expect("an empty one").is_empty());
}

#[test]
fn reads_what_is_too_big_or_no_text_and_refuses_what_is_no_file() {
    let directory = workspace(&[("ditc.toml", &vec![b' '; 1024 * 1024 + 7])]);
    assert_eq!(read_workspace(directory.path()).expect("readable")["ditc.toml"].len() as u64, FILE_LIMIT + 1);
    let directory = workspace(&[("ditc.toml", b"\xff\xfe")]);
    assert_eq!(read_workspace(directory.path()).expect("readable")["ditc.toml"], b"\xff\xfe");
    assert!(read_workspace(&directory.path().join("nowhere")).expect_err("missing").is_not_found());
    let directory = workspace(&[("environments/x.toml/y", b"")]);
    assert!(matches!(read_workspace(directory.path()), Err(Error::Special { .. })));
}

#[test]
fn follows_links_within_the_workspace_only() {
    let outside = workspace(&[("secret.toml", b"canary"), ("redis/module.toml", b"")]);
    let directory = workspace(&[("environments/a.toml", b"1")]);
    symlink("a.toml", directory.path().join("environments/b.toml")).expect("linked");
    assert_eq!(read_workspace(directory.path()).expect("readable")["environments/b.toml"], b"1");
    symlink(outside.path().join("secret.toml"), directory.path().join("environments/c.toml")).expect("linked");
    assert!(matches!(read_workspace(directory.path()), Err(Error::Outside { .. })));
    fs::remove_file(directory.path().join("environments/c.toml")).expect("removed");
    symlink(outside.path(), directory.path().join("modules")).expect("linked");
    assert!(matches!(read_workspace(directory.path()), Err(Error::Outside { .. })));
}

#[test]
fn writes_are_private_and_whole() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let private = directory.path().join("state/c");
    create_private_dir(&private).expect("made");
    assert_eq!((mode(&private), mode(&directory.path().join("state"))), (0o700, 0o700));
    let path = private.join("x");
    for content in ["first", "second, longer", "3"] {
        write_atomic(&path, content.as_bytes()).expect("written");
        assert_eq!(read(&path, 100).expect("readable").as_deref(), Some(content.as_bytes()));
    }
    assert_eq!(mode(&path), 0o600);
    assert_eq!(names_in(&private).expect("readable"), ["x"], "no temporary file stays");
    assert!(matches!(read(&path, 0), Err(Error::TooBig { .. })));
    remove(&path).expect("removed");
    remove(&path).expect("removed already");
    assert_eq!(read(&path, 100).expect("readable"), None);
}

#[test]
fn links_in_place_of_own_files_are_refused() {
    let directory = workspace(&[("victim", b"v")]);
    let link = directory.path().join("link");
    symlink(directory.path().join("victim"), &link).expect("linked");
    assert!(matches!(write_atomic(&link, b"x"), Err(Error::Link { .. })));
    assert!(matches!(read(&link, 9), Err(Error::Link { .. })));
    assert!(matches!(Appender::open(&link, 0), Err(Error::Link { .. })));
    assert!(matches!(FileLock::try_take(&link), Err(Error::Link { .. })));
    assert!(matches!(create_private_dir(&link), Err(Error::Link { .. })));
    assert_eq!(fs::read(directory.path().join("victim")).expect("readable"), b"v");
}

#[test]
fn a_lock_is_held_once_and_freed_on_drop() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("x.lock");
    let mut held = FileLock::try_take(&path).expect("readable").expect("free");
    held.leave(b"me").expect("written");
    assert!(FileLock::try_take(&path).expect("readable").is_none());
    assert_eq!(FileLock::message(&path).expect("readable"), b"me");
    drop(held);
    assert!(FileLock::try_take(&path).expect("readable").is_some());
    assert_eq!(mode(&path), 0o600);
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_could_not_be_written_takes_no_more() {
    let mut file = Appender::open(Path::new("/dev/full"), 0).expect("opened");
    assert!(matches!(file.append(b"x"), Err(Error::Write { .. })));
    assert!(matches!(file.append(b"x"), Err(Error::Broken { .. })));
    assert!(matches!(file.sync(), Err(Error::Broken { .. })), "an fsync after a failed one says nothing");
}

#[test]
fn only_what_bears_the_mark_is_replaced_and_only_files_are_read_plainly() {
    let directory = workspace(&[("marked", b"mark\nmore"), ("other", b"text"), ("short", b"ma"), ("empty", b"")]);
    let path = |name: &str| directory.path().join(name);
    symlink(path("marked"), path("link")).expect("linked");
    rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), rustix::fs::Mode::RUSR).expect("a pipe");
    for name in ["marked", "new"] {
        assert!(may_replace(&path(name), b"mark\n").is_ok(), "{name}");
    }
    for name in ["other", "short", "empty"] {
        assert!(matches!(may_replace(&path(name), b"mark\n"), Err(Error::Taken { .. })), "{name}");
    }
    for name in [".", "pipe"] {
        assert!(matches!(may_replace(&path(name), b"mark\n"), Err(Error::Special { .. })), "{name}");
        assert!(matches!(read_plain(&path(name), 9), Err(Error::Special { .. })), "{name}");
    }
    assert!(matches!(may_replace(&path("link"), b"mark\n"), Err(Error::Link { .. })));
    assert!(matches!(read_plain(&path("link"), 9), Err(Error::Link { .. })));
    assert!(matches!(may_replace(&path("none/new"), b"mark\n"), Err(Error::Read { .. })));
    assert_eq!(read_plain(&path("marked"), 9).expect("readable").as_deref(), Some(&b"mark\nmore"[..]));
    assert!(matches!(read_plain(&path("marked"), 8), Err(Error::TooBig { .. })));
    assert!(matches!(read_plain(&path("new"), 8), Ok(None)));
}

#[test]
fn what_is_old_beside_the_newest_goes() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000);
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    for (name, age) in [("new", 0), ("young", 29), ("old", 31)] {
        let file = fs::File::create(directory.path().join(name)).expect("made");
        file.set_modified(now - day * age).expect("its time can be set");
    }
    prune(directory.path(), day * 30).expect("readable");
    assert_eq!(names_in(directory.path()).expect("readable"), ["new", "young"]);
    prune(&directory.path().join("nowhere"), day).expect("nothing is old there");
}

#[test]
fn what_a_killed_process_left_goes_and_what_is_used_stays() {
    let directory = tempfile::tempdir().unwrap();
    let parent = directory.path().join("scratch");
    let used = Scratch::make(&parent).unwrap();
    fs::write(used.path().join("mine"), "x").unwrap();
    let left = parent.join(format!("{}-1", std::process::id()));
    fs::create_dir(&left).unwrap();
    fs::write(left.join("old"), "x").unwrap();
    let next = Scratch::make(&parent).unwrap();
    assert_ne!(next.path(), used.path());
    assert!(used.path().join("mine").exists() && fs::read_dir(next.path()).unwrap().next().is_none());
    drop(next);
    drop(used);
    assert_eq!(fs::read_dir(&parent).unwrap().count(), 0);
}
