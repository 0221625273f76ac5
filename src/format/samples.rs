//! States made up for tests, simple ones by hand and wild ones by proptest.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::{collection, option, prelude::*};
use serde_json::{Value, json};

use crate::{
    names::{ComponentId, EnvironmentName, Namespace},
    object::{Hash, Object, ObjectKey, Segment, Uid, canonical},
    ownership::{Fingerprint, Paths},
    revision::{Commit, Reference, Repository, Revision, Since, Sort},
    state::{
        Applied, ClusterId, Deed, Directory, Ended, Entry, Lineage, Operation, Phase, Project, Run, State, Version,
    },
};

pub(crate) fn time(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("within the range of time")
}

pub(crate) fn name(text: &str) -> EnvironmentName {
    EnvironmentName::new(text).expect("a name")
}

/// A state with so many ConfigMaps.
pub(crate) fn state(environment: &str, serial: u64, objects: usize) -> State {
    let entries = (0..objects).map(|number| {
        let name = format!("web-{number}");
        let key = ObjectKey::new("", "ConfigMap", Some(environment), &name);
        let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"n": Hash::of(&number.to_le_bytes()).to_string()}});
        let applied = Applied {
            uid: Uid(format!("uid-{number}")),
            desired: Hash::of_value(&body),
            fingerprint: Some(Fingerprint(Hash::of(b"f"))),
            owned: Paths::from_fields(&json!({"f:data": {".": {}, "f:n": {}}})).expect("paths"),
            body: Object(body),
            yielded: Paths::default(),
            given: BTreeMap::new(),
            round: 0,
            finished: false,
        };
        (key, Entry { component: None, api_version: "v1".to_owned(), phase: Phase::Applied(applied), deed: None })
    });
    State {
        version: Version { lineage: Lineage("l-1".to_owned()), serial },
        cluster: ClusterId("c-1".to_owned()),
        environment: name(environment),
        namespace: Namespace::new(environment).expect("a name"),
        created_namespace: true,
        components: BTreeMap::new(),
        revisions: BTreeMap::new(),
        entries: entries.collect(),
        partial: false,
        open: None,
        last: None,
        project: None,
        written: time(0),
    }
}

pub(crate) fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Quarters are exact in every reader of JSON; serde_json alone may read other floats one bit off.
        (-1000_i32..1000).prop_map(|quarters| Value::from(f64::from(quarters) / 4.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn segment() -> impl Strategy<Value = Segment> {
    prop_oneof![
        any::<String>().prop_map(Segment::Field),
        ("[a-z]{1,4}", json()).prop_map(|(key, value)| Segment::Key(canonical(&json!({key: value})))),
        json().prop_map(|value| Segment::Value(canonical(&value))),
        any::<usize>().prop_map(Segment::Index),
    ]
}

fn paths() -> impl Strategy<Value = Paths> {
    collection::vec(collection::vec(segment(), 1..4), 0..5).prop_map(|all| {
        let mut paths = Paths::default();
        for path in all {
            paths.insert(&path);
        }
        paths
    })
}

pub(crate) fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash::from_digest)
}

pub(crate) fn component() -> impl Strategy<Value = ComponentId> {
    ("dependencies|services", "[a-z]([a-z0-9-]{0,5}[a-z0-9])?")
        .prop_map(|(table, name)| format!("{table}.{name}").parse().expect("an address"))
}

pub(crate) fn timestamp() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000, 0_i32..1_000_000_000)
        .prop_map(|(second, nano)| Timestamp::new(second, nano).expect("within the range of time"))
}

pub(crate) fn key() -> impl Strategy<Value = ObjectKey> {
    ("(apps|batch|)", "[A-Z][a-z]{1,8}", option::of("[a-z]{1,5}"), any::<String>())
        .prop_map(|(group, kind, namespace, name)| ObjectKey::new(&group, &kind, namespace.as_deref(), &name))
}

