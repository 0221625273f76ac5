//! A saved plan reads back as written, holds no value of a Secret, and tells damage and other versions.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection, option, prelude::*};
use serde_json::{Value, json};

use super::*;
use crate::{
    address::Which,
    desired::{Component, Desired, Manifest, Origin},
    diagnostic::Span,
    format::samples::{component, hash, json, key, name, revision, time, timestamp, wild},
    names::{Namespace, OutputName},
    object::{Object, ObjectKey},
    observed::{Answer, Conflict, Forbidden, Live, Observed, Readiness, Refusal, Unchangeable, Why},
    plan::{Choices, Limit, MissingRight, Policy, Purpose, Scope, Shortfall, Verb},
    quantity::Quantity,
    secret::{self, Generate, Generator, Given, Recipe, Source},
    state::{Definition, Operation},
};

fn object() -> impl Strategy<Value = Object> {
    json().prop_map(Object)
}

fn which() -> impl Strategy<Value = Vec<Which>> {
    let text = prop_oneof![
        Just("wild"),
        Just("wild.services.web"),
        Just("wild.services.web/Ingress.networking.k8s.io/web"),
        Just("wild/Namespace/wild"),
        Just("deployment/web"),
    ];
    collection::vec(text.prop_map(|text| text.parse().expect("an address")), 0..2)
}

fn answer() -> impl Strategy<Value = Answer> {
    let texts = || collection::vec(any::<String>(), 0..3);
    let forbidden =
        prop_oneof![Just(Forbidden::NamespaceTerminating), Just(Forbidden::Quota), Just(Forbidden::Admission),];
    let why = prop_oneof![
        Just(Why::NamespaceNotYet),
        Just(Why::KindNotYet),
        Just(Why::NoRight),
        Just(Why::NoRightToCheck),
        Just(Why::CheckRefused),
        Just(Why::NeedsOther),
        Just(Why::NotRefreshed),
    ];
    let conflicts =
        texts().prop_map(|fields| fields.into_iter().map(|field| Conflict { manager: field.clone(), field }).collect());
    let refusal = prop_oneof![
        conflicts.prop_map(Refusal::Conflict),
        any::<String>().prop_map(Refusal::Invalid),
        any::<String>().prop_map(Refusal::Malformed),
        (forbidden, any::<String>()).prop_map(|(who, text)| Refusal::Forbidden(who, text)),
    ];
    prop_oneof![
        object().prop_map(|then| Answer::Accepted(Box::new(then))),
        Just(Answer::AcceptedElsewhere),
        (any::<String>(), texts())
            .prop_map(|(message, fields)| Answer::OnlyUpdateRefused(Unchangeable { message, fields })),
        refusal.prop_map(Answer::Refused),
        why.prop_map(Answer::NotAsked),
    ]
}

fn observed() -> impl Strategy<Value = Observed> {
    let live = prop_oneof![Just(Live::Absent), object().prop_map(Live::Present), object().prop_map(Live::Metadata),];
    let objects = || collection::vec(object(), 0..2);
    let chains = collection::vec(collection::vec(key(), 1..3), 0..3);
    let unlisted = collection::btree_set(key().prop_map(|key| key.kind), 0..2);
    let holders = collection::btree_map(key(), chains, 0..2);
    let all = (collection::btree_map(key(), live, 0..4), objects(), objects(), holders, unlisted);
    all.prop_map(|(objects, elsewhere, others, holders, unlisted)| Observed {
        objects,
        elsewhere,
        others,
        holders,
        unlisted,
        is_remembered: false,
        is_under_way: false,
    })
}

/// A [`secret::Origin`] that does not know its text yet.
#[derive(Debug, Clone)]
enum ValueOf {
    Generator(Generator),
    Given(Source, Option<Hash>, bool),
}

