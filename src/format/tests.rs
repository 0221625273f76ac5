//! Whatever is written reads back, and no damage goes unseen.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    journal::{Frame, Outcome, Tail},
    record::{Encoded, Limits},
    samples::{key, name, run, state, time, wild},
    *,
};
use crate::{
    object::{Object, ObjectKey, Uid},
    state::{Deed, Lineage, Phase, State, Version},
};

const SMALL: Limits = Limits { inline: 10, part: 100 };

fn pieces(encoded: &Encoded) -> BTreeMap<String, Vec<u8>> {
    let inline = encoded.inline.iter().map(|bytes| (record::NAME.to_owned(), bytes.clone()));
    inline.chain(encoded.parts.iter().map(|part| (part.name.clone(), part.bytes.clone()))).collect()
}

fn decode_record(text: &str, pieces: &BTreeMap<String, Vec<u8>>) -> Result<State, Unreadable> {
    record::decode(&record::decode_header(text)?, pieces)
}

/// Flips one bit, or cuts the end off.
fn damage(bytes: &[u8], seed: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if seed.is_multiple_of(4) {
        bytes.truncate(seed / 4 % bytes.len());
    } else {
        let bit = seed / 4 % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_record_reads_back_as_written(state in wild(), split in any::<bool>()) {
        let limits = if split { SMALL } else { Limits::default() };
        let encoded = record::encode(&state, "0.1.0", limits, &BTreeSet::new());
        prop_assert_eq!(&record::decode_header(&encoded.text).expect("readable"), &encoded.header);
        prop_assert_eq!(encoded.header.root(), &root(&state));
        prop_assert_eq!(&decode_record(&encoded.text, &pieces(&encoded)).expect("readable"), &state);
        prop_assert_eq!(record::encode(&state, "0.1.0", limits, &BTreeSet::new()), encoded);
    }

    #[test]
    fn no_damage_makes_another_record(state in wild(), split in any::<bool>(), seeds in any::<[usize; 16]>()) {
        let limits = if split { SMALL } else { Limits::default() };
        let encoded = record::encode(&state, "0.1.0", limits, &BTreeSet::new());
        let pieces = pieces(&encoded);
        for seed in seeds {
            let header = damage(encoded.text.as_bytes(), seed);
            // Some flips leave the same value behind, such as another escape of one letter.
            if let Ok(Ok(read)) = String::from_utf8(header).map(|text| decode_record(&text, &pieces)) {
                prop_assert_eq!(&read, &state);
            }
            for name in pieces.keys() {
                let mut damaged = pieces.clone();
                damaged.insert(name.clone(), damage(&pieces[name], seed));
                prop_assert!(decode_record(&encoded.text, &damaged).is_err());
            }
        }
    }

    #[test]
    fn a_local_copy_reads_back_as_written(state in wild(), seed in any::<usize>()) {
        let encoded = index::encode(&state, "fence", time(1));
        let Ok(index::Kept::Local(header)) = index::decode_header(encoded.header.as_bytes()) else { panic!("a state") };
        prop_assert_eq!((header.fence.as_str(), header.seen), ("fence", time(1)));
        let lines = || encoded.entries.values().map(Vec::as_slice);
        prop_assert_eq!(encoded.entries.len(), state.entries.len());
        prop_assert_eq!(&index::decode(&header, lines()).expect("readable"), &state);
        prop_assert_eq!(&index::decode(&header, lines().rev()).expect("readable"), &state);
        for damaged in encoded.entries.keys() {
            let line = damage(&encoded.entries[damaged], seed);
            let lines = encoded.entries.iter().map(|(key, bytes)| if key == damaged { &line } else { bytes });
            prop_assert!(index::decode(&header, lines.map(Vec::as_slice)).is_err());
            let fewer = encoded.entries.iter().filter(|(key, _)| *key != damaged).map(|(_, line)| line.as_slice());
            prop_assert!(index::decode(&header, fewer).is_err());
        }
    }

    #[test]
    fn damage_to_a_journal_is_told(frames in frames(), seed in any::<usize>()) {
        let bytes: Vec<u8> = frames.iter().flat_map(journal::encode).collect();
        prop_assert_eq!(journal::decode(&bytes).expect("readable"), (frames.clone(), Tail::Clean));
        let mut ends = vec![0];
        for frame in &frames {
            ends.push(ends.last().unwrap() + journal::encode(frame).len());
        }
        for step in 0..64 {
            let damaged = damage(&bytes, seed.wrapping_add(step));
            match journal::decode(&damaged) {
                Err(_) => {}
                Ok((read, Tail::Clean)) => {
                    prop_assert_eq!(&read[..], &frames[..read.len()], "a cut between frames");
                    prop_assert_eq!(damaged.len(), ends[read.len()]);
                }
                Ok((read, Tail::Torn { at })) => {
                    prop_assert_eq!(&read[..], &frames[..read.len()]);
                    prop_assert_eq!(at, ends[read.len()] as u64);
                    prop_assert!(damaged.len() < bytes.len() || read.len() + 1 == frames.len(), "only the last is torn");
                }
            }
        }
    }
}

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let action = || {
        prop_oneof![Just(Deed::Create), Just(Deed::Update), Just(Deed::Replace), Just(Deed::Delete), Just(Deed::Adopt)]
    };
    let outcome = prop_oneof![Just(Outcome::Done), Just(Outcome::Failed), Just(Outcome::Interrupted)];
    let begin =
        (run(), any::<u64>(), proptest::collection::btree_set(key(), 0..3)).prop_map(|(run, serial, planned)| {
            let version = Version { lineage: Lineage("l".to_owned()), serial };
            Frame::Begin { run, version, environment: name("wild"), planned }
        });
    let frame = prop_oneof![
        (key(), action()).prop_map(|(key, action)| Frame::Intent { key, action }),
        (key(), action(), proptest::option::of(any::<String>())).prop_map(|(key, action, uid)| Frame::Done {
            key,
            action,
            uid: uid.map(Uid)
        }),
        (key(), action(), any::<String>()).prop_map(|(key, action, reason)| Frame::Failed { key, action, reason }),
        outcome.prop_map(|outcome| Frame::End { outcome, at: time(3) }),
    ];
    (begin, proptest::collection::vec(frame, 0..5)).prop_map(|(begin, mut frames)| {
        frames.insert(0, begin);
        frames
    })
}

