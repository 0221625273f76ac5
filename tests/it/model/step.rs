//! What may happen to an environment, one thing at a time; each makes sense, or is nothing, whatever came before it.

use super::{
    definition::{Component, Kit, NAMES, Needs, is_dependency},
    random::Random,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The definition gets this component, or has it changed to this.
    Define(&'static str, Component),
    /// The definition loses it.
    Remove(&'static str),
    /// The component of the first name gets the second, if nobody has that one.
    RenameComponent(&'static str, &'static str),
    /// The environment's file gets another name.
    RenameEnvironment,
    /// A person or program changes the cluster.
    Hand(&'static str, Part, Hand),
    /// All that was made by hand is removed by hand.
    TidyUp,
    Plan,
    Apply(Decision),
    /// A run that is killed, and finished by the next.
    Kill(Kill),
    Destroy,
    /// The local state is lost.
    Forget,
}

/// What the user decides beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Nothing,
    Target(&'static str),
    Exclude(&'static str),
    /// The workload of a component.
    Replace(&'static str),
    /// All that stands in the way.
    Adopt,
    Force(&'static str),
    DeleteData,
    MaxDestroy(u64),
    /// Whatever would block for what is lost.
    Everything,
    RefreshOnly,
}

/// Where a run is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kill {
    pub destroys: bool,
    /// How far it came, of its requests.
    pub percent: u64,
    /// Whether the request under way is done.
    pub is_done: bool,
    /// Whether the local state is lost, too.
    pub forgets: bool,
}

/// Which object of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Workload,
    Config,
    Service,
    Secret,
    Namespace,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hand {
    Replicas(u64),
    Scale(u64),
    /// A controller scales it.
    Autoscale(u64),
    /// An autoscaler comes, and looks after a workload.
    Autoscaler,
    Image(u64),
    /// Another value of a variable that the definition has.
    Variable(u64),
    /// One that it does not have.
    MoreVariables(u64),
    Annotation(u64),
    Label(u64),
    StripLabels,
    /// A value of the ConfigMap or Secret.
    Data(u64),
    MoreData(u64),
    /// Somebody else applies a part of it by force: with these values, or those that it has.
    Chart(Option<u64>),
    /// The object as it was before the first change by hand, written over what is there.
    ChangeBack,
    Delete,
    /// The same again, by hand.
    Recreate,
    /// An object of a name that the definition has or may come to have.
    Foreign,
    /// An object that looks like ours.
    Stray(u64),
}

pub(super) fn component(random: &mut Random, name: &str) -> Component {
    match random.below(10) {
        0..4 if is_dependency(name) => Component::Redis { version: random.below(3), memory: 64 + random.below(2) * 64 },
        0..4 => Component::Service {
            tag: random.below(4),
            port: random.chance(60),
            env: random.below(3),
            replicas: random.chance(40).then(|| 1 + random.below(3)),
            needs: random.pick(&[Needs::Unsaid, Needs::Nothing, Needs::Ant]),
        },
        _ => Component::Kit(Kit {
            vault: random.chance(50),
            version: random.below(3),
            text: random.below(3),
            config: random.chance(60),
            suffix: random.below(2),
            label: random.below(2),
            claim: random.chance(15),
            port: random.chance(50).then(|| 8000 + random.below(2)),
            replicas: 1 + random.below(2),
        }),
    }
}

/// The component with one thing changed.
pub(super) fn edited(random: &mut Random, component: &Component) -> Component {
    let mut edited = component.clone();
    match &mut edited {
        Component::Redis { version, memory } => match random.below(2) {
            0 => *version += 1,
            _ => *memory += 32,
        },
        Component::Service { tag, port, env, replicas, needs } => match random.below(5) {
            0 => *tag += 1,
            1 => *port = !*port,
            2 => *env += 1,
            3 => *replicas = random.chance(60).then(|| 1 + random.below(3)),
            _ => *needs = random.pick(&[Needs::Unsaid, Needs::Nothing, Needs::Ant]),
        },
        Component::Kit(kit) => match random.below(8) {
            0 => kit.version += 1,
            1 => kit.text += 1,
            2 => kit.config = !kit.config,
            3 => kit.port = if kit.port.is_some() { None } else { Some(8000 + random.below(2)) },
            4 => kit.suffix += 1,
            5 => kit.label += 1,
            6 if random.chance(30) => kit.claim = !kit.claim,
            _ => kit.replicas = 1 + random.below(3),
        },
    }
    edited
}

pub(super) fn hand(random: &mut Random) -> Step {
    let number = random.below(4);
    let part =
        random.pick(&[Part::Workload, Part::Workload, Part::Workload, Part::Config, Part::Service, Part::Secret]);
    let hand = match (random.below(12), part) {
        (0, Part::Workload) if random.chance(15) => {
            return Step::Hand(NAMES[0], Part::Namespace, Hand::Delete);
        }
        (0, _) => Hand::Delete,
        (1, _) => Hand::Recreate,
        (2, _) => Hand::StripLabels,
        (3, _) => Hand::Label(number),
        (4, _) if random.chance(50) => Hand::Annotation(number),
        (4, _) => Hand::Stray(number),
        (5, _) => Hand::Foreign,
        (6, _) => Hand::ChangeBack,
        (7, _) => Hand::Chart(random.chance(60).then_some(number)),
        (8, Part::Workload) => Hand::Autoscale(1 + number % 3),
        (9, Part::Workload) if random.chance(50) => Hand::Autoscaler,
        (_, Part::Config | Part::Secret) if random.chance(70) => Hand::Data(number),
        (_, Part::Config | Part::Secret) => Hand::MoreData(number),
        (_, Part::Service | Part::Namespace) => Hand::Annotation(number),
        (_, Part::Workload) => match random.below(5) {
            0 => Hand::Replicas(1 + number % 3),
            1 => Hand::Scale(1 + number % 3),
            2 => Hand::Image(number),
            3 => Hand::Variable(number),
            _ => Hand::MoreVariables(number),
        },
    };
    Step::Hand(random.pick(&NAMES), part, hand)
}

pub(super) fn decision(random: &mut Random) -> Decision {
    let name = random.pick(&NAMES);
    match random.below(20) {
        0 | 1 => Decision::Target(name),
        2 | 3 => Decision::Exclude(name),
        4 => Decision::Replace(name),
        5 | 6 => Decision::Adopt,
        7 => Decision::Force(name),
        8 => Decision::DeleteData,
        9 => Decision::MaxDestroy(random.below(3)),
        10 => Decision::RefreshOnly,
        11 => Decision::Everything,
        _ => Decision::Nothing,
    }
}

pub(super) fn kill(random: &mut Random) -> Kill {
    Kill {
        destroys: random.chance(15),
        percent: random.below(100),
        is_done: random.chance(50),
        forgets: random.chance(25),
    }
}
