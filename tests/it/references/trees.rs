//! Services that take their objects from repositories that somebody else has: fetched once, verified, and never taken for
//! what they are not.

use super::{
    github::{Answer, Server},
    host::Daemon,
    *,
};

/// A service whose manifests lie in its repository.
const SHOP: &str = "//- environments/demo.toml\n[services.shop]\nrepo      = \"kooba/shop\"\ntag       = \"dev\"\n\
                    manifests = \"deploy\"\n";

/// A repository whose directory `deploy` makes one ConfigMap with this text.
fn shop(workspace: &Workspace, text: &str) -> Repository {
    let shop = Repository::new(workspace, "shop");
    change(workspace, &shop, text);
    shop
}

fn change(workspace: &Workspace, shop: &Repository, text: &str) {
    let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: shop }}\ndata: {{ said: {text} }}\n");
    workspace.write("shop/deploy/map.yaml", &map);
    shop.git("add --all");
    shop.commit("change");
    shop.git("tag --force dev");
}

/// What is applied says this.
#[track_caller]
fn says(workspace: &Workspace, command: &str, text: &str) {
    workspace.ditc(command).exits(0);
    let map = workspace.cluster().get("/api/v1/namespaces/demo/configmaps/shop").expect("it is applied");
    assert_eq!(map["data"]["said"], text);
}

/// What GitHub packs of a commit.
fn packed(shop: &Repository) -> Vec<u8> {
    let archive = ["archive", "--format=tar.gz", "--prefix=kooba-shop-1234567/", "dev"];
    Command::new("git").arg("-C").arg(&shop.root).args(archive).output().expect("git can be started").stdout
}

/// Where GitHub is asked for what `dev` stands for, packed.
fn tarball(shop: &Repository) -> String {
    format!("/repos/kooba/shop/tarball/{}", shop.commit_of("dev"))
}

/// A workspace with that service, its repository on this machine, and a server that has it.
fn on_github() -> (Workspace, Repository, Server) {
    let server = Server::start();
    let workspace = Workspace::of(SHOP);
    workspace.write("ditc.toml", &format!("[github]\nurl = \"{}\"\n", server.url));
    let shop = shop(&workspace, "first");
    server.tag("kooba/shop", "dev", &shop.commit_of("dev"));
    (workspace, shop, server)
}

const APPLY: &str = "DITC_GITHUB_TOKEN=canary apply demo --sandbox -auto-approve";

#[test]
fn an_archive_is_fetched_once_and_its_other_host_is_not_told_who_asks() {
    let (workspace, shop, server) = on_github();
    let other = Server::start();
    let away = |shop: &Repository| {
        let place = format!("/legacy.tar.gz/{}?token=short", shop.commit_of("dev"));
        server.answer(&tarball(shop), [Answer::new(302, "").with("Location", format!("{}{place}", other.url))]);
        other.answer(&place, [Answer::new(200, packed(shop))]);
    };
    away(&shop);
    says(&workspace, APPLY, "first");
    let asked = server.asked();
    assert!(asked.iter().all(|asked| asked.token.as_deref() == Some("Bearer canary")));
    assert_eq!(asked.iter().filter(|asked| asked.path.contains("/tarball/")).count(), 1);
    let asked = other.asked();
    assert_eq!(asked.iter().map(|asked| (asked.status, asked.token.as_deref())).collect::<Vec<_>>(), [(200, None)]);
    // It is kept, for those who ask nobody too.
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(0);
    workspace.ditc("lock demo").exits(0);
    server.asked();
    workspace.ditc("plan demo --sandbox -detailed-exitcode -offline").exits(0);
    workspace.ditc("plan demo --sandbox -detailed-exitcode -refresh=false").exits(0);
    assert!(server.asked().is_empty() && other.asked().is_empty());
    // Another commit is another archive.
    change(&workspace, &shop, "second");
    server.tag("kooba/shop", "dev", &shop.commit_of("dev"));
    away(&shop);
    workspace.ditc("lock demo -upgrade").exits(0);
    says(&workspace, APPLY, "second");
    assert_eq!(other.asked().len(), 1);
}

#[test]
fn services_of_one_commit_share_its_archive() {
    let (workspace, shop, server) = on_github();
    workspace.write("shop/other/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other }\n");
    change(&workspace, &shop, "first");
    server.tag("kooba/shop", "dev", &shop.commit_of("dev"));
    server.answer(&tarball(&shop), [Answer::new(200, packed(&shop))]);
    let text = "[services.other]\nrepo = \"kooba/shop\"\ntag = \"dev\"\nmanifests = \"other/map.yaml\"\n";
    let first = std::fs::read_to_string(workspace.path("environments/demo.toml")).expect("it is there");
    workspace.write("environments/demo.toml", &format!("{first}{text}"));
    says(&workspace, APPLY, "first");
    workspace.cluster().get("/api/v1/namespaces/demo/configmaps/other").expect("it is applied");
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|asked| asked.path.contains("/tarball/")).count(), 1);
}