/// What is desired, with the two texts that it points into.
fn desired() -> impl Strategy<Value = (Desired, Sources)> {
    let own = Generator { sort: Generate::Token, length: 12, alphabet: Some("0123456789".to_owned()) };
    let generators: Vec<Generator> = Generate::ALL.map(Generator::from).into_iter().chain([own]).collect();
    let source = prop_oneof![any::<String>().prop_map(Source::Env), any::<String>().prop_map(Source::File)];
    let origin = prop_oneof![
        proptest::sample::select(generators).prop_map(ValueOf::Generator),
        (source, option::of(hash()), any::<bool>())
            .prop_map(|(source, digest, place)| ValueOf::Given(source, digest, place)),
    ];
    let recipe = collection::btree_map(any::<String>(), origin, 0..3);
    let manifests =
        collection::btree_map(key(), (option::of(component()), object(), option::of(recipe), any::<bool>()), 0..4);
    let outputs = collection::btree_map("[a-z]{1,4}", json(), 0..2);
    let components = collection::btree_map(
        component(),
        (collection::btree_set(component(), 0..3), outputs, option::of(revision())),
        1..3,
    );
    let texts = [any::<String>(), any::<String>()];
    (option::of(any::<String>()), components, manifests, texts, any::<u32>()).prop_map(
        |(owner, components, manifests, texts, millis)| {
            let mut sources = Sources::default();
            let ids = texts.map(|text| sources.add("environments/wild.toml", text));
            let span = |which: bool| Span::new(ids[usize::from(which)], 1..7);
            let component = |(id, (needs, outputs, revision)): (_, (BTreeSet<_>, BTreeMap<String, Value>, _))| {
                let outputs = outputs.into_iter();
                let outputs = outputs.map(|(name, value)| (OutputName::new(name).expect("a name"), value)).collect();
                (id, Component { needs, outputs, check_image: true, origin: span(false), revision })
            };
            let manifest = |(key, (component, body, keys, template)): (ObjectKey, (_, _, Option<_>, bool))| {
                let origin = Origin { definition: span(false), template: template.then(|| span(true)) };
                let value = |value: ValueOf| match value {
                    ValueOf::Generator(generator) => secret::Origin::Generated(generator),
                    ValueOf::Given(source, digest, place) => {
                        secret::Origin::Given(Given { source, span: span(place), digest })
                    }
                };
                let secret = keys.map(|keys: BTreeMap<String, ValueOf>| Recipe {
                    round: u32::try_from(keys.len()).expect("a few"),
                    keys: keys.into_iter().map(|(key, of)| (key, value(of))).collect(),
                });
                (key.clone(), Manifest { key, component, body, secret, origin })
            };
            let mut manifests: BTreeMap<_, _> = manifests.into_iter().map(manifest).collect();
            // Both texts are pointed into.
            let namespace = ObjectKey::namespace("wild");
            let all = manifest((namespace.clone(), (None, Object(json!({})), None, true)));
            manifests.insert(namespace, all.1);
            let desired = Desired {
                environment: name("wild"),
                namespace: Namespace::new("wild").expect("a name"),
                owner,
                components: components.into_iter().map(component).collect(),
                manifests,
                timeout: Duration::from_millis(millis.into()),
            };
            (desired, sources)
        },
    )
}

fn basis() -> impl Strategy<Value = (Basis, Sources)> {
    let operation = prop_oneof![Just(Operation::Apply), Just(Operation::Destroy)];
    let readiness = prop_oneof![
        Just(Readiness::Ready),
        any::<String>().prop_map(Readiness::Waiting),
        any::<String>().prop_map(Readiness::Failed),
    ];
    let readiness = collection::btree_map(key(), readiness, 0..3);
    let answers = collection::btree_map(key(), answer(), 0..4);
    let choices = ([which(), which(), which(), which(), which(), which()], [any::<bool>(), any::<bool>()]);
    let policy = (any::<usize>(), collection::btree_set(any::<String>(), 0..3));
    let seen = (observed(), collection::vec(object(), 0..2), answers, readiness);
    (operation, option::of(desired()), option::of(wild()), seen, choices, policy).prop_map(
        |(
            operation,
            desired,
            state,
            (observed, autoscalers, answers, readiness),
            (which, flags),
            (most, controllers),
        )| {
            let [target, exclude, replace, adopt, force_conflicts, delete_data] = which;
            let [with_foreign, refresh_only] = flags;
            let choices =
                Choices { target, exclude, replace, adopt, force_conflicts, delete_data, with_foreign, refresh_only };
            let check_namespace = Namespace::new("checks").expect("a name");
            let policy = Policy { max_destroy: most, controllers, check_namespace };
            let (desired, sources) = desired.unzip();
            let basis = Basis {
                environment: name("wild"),
                namespace: Namespace::new("wild").expect("a name"),
                operation,
                desired,
                state,
                observed,
                autoscalers,
                answers,
                readiness,
                choices,
                policy,
            };
            (basis, sources.unwrap_or_default())
        },
    )
}

