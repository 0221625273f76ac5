//! Random environments, edits, hands, decisions and kills, each step held to the laws that must always hold.
//!
//! `DITC_MODEL_SEQUENCES` says how many sequences are tried, from seed `DITC_MODEL_FIRST` on; `DITC_MODEL_SEED` tries
//! that one alone. `DITC_MODEL_REAL` says how many are tried on the real server that `DITC_TEST_KUBECONFIG` names, and
//! `DITC_MODEL_REAL_SEED` tries one of them. A sequence that breaks a law is made smaller, and told with its seed.

use std::{
    fmt::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use cluster::Cluster;
use definition::{Component, Definition, Kit, NAMES};
use random::Random;
use step::{Decision, Step};
use world::World;

use crate::support::{NOT_USED, Real, own_name};

mod cluster;
mod definition;
mod environment;
mod hand;
mod killed;
mod laws;
mod plan;
mod random;
mod step;
mod world;

/// So many take some seconds.
const SEQUENCES: u64 = 40;
/// On a real server each takes the better part of a minute, most of it waiting.
const REAL_SEQUENCES: u64 = 2;
/// As many as this machine's two cores, and a CI runner's.
const THREADS: u64 = 2;
const REAL_THREADS: u64 = 8;
/// How many times a broken sequence is tried with one step less.
const TRIES: usize = 60;

#[derive(Debug, Clone)]
struct Sequence {
    definitions: [Definition; 2],
    /// Each with the environment that it is about.
    steps: Vec<(usize, Step)>,
}

#[test]
fn the_laws_hold() {
    if let Some(seed) = number("DITC_MODEL_SEED") {
        return check(seed, TRIES, in_the_box);
    }
    let count = number("DITC_MODEL_SEQUENCES").unwrap_or(SEQUENCES);
    let first = number("DITC_MODEL_FIRST").unwrap_or(0);
    in_threads(THREADS, first, count, |seed| check(seed, TRIES, in_the_box));
}

#[test]
fn the_laws_hold_on_a_real_server() {
    let Some(server) = variable("DITC_TEST_KUBECONFIG").filter(|path| !path.is_empty()) else {
        assert!(number("DITC_MODEL_REAL").is_none(), "{NOT_USED}");
        return;
    };
    let run = |sequence: &Sequence| on_a_real_server(&server, sequence);
    // A sequence that broke there is told as it is: to try it with less takes minutes.
    if let Some(seed) = number("DITC_MODEL_REAL_SEED") {
        return check(seed, 0, run);
    }
    let count = number("DITC_MODEL_REAL").unwrap_or(REAL_SEQUENCES);
    in_threads(REAL_THREADS, 0, count, |seed| check(seed, 0, run));
}

/// Sequences that once broke a law.
#[test]
fn a_destroy_does_not_mind_pods_on_their_way_out() {
    let kit = Component::Kit(Kit { version: 1, text: 1, replicas: 2, ..Kit::default() });
    let apply = Step::Apply(Decision::Nothing);
    holds([("ant", kit)], &[apply.clone(), Step::Remove("ant"), apply, Step::Destroy]);
}

fn holds<const N: usize>(components: [(&'static str, Component); N], steps: &[Step]) {
    let definition = Definition { components: components.into() };
    let steps = steps.iter().map(|step| (0, step.clone())).collect();
    let sequence = Sequence { definitions: [definition, Definition::default()], steps };
    in_the_box(&sequence).unwrap_or_else(|broken| panic!("{broken}"));
}

fn in_threads(threads: u64, first: u64, count: u64, check: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(first);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let seeds = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
                seeds.take_while(|seed| *seed < first + count).for_each(&check);
            });
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "a test is told its size by the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str) -> Option<u64> {
    variable(name)?.parse().ok()
}

fn check(seed: u64, tries: usize, run: impl Fn(&Sequence) -> Result<(), String>) {
    let sequence = generate(&mut Random(seed));
    let Err(broken) = run(&sequence) else { return };
    let (small, broken) = shrink(sequence, broken, tries, run);
    let mut text = format!("DITC_MODEL_SEED={seed}: {broken}\n");
    for (at, definition) in small.definitions.iter().enumerate() {
        let _ = write!(text, "\nenvironment {at}:\n{}", definition.toml());
    }
    small.steps.iter().for_each(|(at, step)| {
        let _ = write!(text, "\n  {at} {step:?}");
    });
    panic!("{text}");
}

fn generate(random: &mut Random) -> Sequence {
    let definitions = [2 + random.below(3), 1 + random.below(2)].map(|count| {
        let mut definition = Definition::default();
        for _ in 0..count {
            let name = random.pick(&NAMES);
            let component = step::component(random, name);
            definition.components.insert(name, component);
        }
        definition
    });
    let mut known = definitions.clone();
    let mut steps = Vec::new();
    for at in 0..2 {
        if random.chance(85) {
            steps.push((at, Step::Apply(Decision::Nothing)));
        }
    }
    for _ in 0..5 + random.below(6) {
        let at = usize::from(random.chance(30));
        let next = step(random, &known[at]);
        match &next {
            Step::Define(name, component) => {
                known[at].components.insert(name, component.clone());
            }
            Step::Remove(name) => {
                known[at].components.remove(name);
            }
            Step::RenameComponent(from, to) if !known[at].components.contains_key(to) => {
                if let Some(component) = known[at].components.remove(from) {
                    known[at].components.insert(to, component);
                }
            }
            _ => {}
        }
        steps.push((at, next));
    }
    Sequence { definitions, steps }
}

fn step(random: &mut Random, known: &Definition) -> Step {
    let name = random.pick(&NAMES);
    match random.below(100) {
        0..18 => match known.components.get(name) {
            Some(component) => Step::Define(name, step::edited(random, component)),
            None => Step::Define(name, step::component(random, name)),
        },
        18..22 => Step::Define(name, step::component(random, name)),
        22..28 => Step::Remove(name),
        28..31 => {
            let [from, to] = random.pick(&[["ant", "bee"], ["bee", "ant"], ["cat", "dog"], ["dog", "cat"]]);
            Step::RenameComponent(from, to)
        }
        31..61 => step::hand(random),
        61..65 => Step::TidyUp,
        65..70 => Step::Plan,
        70..84 => Step::Apply(step::decision(random)),
        84..92 => Step::Kill(step::kill(random)),
        92..95 => Step::Forget,
        95..97 => Step::RenameEnvironment,
        _ => Step::Destroy,
    }
}

fn in_the_box(sequence: &Sequence) -> Result<(), String> {
    attempt(World::new(Cluster::in_the_box(), "", sequence.definitions.clone()), sequence)
}

/// The namespaces there are nobody else's, and go with the sequence.
fn on_a_real_server(kubeconfig: &str, sequence: &Sequence) -> Result<(), String> {
    let world = World::new(Cluster::real(kubeconfig), &format!("{}-", own_name("m")), sequence.definitions.clone());
    let names = world.environments.each_ref().map(|known| [known.name.clone(), known.other_name.clone()]);
    let result = attempt(world, sequence);
    let real = Real::server().expect("it was there a moment ago");
    for name in names.into_iter().flatten() {
        let path = format!("/api/v1/namespaces/{name}");
        if real.get(&path).is_some() {
            real.delete(&path);
        }
    }
    result
}

/// Tries a sequence; says what broke.
fn attempt(mut world: World, sequence: &Sequence) -> Result<(), String> {
    let tried = catch_unwind(AssertUnwindSafe(|| {
        for (at, step) in &sequence.steps {
            world.step(*at, step).map_err(|broken| format!("{at} {step:?}: {broken}"))?;
        }
        world.end()
    }));
    tried.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
    })
}

/// Leaves out steps and components as long as anything is still broken.
fn shrink(
    mut sequence: Sequence,
    mut broken: String,
    mut tries: usize,
    run: impl Fn(&Sequence) -> Result<(), String>,
) -> (Sequence, String) {
    let mut at = 0;
    while tries > 0 {
        let Some(smaller) = without(&sequence, at) else { break };
        tries -= 1;
        match run(&smaller) {
            Err(again) => (sequence, broken) = (smaller, again),
            Ok(()) => at += 1,
        }
    }
    (sequence, broken)
}

/// The sequence without its last step but so many, or without a component.
fn without(sequence: &Sequence, at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    if at < smaller.steps.len() {
        smaller.steps.remove(smaller.steps.len() - 1 - at);
        return Some(smaller);
    }
    let all = smaller.definitions.iter().enumerate();
    let all = all.flat_map(|(which, known)| known.components.keys().map(move |name| (which, *name)));
    let (which, name) = all.collect::<Vec<_>>().into_iter().nth(at - sequence.steps.len())?;
    smaller.definitions[which].components.remove(name);
    Some(smaller)
}