#[test]
fn what_was_kept_and_is_damaged_is_fetched_anew() {
    let (workspace, shop, server) = on_github();
    server.answer(&tarball(&shop), [Answer::new(200, packed(&shop))]);
    says(&workspace, APPLY, "first");
    let kept = std::fs::read_dir(workspace.path("state/cache/trees")).expect("it is there").next();
    let kept = kept.expect("one tree").expect("readable").path();
    let bytes = std::fs::read(&kept).expect("readable");
    let text = String::from_utf8(bytes).expect("a text").replace("first", "evil!");
    std::fs::write(&kept, text).expect("writable");
    server.asked();
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(0);
    assert_eq!(server.asked().iter().filter(|asked| asked.path.contains("/tarball/")).count(), 1);
}

#[test]
fn a_lock_tells_whether_what_is_taken_moved_along_and_fetches_it() {
    let (workspace, shop, server) = on_github();
    let digest = |workspace: &Workspace, arguments: &str| -> serde_json::Value {
        let told = workspace.ditc(&format!("lock demo -json {arguments}")).exits(0).error("").out;
        let told: serde_json::Value = serde_json::from_str(&told).expect("one document");
        told["files"][0].clone()
    };
    let first = shop.commit_of("dev");
    server.answer(&tarball(&shop), [Answer::new(200, packed(&shop))]);
    let before = digest(&workspace, "");
    assert_eq!(before["services"]["shop"]["commit"], first);
    let chart = before["services"]["shop"]["chart_digest"].as_str().expect("it takes something").to_owned();
    let text = std::fs::read_to_string(workspace.path("environments/demo.lock.toml")).expect("it is written");
    assert!(text.contains(&format!("chart_digest = \"{chart}\"")), "{text}");
    assert_eq!((&before["written"], &digest(&workspace, "")["written"]), (&true.into(), &false.into()));
    // Another commit without a change there.
    shop.commit("elsewhere");
    shop.git("tag --force dev");
    server.tag("kooba/shop", "dev", &shop.commit_of("dev"));
    server.answer(&tarball(&shop), [Answer::new(200, packed(&shop))]);
    let after = digest(&workspace, "-upgrade");
    assert_eq!(after["services"]["shop"]["before"], first);
    assert_eq!(after["services"]["shop"]["chart_digest"], chart);
    assert_eq!(digest(&workspace, "-check")["services"]["shop"]["commit"], shop.commit_of("dev"));
    server.asked();
    workspace.ditc("plan demo --sandbox -offline").exits(0);
    assert!(server.asked().is_empty());
    change(&workspace, &shop, "second");
    server.tag("kooba/shop", "dev", &shop.commit_of("dev"));
    server.answer(&tarball(&shop), [Answer::new(503, "")]);
    let refused = workspace.ditc("lock demo -upgrade").exits(1).out("").error;
    assert!(refused.contains("files not fetched") && refused.contains("no file was written"), "{refused}");
    assert_eq!(digest(&workspace, "")["services"]["shop"]["chart_digest"], chart);
}

/// Plans what must be refused, without the numbers that differ from run to run.
#[track_caller]
fn refused(workspace: &Workspace, hidden: &[(&str, &str)], expected: impl snapbox::IntoData) {
    let told = workspace.ditc("DITC_GITHUB_TOKEN=canary plan demo --sandbox").exits(1).out("").wrote_nothing();
    let told = hidden.iter().fold(told.error, |told, (from, to)| told.replace(from, to));
    crate::support::check(told, expected);
}