fn preflight() -> impl Strategy<Value = Preflight> {
    let scope = prop_oneof![Just(Scope::Cluster), Just(Scope::Namespace)];
    let verb = prop_oneof![
        Just(Verb::Create),
        Just(Verb::Update),
        Just(Verb::Patch),
        Just(Verb::Delete),
        Just(Verb::List),
        Just(Verb::Watch),
    ];
    let purpose = prop_oneof![
        key().prop_map(Purpose::Change),
        key().prop_map(Purpose::Wait),
        Just(Purpose::Record),
        Just(Purpose::Lease),
        Just(Purpose::Key),
    ];
    let sets = (collection::btree_set(verb, 0..3), collection::btree_set(purpose, 0..3));
    let missing = (scope, any::<[u8; 2]>(), sets).prop_map(|(scope, [group, resource], (verbs, purposes))| {
        let (group, resource) = (group.to_string(), resource.to_string());
        MissingRight { scope, group, resource, verbs, purposes }
    });
    let quantity = || proptest::sample::select(&["0", "3", "250m", "1536Mi", "2Gi", "1e3", "0.5"][..]);
    let quantities = [quantity(), quantity(), quantity(), quantity()];
    let texts = (any::<String>(), any::<String>());
    let by = collection::vec(key(), 0..3);
    let shortfall = (texts, quantities, by).prop_map(|((quota, resource), quantities, by)| {
        let [hard, used, needs, frees] = quantities.map(|text| Quantity::parse(text).expect("a quantity"));
        Shortfall { quota, resource, limit: Limit { hard, used }, needs, frees, by }
    });
    let lists = (collection::vec(missing, 0..3), collection::vec(shortfall, 0..3));
    (lists, any::<bool>()).prop_map(|((missing_rights, shortfalls), is_namespace_new)| Preflight {
        missing_rights,
        shortfalls,
        is_namespace_new,
    })
}

fn saved() -> impl Strategy<Value = Saved> {
    let base = option::of((any::<String>(), any::<u64>()));
    let texts = [any::<String>(), any::<String>(), any::<String>()];
    (basis(), texts, option::of(any::<String>()), base, timestamp(), preflight()).prop_map(
        |((basis, sources), [cluster, cluster_name, flags], context, base, made, preflight)| Saved {
            basis,
            sources,
            preflight,
            cluster: ClusterId(cluster),
            cluster_name,
            context,
            flags,
            base: base.map(|(lineage, serial)| Version { lineage: Lineage(lineage), serial }),
            timeout: Duration::new(600, 5),
            awaiting: Awaiting {
                timeout: Duration::from_millis(1500),
                locked: BTreeMap::from([("example/web:v1".to_owned(), "sha256:4f1c9aa".to_owned())]),
            },
            made,
            definition: Some(Definition { commit: "4f1c9aa".to_owned(), is_dirty: true, project: None }),
        },
    )
}