fn entry() -> impl Strategy<Value = Entry> {
    let given = (collection::btree_map(any::<String>(), hash(), 0..2), any::<u32>());
    let applied = (any::<String>(), json(), hash(), option::of(hash()), [paths(), paths()], given, any::<bool>())
        .prop_map(|(uid, body, desired, fingerprint, [owned, yielded], (given, round), finished)| {
            let fingerprint = fingerprint.map(Fingerprint);
            Applied { uid: Uid(uid), body: Object(body), desired, fingerprint, owned, yielded, given, round, finished }
        });
    let phase = (0..6, applied).prop_map(|(phase, applied)| match phase {
        0 => Phase::Planned,
        1 => Phase::Replacing(applied),
        _ => Phase::Applied(applied),
    });
    let deed =
        prop_oneof![Just(Deed::Create), Just(Deed::Update), Just(Deed::Replace), Just(Deed::Delete), Just(Deed::Adopt)];
    (option::of(component()), any::<String>(), phase, option::of(deed))
        .prop_map(|(component, api_version, phase, deed)| Entry { component, api_version, phase, deed })
}

pub(crate) fn run() -> impl Strategy<Value = Run> {
    let operation = prop_oneof![Just(Operation::Apply), Just(Operation::Destroy)];
    let definition = option::of((any::<String>(), any::<bool>(), option::of(any::<String>())));
    let definition = definition.prop_map(|definition| {
        definition.map(|(commit, is_dirty, project)| crate::state::Definition { commit, is_dirty, project })
    });
    (any::<String>(), operation, any::<String>(), timestamp(), definition)
        .prop_map(|(id, operation, who, since, definition)| Run { id, operation, who, since, definition })
}

/// Any revision, from places of every sort.
pub(crate) fn revision() -> impl Strategy<Value = Revision> {
    let places = ["kooba/orders", "../orders", "https://git.example.com/orders.git", "git@git.example.com:orders"];
    let repository = proptest::sample::select(places.to_vec()).prop_map(|text| Repository::new(text).expect("a place"));
    let names = [(Sort::Tag, "dev"), (Sort::Branch, "a/b"), (Sort::Release, "latest"), (Sort::Semver, "^1.2")];
    let reference = proptest::sample::select(names.to_vec());
    let reference = reference.prop_map(|(sort, name)| Reference::new(sort, name).expect("a name"));
    let commit = || "[0-9a-f]{40}".prop_map(|text| Commit::new(text).expect("40 digits"));
    let count = || option::of(any::<u64>());
    let since = (commit(), count(), count(), option::of(any::<String>()));
    let since = since.prop_map(|(from, commits, back, subject)| Since { from, commits, back, subject });
    (repository, reference, commit(), option::of(any::<String>()), option::of(since))
        .prop_map(|(repository, reference, commit, tag, since)| Revision { repository, reference, commit, tag, since })
}

/// Any state of environment `wild`.
pub(crate) fn wild() -> impl Strategy<Value = State> {
    let needs = collection::btree_map(component(), collection::btree_set(component(), 0..3), 0..3);
    let needs = (needs, collection::btree_map(component(), revision(), 0..3));
    let entries = collection::btree_map(key(), entry(), 0..6);
    let text = any::<String>();
    let ended = (run(), any::<bool>()).prop_map(|(run, complete)| Ended { run, complete });
    let text_or_none = || option::of(any::<String>());
    let directory = option::of((any::<String>(), any::<String>()));
    let project = (text_or_none(), text_or_none(), directory).prop_map(|(repository, beginning, directory)| Project {
        repository,
        beginning,
        directory: directory.map(|(host, path)| Directory { host, path }),
    });
    let runs = (option::of(run()), option::of(ended), option::of(project));
    (text, any::<u64>(), text, [any::<bool>(), any::<bool>()], needs, entries, runs, timestamp()).prop_map(
        |(
            lineage,
            serial,
            cluster,
            [created_namespace, partial],
            (components, revisions),
            entries,
            (open, last, project),
            written,
        )| State {
            version: Version { lineage: Lineage(lineage), serial },
            cluster: ClusterId(cluster),
            environment: name("wild"),
            namespace: Namespace::new("wild").expect("a name"),
            created_namespace,
            components: components as BTreeMap<ComponentId, BTreeSet<ComponentId>>,
            revisions,
            entries,
            partial,
            open,
            last,
            project,
            written,
        },
    )
}
