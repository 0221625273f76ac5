//! Archives of commits: those that git makes, and those that nobody should.

use std::{io::Write, process::Command};

use flate2::{Compression, write::GzEncoder};

use super::{
    super::{Tree, TreeError, archive},
    git,
    tree::{ask, commit, head, workspace},
    write,
};
use crate::revision::{Commit, Repository};

const COMMIT: &str = "1111111111111111111111111111111111111111";

fn orders() -> Repository {
    Repository::new("kooba/orders").expect("a name")
}

/// What is at some paths of an archive.
fn read(packed: &[u8], commit: &Commit, paths: &[&str]) -> Result<Vec<Result<Tree, TreeError>>, TreeError> {
    archive::trees(packed, &orders(), commit, paths)
}

/// One entry as a tar has it: a header with its sum, the content, and zeros up to the next block.
fn entry(name: &str, kind: u8, target: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = kind;
    header[157..157 + target.len()].copy_from_slice(target.as_bytes());
    header[257..263].copy_from_slice(b"ustar\0");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let padding = content.len().next_multiple_of(512) - content.len();
    [&header, content, &vec![0; padding]].concat()
}

fn file(name: &str, content: &str) -> Vec<u8> {
    entry(name, b'0', "", content.as_bytes())
}

fn pack(entries: &[Vec<u8>]) -> Vec<u8> {
    let comment = entry("pax_global_header", b'g', "", format!("52 comment={COMMIT}\n").as_bytes());
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&comment).unwrap();
    for entry in entries {
        packed.write_all(entry).unwrap();
    }
    packed.write_all(&[0; 1024]).unwrap();
    packed.finish().unwrap()
}