/// A plan of nothing, but for what a test puts in.
fn plain(observed: Observed) -> Saved {
    let namespace = Namespace::new("demo").expect("a name");
    let policy = Policy { max_destroy: 10, controllers: BTreeSet::new(), check_namespace: namespace.clone() };
    Saved {
        basis: Basis {
            environment: name("demo"),
            namespace,
            operation: Operation::Apply,
            desired: None,
            state: None,
            observed,
            autoscalers: Vec::new(),
            answers: BTreeMap::new(),
            readiness: BTreeMap::new(),
            choices: Choices::default(),
            policy,
        },
        sources: Sources::default(),
        preflight: Preflight::default(),
        cluster: ClusterId("c".to_owned()),
        cluster_name: "staging".to_owned(),
        context: None,
        flags: String::new(),
        base: None,
        timeout: Duration::from_secs(600),
        awaiting: Awaiting { timeout: Duration::from_secs(60), locked: BTreeMap::new() },
        made: time(0),
        definition: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_saved_plan_reads_back_as_written(saved in saved()) {
        let bytes = encode(&saved, "0.1.0").expect("small");
        prop_assert_eq!(decode(&bytes, "0.1.0").expect("readable"), saved.clone());
        prop_assert_eq!(encode(&saved, "0.1.0").expect("small"), bytes);
    }

    #[test]
    fn no_damage_makes_another_plan(saved in saved(), seeds in any::<[usize; 32]>()) {
        let bytes = encode(&saved, "0.1.0").expect("small");
        for seed in seeds {
            let mut damaged = bytes.clone();
            if seed.is_multiple_of(4) {
                damaged.truncate(seed / 4 % bytes.len());
            } else {
                let bit = seed / 4 % (bytes.len() * 8);
                damaged[bit / 8] ^= 1 << (bit % 8);
            }
            // Some flips leave the same value behind, such as another escape of one letter in the head.
            if let Ok(read) = decode(&damaged, "0.1.0") {
                prop_assert_eq!(&read, &saved);
            }
        }
    }
}

#[test]
fn another_version_of_ditc_is_refused_before_the_content_is_read() {
    let mut bytes = encode(&plain(Observed::default()), "0.1.0").expect("small");
    // Whatever that version wrote, it is not looked at.
    let end = bytes.len();
    bytes[end - 1] ^= 1;
    let error = decode(&bytes, "0.2.0").expect_err("made by another");
    assert_eq!(error.to_string(), "it was made by ditc 0.1.0, and this is ditc 0.2.0");
    assert!(matches!(decode(&bytes, "0.1.0"), Err(Unusable::Unreadable(Unreadable::Damaged { .. }))));
}

#[test]
fn what_is_no_plan_is_not_called_a_damaged_one() {
    for bytes in [&b""[..], b"services:\n  web: {}\n", b"ditc plan", b"{\"format\":\"1.0\"}"] {
        assert_eq!(decode(bytes, "0.1.0"), Err(Unusable::NoPlan));
    }
    let text = decode(b"ditc plan file\n", "0.1.0").expect_err("it ends").to_string();
    assert_eq!(text, "the saved plan is damaged: it ends too early");
}

#[test]
fn values_of_a_secret_are_written_nowhere() {
    let last = "kubectl.kubernetes.io/last-applied-configuration";
    let secret = Object(json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "s", "annotations": {last: "{\"stringData\":{\"k\":\"canary\"}}", "mine": "kept"}},
        "data": {"k": "Y2FuYXJ5"}, "stringData": {"k": "canary"}}));
    let key = ObjectKey::new("", "Secret", Some("demo"), "s");
    for live in [Live::Present(secret.clone()), Live::Metadata(secret.clone())] {
        let objects = BTreeMap::from([(key.clone(), live)]);
        let lists = (vec![secret.clone()], vec![secret.clone()]);
        let mut saved = plain(Observed { objects, elsewhere: lists.0, others: lists.1, ..Observed::default() });
        saved.basis.answers = BTreeMap::from([(key.clone(), Answer::Accepted(Box::new(secret.clone())))]);
        let bytes = encode(&saved, "0.1.0").expect("small");
        let start = MARK.len() + bytes[MARK.len()..].iter().position(|byte| *byte == b'\n').expect("a head") + 1;
        let text = String::from_utf8(unpack(&bytes[start..]).expect("gzip")).expect("text");
        assert!(text.contains("kept"), "{text}");
        assert!(!text.contains("canary") && !text.contains("Y2FuYXJ5"), "{text}");
    }
}

#[test]
fn a_newer_format_is_refused() {
    let bytes = encode(&plain(Observed::default()), "0.1.0").expect("small");
    let end = MARK.len() + bytes[MARK.len()..].iter().position(|byte| *byte == b'\n').expect("a head");
    let mut head: Value = serde_json::from_slice(&bytes[MARK.len()..end]).expect("JSON");
    head.as_object_mut().expect("an object").remove("hash");
    head["format"] = json!("2.0");
    head["hash"] = Hash::of_value(&head).to_string().into();
    let newer = [MARK, head.to_string().as_bytes(), &bytes[end..]].concat();
    let text = decode(&newer, "0.1.0").expect_err("newer").to_string();
    assert_eq!(text, "the saved plan was written by a newer ditc (format 2.0); this one reads 1.x");
}