#[test]
fn zeros_at_the_end_of_a_journal_are_a_torn_tail() {
    let frame = Frame::Begin {
        run: crate::state::Run {
            id: "r".to_owned(),
            operation: crate::state::Operation::Apply,
            who: "j@h".to_owned(),
            since: time(0),
            definition: None,
        },
        version: Version { lineage: Lineage("l".to_owned()), serial: 1 },
        environment: name("jakub"),
        planned: BTreeSet::new(),
    };
    let mut bytes = journal::encode(&frame);
    let at = bytes.len() as u64;
    bytes.extend([0; 4096]);
    assert_eq!(journal::decode(&bytes).expect("readable"), (vec![frame.clone()], Tail::Torn { at }));
    bytes.extend(journal::encode(&frame));
    assert!(journal::decode(&bytes).is_err(), "zeros with something behind them are damage");
}

#[test]
fn small_records_are_one_write_and_large_ones_never_overwrite_parts_in_use() {
    let small = record::encode(&state("jakub", 1, 50), "0.1.0", Limits::default(), &BTreeSet::new());
    assert!(small.inline.is_some() && small.parts.is_empty());
    let limits = Limits { inline: 100, part: 1000 };
    let first = record::encode(&state("jakub", 1, 50), "0.1.0", limits, &BTreeSet::new());
    assert!(first.inline.is_none() && first.parts.len() > 1 && first.parts[0].name == "ditc-1");
    let second = record::encode(&state("jakub", 2, 50), "0.1.0", limits, &first.header.parts());
    assert!(second.header.parts().is_disjoint(&first.header.parts()));
    let third = record::encode(&state("jakub", 3, 50), "0.1.0", limits, &second.header.parts());
    assert_eq!(third.header.parts(), first.header.parts(), "names come round again");
    assert!(first.parts.iter().all(|part| part.bytes.len() <= 1000));
}

/// Changes the JSON of a header and seals it again.
fn edited(text: &str, edit: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(text).expect("JSON");
    value.as_object_mut().expect("an object").remove("hash");
    edit(&mut value);
    value["hash"] = crate::object::Hash::of_value(&value).to_string().into();
    value.to_string()
}

#[test]
fn newer_major_formats_are_refused_and_newer_fields_ignored() {
    let state = state("jakub", 1, 2);
    let encoded = record::encode(&state, "0.1.0", Limits::default(), &BTreeSet::new());
    let newer = edited(&encoded.text, |header| header["format"] = json!("2.0"));
    assert_eq!(
        record::decode_header(&newer).expect_err("newer").to_string(),
        "the record was written by a newer ditc (format 2.0); this one reads 1.x"
    );
    let minor = edited(&encoded.text, |header| {
        header["format"] = json!("1.7");
        header["mood"] = json!("good");
        header["state"]["weather"] = json!({"rain": true});
    });
    assert_eq!(decode_record(&minor, &pieces(&encoded)).expect("readable"), state);
    for format in [json!("0.9"), json!(""), json!(1), json!("1"), json!("x.y")] {
        let odd = edited(&encoded.text, |header| header["format"] = format.clone());
        assert!(matches!(record::decode_header(&odd), Err(Unreadable::Damaged { .. })), "{format}");
    }
}

#[test]
fn values_of_a_secret_are_written_nowhere() {
    let mut state = state("jakub", 1, 1);
    let key = ObjectKey::new("", "Secret", Some("jakub"), "s");
    let mut entry = state.entries.values().next().expect("one").clone();
    let Phase::Applied(applied) = &mut entry.phase else { panic!("applied") };
    applied.body = Object(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
        "data": {"k": "Y2FuYXJ5"}, "stringData": {"k": "canary"}}));
    state.entries.insert(key, entry);
    for line in index::encode(&state, "", time(0)).entries.values() {
        let text = String::from_utf8_lossy(line);
        assert!(!text.contains("canary") && !text.contains("Y2FuYXJ5"), "{text}");
    }
}

#[test]
fn an_entry_that_is_there_twice_is_damage() {
    let state = state("jakub", 1, 1);
    let encoded = index::encode(&state, "", time(0));
    let Ok(index::Kept::Local(header)) = index::decode_header(encoded.header.as_bytes()) else { panic!("a state") };
    let line = encoded.entries.values().next().expect("one").as_slice();
    assert!(index::decode(&header, [line, line].into_iter()).is_err());
}
