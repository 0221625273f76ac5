//! Random environments, edits and hand changes, each step held to the laws that must always hold.
//!
//! `DITC_MODEL_SEQUENCES` says how many sequences are tried, from seed `DITC_MODEL_FIRST` on; `DITC_MODEL_SEED` tries
//! that one alone. A sequence that breaks a law is made smaller, and told with its seed.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use definition::{Component, Definition, NAMES};
use random::Random;
use step::Step;
use world::World;

mod definition;
mod random;
mod step;
mod world;

/// Each takes about a second of one core.
const SEQUENCES: u64 = 40;
/// As many as this machine's two cores, and a CI runner's.
const THREADS: u64 = 2;
/// How many times a broken sequence is tried with one step less.
const TRIES: usize = 60;

#[derive(Debug, Clone)]
struct Sequence {
    definition: Definition,
    steps: Vec<Step>,
}

#[test]
fn the_laws_hold() {
    if let Some(seed) = number("DITC_MODEL_SEED") {
        check(seed);
        return;
    }
    let count = number("DITC_MODEL_SEQUENCES").unwrap_or(SEQUENCES);
    let first = number("DITC_MODEL_FIRST").unwrap_or(0);
    let next = AtomicU64::new(first);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let seeds = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
                seeds.take_while(|seed| *seed < first + count).for_each(check);
            });
        }
    });
}

/// Sequences that once broke a law.
#[test]
fn a_destroy_does_not_mind_pods_on_their_way_out() {
    let kit = Component::Kit { vault: false, version: 1, text: 1, config: false, port: None, replicas: 2 };
    holds([("ant", kit)], &[Step::Apply, Step::Remove("ant"), Step::Apply, Step::Destroy]);
}

fn holds<const N: usize>(components: [(&'static str, Component); N], steps: &[Step]) {
    let definition = Definition { components: components.into() };
    run(&Sequence { definition, steps: steps.to_vec() }).unwrap_or_else(|broken| panic!("{broken}"));
}

#[expect(clippy::disallowed_methods, reason = "a test is told its size by the environment")]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn check(seed: u64) {
    let sequence = generate(&mut Random(seed));
    let Err(broken) = run(&sequence) else { return };
    let (small, broken) = shrink(sequence, broken);
    let steps: Vec<String> = small.steps.iter().map(|step| format!("  {step:?}")).collect();
    panic!(
        "DITC_MODEL_SEED={seed}: {broken}\n\nfrom the definition\n\n{}after\n{}\n",
        small.definition.toml(),
        steps.join("\n")
    );
}

fn generate(random: &mut Random) -> Sequence {
    let mut definition = Definition::default();
    for _ in 0..2 + random.below(3) {
        let name = random.pick(&NAMES);
        let component = step::component(random, name);
        definition.components.insert(name, component);
    }
    let mut known = definition.clone();
    let mut steps = if random.chance(85) { vec![Step::Apply] } else { Vec::new() };
    for _ in 0..5 + random.below(6) {
        let name = random.pick(&NAMES);
        let next = match random.below(100) {
            0..20 => match known.components.get(name) {
                Some(component) => Step::Define(name, step::edited(random, component)),
                None => Step::Define(name, step::component(random, name)),
            },
            20..25 => Step::Define(name, step::component(random, name)),
            25..32 => Step::Remove(name),
            32..65 => step::hand(random),
            65..70 => Step::TidyUp,
            70..76 => Step::Plan,
            76..92 => Step::Apply,
            92..97 => Step::Forget,
            _ => Step::Destroy,
        };
        match &next {
            Step::Define(name, component) => {
                known.components.insert(name, component.clone());
            }
            Step::Remove(name) => {
                known.components.remove(name);
            }
            _ => {}
        }
        steps.push(next);
    }
    Sequence { definition, steps }
}

/// Tries a sequence; says what broke.
fn run(sequence: &Sequence) -> Result<(), String> {
    let tried = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(sequence.definition.clone());
        for step in &sequence.steps {
            world.step(step)?;
        }
        world.end()
    }));
    tried.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
    })
}

/// Leaves out steps and components as long as anything is still broken.
fn shrink(mut sequence: Sequence, mut broken: String) -> (Sequence, String) {
    let mut tries = 0;
    let mut at = 0;
    while at < sequence.steps.len() + sequence.definition.components.len() && tries < TRIES {
        let mut smaller = sequence.clone();
        if at < smaller.steps.len() {
            smaller.steps.remove(smaller.steps.len() - 1 - at);
        } else {
            let name = smaller.definition.components.keys().nth(at - smaller.steps.len()).copied();
            smaller.definition.components.retain(|known, _| Some(*known) != name);
        }
        tries += 1;
        match run(&smaller) {
            Err(again) => (sequence, broken) = (smaller, again),
            Ok(()) => at += 1,
        }
    }
    (sequence, broken)
}