#[test]
fn an_archive_of_another_commit_is_refused() {
    let (workspace, shop, server) = on_github();
    let place = tarball(&shop);
    let wanted = shop.commit_of("dev");
    change(&workspace, &shop, "second");
    server.answer(&place, [Answer::new(200, packed(&shop))]);
    let (said, short) = (shop.commit_of("dev"), &wanted[..7]);
    refused(
        &workspace,
        &[(&said, "[SAID]"), (&wanted, "[WANTED]"), (short, "[SHORT]")],
        str![[r#"
error: files not fetched
 --> environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             ^^^^^^^^ what it holds is not known
  |
  = note: `deploy` of kooba/shop at [SHORT] could not be had: the archive is of
          commit [SAID], and
          [WANTED] was asked for

1 error

"#]],
    );
}

#[test]
fn an_archive_that_is_cut_off_or_too_large_is_refused() {
    let (workspace, shop, server) = on_github();
    let whole = packed(&shop);
    let commit = shop.commit_of("dev");
    let short = [(&commit[..7], "[SHORT]")];
    server.answer(&tarball(&shop), [Answer::new(200, &whole[..whole.len() / 2])]);
    refused(
        &workspace,
        &short,
        str![[r#"
error: files not fetched
 --> environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             ^^^^^^^^ what it holds is not known
  |
  = note: `deploy` of kooba/shop at [SHORT] could not be had: the archive makes
          no sense: it is cut off

1 error

"#]],
    );
    server.answer(&tarball(&shop), [Answer::new(200, vec![0; 20 * 1024 * 1024 + 1])]);
    refused(
        &workspace,
        &short,
        str![[r#"
error: files not fetched
 --> environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             ^^^^^^^^ what it holds is not known
  |
  = note: `deploy` of kooba/shop at [SHORT] could not be had: it is more than 20
          MB to fetch
  = help: `repo = "https://github.com/kooba/shop"` is fetched by git, without
          its large files

1 error

"#]],
    );
    server.answer(&tarball(&shop), [Answer::new(302, "").with("Location", "ftp://elsewhere/x?token=secret")]);
    refused(
        &workspace,
        &short,
        str![[r#"
error: files not fetched
 --> environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             ^^^^^^^^ what it holds is not known
  |
  = note: `deploy` of kooba/shop at [SHORT] could not be had: asking for an
          archive: GitHub leads to another place, ftp://elsewhere/x, which is
          not followed
  = help: `[github] url` in ditc.toml says where GitHub is: of an Enterprise it
          is `https://HOST/api/v3`

1 error

"#]],
    );
    server.answer(&tarball(&shop), [Answer::new(404, "{}")]);
    refused(
        &workspace,
        &short,
        str![[r#"
error: files not fetched
 --> environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             ^^^^^^^^ what it holds is not known
  |
  = note: `deploy` of kooba/shop at [SHORT] could not be had: asking for an
          archive: GitHub knows no such repository
  = help: look at the spelling; and whether the token from DITC_GITHUB_TOKEN may
          read the contents of this repository

1 error

"#]],
    );
}

#[test]
fn what_is_not_kept_cannot_be_had_offline() {
    let (workspace, shop, server) = on_github();
    server.answer(&tarball(&shop), [Answer::new(200, packed(&shop))]);
    workspace.ditc("lock demo").exits(0);
    std::fs::remove_dir_all(workspace.path("state/cache/trees")).expect("it is there");
    let told = workspace.ditc("plan demo --sandbox -offline").exits(1).out("").wrote_nothing();
    let told = told.error.replace(&shop.commit_of("dev")[..7], "[SHORT]");
    crate::support::check(
        told,
        str![[r#"
error: files not fetched
 --> environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             ^^^^^^^^ what it holds is not known
  |
  = note: `deploy` of kooba/shop at [SHORT] could not be had: it is not kept
          here, and nobody was to be asked
  = help: leave out -offline, or -refresh=false, once

1 error

"#]],
    );
    drop(server);
}

#[test]
fn a_url_is_fetched_by_git_and_kept() {
    let workspace = Workspace::of(SHOP);
    let shop = shop(&workspace, "first");
    let file = format!("file://{}", shop.root.display());
    workspace.edit("environments/demo.toml", "kooba/shop", &file);
    says(&workspace, APPLY, "first");
    change(&workspace, &shop, "second");
    let daemon = Daemon::of(&workspace);
    workspace.edit("environments/demo.toml", &file, &format!("git://127.0.0.1:{}/shop", daemon.port));
    says(&workspace, APPLY, "second");
    workspace.ditc("lock demo").exits(0);
    drop(daemon);
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(0);
    let left = std::fs::read_dir(workspace.path("state/cache/fetch")).expect("it was used").count();
    assert_eq!(left, 0, "what was fetched into is gone");
}

#[test]
fn a_server_that_gives_out_names_alone_is_asked_for_the_name() {
    let workspace = Workspace::of(SHOP);
    let shop = shop(&workspace, "first");
    shop.git("tag --force --annotate --message=x dev");
    // No branch is at this commit, and git of old tells nothing but what has a name.
    shop.git("checkout --quiet --orphan other");
    shop.commit("other");
    shop.git("branch --force main other");
    workspace.edit("environments/demo.toml", "kooba/shop", &format!("file://{}", shop.root.display()));
    let old = "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=protocol.version GIT_CONFIG_VALUE_0=0";
    says(&workspace, &format!("{old} {APPLY}"), "first");
    // By its digits alone it cannot be had there, and must not be taken for something else.
    let commit = shop.commit_of("dev");
    std::fs::remove_dir_all(workspace.path("state/cache/trees")).expect("it is there");
    workspace.edit("environments/demo.toml", "tag       = \"dev\"", &format!("commit    = \"{commit}\""));
    let told = workspace.ditc(&format!("{old} plan demo --sandbox")).exits(1).out("").wrote_nothing();
    let told = told.error.replace(&commit, "[COMMIT]").replace(&commit[..7], "[SHORT]");
    crate::support::check(
        told.replace(&shop.root.display().to_string(), "[PLACE]"),
        str![[r#"
error: files not fetched
 --> environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             ^^^^^^^^ what it holds is not known
  |
  = note: `deploy` of file://[ROOT]/shop at [SHORT] could not be had:
          file://[ROOT]/shop has no commit
          [COMMIT]
  = help: look at the spelling; and whether it was pushed there

1 error

"#]],
    );
}

#[test]
fn large_files_beside_are_left_where_they_are_and_without_that_refused() {
    let workspace = Workspace::of(SHOP);
    let shop = shop(&workspace, "first");
    let mut noise = vec![0; 24 * 1024 * 1024];
    let mut number: u64 = 1;
    for byte in &mut noise {
        // Any bytes that nothing packs.
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = number.to_be_bytes()[0];
    }
    std::fs::write(shop.root.join("film"), noise).expect("writable");
    change(&workspace, &shop, "first");
    let commit = shop.commit_of("dev");
    workspace.edit("environments/demo.toml", "kooba/shop", &format!("file://{}", shop.root.display()));
    let place = shop.root.display().to_string();
    refused(
        &workspace,
        &[(&place, "[PLACE]"), (&commit[..7], "[SHORT]")],
        str![[r#"
error: files not fetched
 --> environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             ^^^^^^^^ what it holds is not known
  |
  = note: `deploy` of file://[ROOT]/shop at [SHORT] could not be had:
          it is more than 20 MB to fetch

1 error

"#]],
    );
    shop.git("config uploadpack.allowFilter true");
    says(&workspace, APPLY, "first");
}

#[test]
fn what_is_explained_of_manifests_is_where_they_lie() {
    let workspace = Workspace::of(&SHOP.replace("kooba/shop", "./shop"));
    let _shop = shop(&workspace, "first");
    let told = workspace.ditc("explain demo.services.shop --sandbox").exits(0);
    crate::support::check(
        told.out.split_once("\n\nPlan\n").expect("a plan").0.to_owned() + "\n",
        str![[r#"
demo.services.shop (service)
  Defined   environments/demo.toml:1:11
  Manifests deploy
  Commit    9bb064e of ./shop, tag dev

Follows
  repo       ./shop  environments/demo.toml:2:13
  tag        dev  environments/demo.toml:3:13
  manifests  deploy  environments/demo.toml:4:13

"#]],
    );
}

#[test]
fn a_submodule_is_told_wherever_it_is_found() {
    let (workspace, shop, server) = on_github();
    let inner = Repository::new(&workspace, "inner");
    let url = inner.root.display().to_string();
    shop.git(&format!("-c protocol.file.allow=always submodule --quiet add {url} deploy/inner"));
    shop.commit("submodule");
    shop.git("tag --force dev");
    server.tag("kooba/shop", "dev", &shop.commit_of("dev"));
    server.answer(&tarball(&shop), [Answer::new(200, packed(&shop))]);
    let told = workspace.ditc("plan demo --sandbox").exits(1).out("").wrote_nothing();
    // Its name depends on where the submodule lies.
    let told = told.error.replace(&shop.commit_of("dev")[..7], "[COMMIT]");
    crate::support::check(
        told,
        str![[r#"
error: files not fetched
 --> environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             ^^^^^^^^ what it holds is not known
  |
  = note: `deploy` of kooba/shop at [COMMIT] could not be had: `inner` is a
          submodule, and its files lie in another repository
  = help: only files, and links to files below this path, are taken: put the
          files themselves there

1 error

"#]],
    );
    workspace.edit("environments/demo.toml", "\"kooba/shop\"", "\"./shop\"");
    let told = workspace.ditc("plan demo --sandbox").exits(1).out("").wrote_nothing();
    assert!(told.error.contains("`inner` is a\n          submodule"), "{}", told.error);
}