/// What is wrong with an archive, or with the tree at `chart`.
#[track_caller]
fn wrong(entries: &[Vec<u8>], expected: &str) {
    let answer = read(&pack(entries), &Commit::new(COMMIT).unwrap(), &["chart"]);
    let error = match answer {
        Ok(mut trees) => trees.remove(0).expect_err("it is taken"),
        Err(error) => error,
    };
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_git_packs_is_what_git_has() {
    let directory = workspace();
    let orders = directory.path().join("orders");
    let long = format!("charts/orders/{}/{}.yaml", "long".repeat(40), "name".repeat(40));
    write(&orders, &long, "long\n");
    write(&orders, "charts/ordersandmore/x", "x\n");
    std::os::unix::fs::symlink("../Chart.yaml", orders.join("charts/orders/templates/copy.yaml")).unwrap();
    let commit = commit(&directory, "more");
    let packed = Command::new("git")
        .arg("-C")
        .arg(&orders)
        .args(["archive", "--format=tar.gz", "--prefix=kooba-orders-1234567/", commit.as_str()])
        .output()
        .expect("git can be started")
        .stdout;
    let paths = ["charts/orders", "", "README.md", "charts/orders/templates", "chart"];
    let trees = read(&packed, &commit, &paths).expect("git made it");
    for (path, tree) in paths.iter().zip(trees) {
        match (ask(&directory, &commit, path), tree) {
            (Ok(expected), Ok(tree)) => assert_eq!(tree, expected, "{path}"),
            (Err(TreeError::NoPath { near: expected, .. }), Err(TreeError::NoPath { near, .. })) => {
                assert_eq!(near, expected, "{path}");
            }
            (Err(expected), Err(error)) => assert_eq!(error.to_string(), expected.to_string(), "{path}"),
            (expected, tree) => panic!("{path}: {expected:?} is not {tree:?}"),
        }
    }
    // Cut off anywhere, it is nothing; a byte that is another is seen.
    for length in (0..packed.len()).step_by(7) {
        read(&packed[..length], &commit, &["charts/orders"]).expect_err("it is cut off");
    }
    let middle = packed.len() / 2;
    let mut damaged = packed.clone();
    damaged[middle] ^= 1;
    read(&damaged, &commit, &["charts/orders"]).expect_err("it is damaged");
    git(&orders, "commit --quiet --allow-empty --message=next");
    let error = read(&packed, &head(&directory), &["charts/orders"]).expect_err("it is of another commit");
    assert!(matches!(error, TreeError::WrongCommit { .. }), "{error}");
}

#[test]
fn what_leads_out_is_refused_by_its_name() {
    let fine = file("top/chart/Chart.yaml", "name: x\n");
    let with = |evil: Vec<u8>| [fine.clone(), evil];
    let link = |target: &str| with(entry("top/chart/evil", b'2', target, b""));
    wrong(&with(file("top/chart/../../evil", "x")), "`top/chart/../../evil` has a name that no file here may have");
    wrong(&with(file("/etc/passwd", "x")), "`/etc/passwd` has a name that no file here may have");
    wrong(&with(file("evil", "x")), "`evil` has a name that no file here may have");
    wrong(&with(file("top/chart/.git/config", "x")), "`.git/config` has a name that no file here may have");
    wrong(&with(file("top/chart/a\nb", "x")), "`a\\nb` has a name that no file here may have");
    wrong(&link("/etc/passwd"), "`evil` is a link that leads out of the tree, to `/etc/passwd`");
    wrong(&link("../../../etc/passwd"), "`evil` is a link that leads out of the tree, to `../../../etc/passwd`");
    wrong(&link("nowhere"), "`evil` is a link to `nowhere`, which is no file of the tree");
    let chain = [
        entry("top/chart/first", b'2', "second", b""),
        entry("top/chart/second", b'2', "../../x", b""),
        file("top/chart/first/inside", "x"),
    ];
    wrong(&chain, "`second` is a link that leads out of the tree, to `../../x`");
    let other = |kind: u8| with(entry("top/chart/evil", kind, "chart/Chart.yaml", b""));
    for kind in [b'1', b'3', b'4', b'6', b'7'] {
        wrong(&other(kind), "`evil` is neither a file nor a link to one");
    }
    for kind in [b'L', b'S'] {
        wrong(&other(kind), "`top/chart/evil` is neither a file nor a link to one");
    }
}

#[test]
fn what_is_wrong_at_one_path_is_nobody_elses_business() {
    let directory = |name: &str| entry(name, b'5', "", b"");
    let entries = [
        directory("top/"),
        directory("top/chart/"),
        file("top/chart/Chart.yaml", "name: x\n"),
        directory("top/chart/templates/"),
        directory("top/chart/templates/deep/"),
        file("top/chart/templates/deep/a.yaml", ""),
        directory("top/other/"),
        directory("top/other/inner/"),
        directory("top/special/"),
        entry("top/special/pipe", b'6', "", b""),
        directory("top/submodule/"),
    ];
    let paths = ["chart", "other", "special", "submodule", "none"];
    let trees = read(&pack(&entries), &Commit::new(COMMIT).unwrap(), &paths).expect("the archive is whole");
    let told =
        trees.into_iter().map(|tree| tree.map_or_else(|error| error.to_string(), |tree| tree.files.len().to_string()));
    let none = format!("there is no `none` at commit {COMMIT} of kooba/orders");
    let expected = [
        "2",
        "`inner` is a submodule, and its files lie in another repository",
        "`pipe` is neither a file nor a link to one",
        "`submodule` is a submodule, and its files lie in another repository",
        &none,
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn what_has_no_end_is_refused() {
    let zeros = vec![0; 11 * 1024 * 1024];
    let bomb: Vec<Vec<u8>> = (0..10).map(|number| entry(&format!("top/chart/{number}"), b'0', "", &zeros)).collect();
    wrong(&bomb, "it holds more than 100 MB");
    // What nobody asked for is unpacked too.
    let beside: Vec<Vec<u8>> = (0..10).map(|number| entry(&format!("top/x/{number}"), b'0', "", &zeros)).collect();
    wrong(&beside, "it holds more than 100 MB");
    let many: Vec<Vec<u8>> = (0..10_001).map(|number| file(&format!("top/chart/{number}"), "")).collect();
    wrong(&many, "it holds more than 10000 files");
    let mut liar = entry("top/chart/x", b'0', "", b"");
    liar[124..135].copy_from_slice(b"77777777777");
    wrong(&[liar.clone()], "the archive makes no sense: a sum in it is wrong");
    liar[148..156].fill(b' ');
    let sum: u32 = liar.iter().map(|byte| u32::from(*byte)).sum();
    liar[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    wrong(&[liar], "the archive makes no sense: it is cut off");
}

#[test]
fn what_says_nothing_of_its_commit_is_refused() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&file("top/chart/Chart.yaml", "name: x\n")).unwrap();
    packed.write_all(&[0; 1024]).unwrap();
    let error = read(&packed.finish().unwrap(), &Commit::new(COMMIT).unwrap(), &["chart"]).expect_err("it is taken");
    assert_eq!(error.to_string(), "the archive makes no sense: it does not say of which commit it is");
}
