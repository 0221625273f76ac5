//! Two environments on their way: carries out steps with ditc itself, in this process, and holds each to the laws.

use std::collections::{BTreeMap, BTreeSet};

use ditc::failure::Exit;
use serde_json::{Value, json};

use super::{
    cluster::{Cluster, Said},
    definition::Definition,
    environment::Environment,
    hand::{self, Order},
    laws::{self, ours},
    plan::Plan,
    step::{Decision, Hand, Kill, Part, Step},
};
use crate::support_model::{Objects, Request, Workspace, key_of};

/// What is broken, in words.
pub(super) type Broken = String;

macro_rules! law {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err(format!($($words)+));
        }
    };
}
pub(super) use law;

pub(super) struct World {
    pub cluster: Cluster,
    pub environments: [Environment; 2],
    /// Every value that a Secret ever had.
    canaries: BTreeSet<String>,
}

impl World {
    pub(super) fn new(cluster: Cluster, prefix: &str, definitions: [Definition; 2]) -> Self {
        let names = [("pets", "zoo"), ("farm", "barn")]
            .map(|(one, other)| (format!("{prefix}{one}"), format!("{prefix}{other}")));
        let mut definitions = definitions.into_iter();
        let environments = names.map(|names| Environment::new(names, definitions.next().expect("one for each")));
        let world = Self { cluster, environments, canaries: BTreeSet::new() };
        (0..2).for_each(|at| world.define(at));
        world
    }

    pub(super) fn at(&self, at: usize) -> &Environment {
        &self.environments[at]
    }

    pub(super) fn workspace(&self) -> &Workspace {
        &self.cluster.workspace
    }

    fn define(&self, at: usize) {
        let environment = self.at(at);
        self.workspace().write(&environment.file(), &environment.definition.toml());
    }

    pub(super) fn objects(&self) -> Objects {
        let names: Vec<&str> = self.environments.iter().map(|environment| environment.name.as_str()).collect();
        self.cluster.objects(&names)
    }

    pub(super) fn step(&mut self, at: usize, step: &Step) -> Result<(), Broken> {
        match step {
            Step::Define(name, component) => {
                self.environments[at].definition.components.insert(name, component.clone());
                self.define(at);
            }
            Step::Remove(name) => {
                self.environments[at].definition.components.remove(name);
                self.define(at);
            }
            Step::RenameComponent(from, to) => {
                let components = &mut self.environments[at].definition.components;
                if !components.contains_key(to)
                    && let Some(component) = components.remove(from)
                {
                    components.insert(to, component);
                }
                self.define(at);
            }
            Step::RenameEnvironment => self.rename(at)?,
            Step::Hand(name, part, hand) => self.hand(at, name, *part, hand),
            Step::TidyUp => self.tidy_up(at),
            Step::Plan => self.plan_twice(at)?,
            Step::Apply(decision) => self.apply(at, *decision)?,
            Step::Kill(kill) => self.killed(at, *kill)?,
            Step::Destroy => self.destroy(at)?,
            Step::Forget => self.forget(at)?,
        }
        Ok(())
    }

    /// What every sequence ends with: all can be made good, and all can be removed.
    pub(super) fn end(&mut self) -> Result<(), Broken> {
        for at in 0..2 {
            self.tidy_up(at);
            self.apply(at, Decision::Everything)?;
            let plan = self.plan(at, &[])?;
            law!(plan.exit == Exit::Done, "after tidying up, an apply is not complete: {}", plan.text);
        }
        for (path, bytes) in self.workspace().local_files() {
            let text = String::from_utf8_lossy(&bytes);
            let leak = self.canaries.iter().find(|canary| text.contains(canary.as_str()));
            law!(leak.is_none(), "the value of a Secret is in {}", path.display());
        }
        for at in 0..2 {
            self.destroy(at)?;
            let plan = self.plan(at, &[])?;
            let planned: BTreeSet<String> = plan.changes.keys().cloned().collect();
            law!(planned == self.at(at).keys(), "after a destroy the plan is not to make everything: {planned:?}");
        }
        Ok(())
    }

    /// Runs a command, and looks at what it said and whom it touched.
    pub(super) fn run(&mut self, at: usize, verb: &str, flags: &[String]) -> Result<Said, Broken> {
        let name = self.at(at).name.clone();
        let arguments: Vec<String> = [verb.to_owned(), name].into_iter().chain(flags.iter().cloned()).collect();
        let before = self.objects();
        let said = self.cluster.run(&arguments, None)?;
        self.keeps_the_peace(at, &arguments, &before, &said)?;
        Ok(said)
    }

    /// No value of a Secret is told, what ditc did not make is as it was, and so is the other environment.
    pub(super) fn keeps_the_peace(
        &mut self,
        at: usize,
        arguments: &[String],
        before: &Objects,
        said: &Said,
    ) -> Result<(), Broken> {
        let objects = self.objects();
        self.canaries.extend(objects.secrets());
        let leak = self.canaries.iter().find(|canary| said.all.contains(canary.as_str()));
        law!(leak.is_none(), "the value of a Secret is in the output of {arguments:?}:\n{}", said.all);
        let adopts = arguments.iter().any(|argument| argument.starts_with("-adopt"));
        for environment in &self.environments {
            laws::leaves_others_alone(environment, &objects, adopts)
                .map_err(|broken| format!("{arguments:?}: {broken}"))?;
        }
        let name = &self.at(1 - at).name;
        laws::is_same(before, &objects, name).map_err(|broken| format!("{arguments:?} touched {name}: {broken}"))?;
        let mine = &self.at(at).name;
        let outside = said.requests.iter().find(|request| request.is_write() && !laws::lies_in(request, mine));
        law!(outside.is_none(), "{arguments:?} wrote outside of {mine}: {outside:?}");
        Ok(())
    }

    pub(super) fn plan(&mut self, at: usize, flags: &[String]) -> Result<Plan, Broken> {
        let more = ["-json".to_owned(), "-detailed-exitcode".to_owned()];
        let said = self.run(at, "plan", &[flags, &more].concat())?;
        let wrote: Vec<&Request> = said.requests.iter().filter(|request| request.is_write()).collect();
        law!(wrote.is_empty(), "a plan wrote: {wrote:?}");
        let plan = Plan::parse(&said)?;
        if flags.is_empty() {
            self.sees_hands(at, &plan)?;
        }
        Ok(plan)
    }

    /// A field changed by hand that was ours is in the plan of what is still desired.
    fn sees_hands(&self, at: usize, plan: &Plan) -> Result<(), Broken> {
        let desired = self.at(at).keys();
        for key in self.at(at).moved.iter().filter(|key| desired.contains(*key)) {
            let is_secret = key.contains("Secret/");
            let is_told =
                plan.changes.contains_key(key) || plan.blocked.contains(key) || (is_secret && plan.drift.contains(key));
            law!(is_told, "{key} was changed by hand, and the plan does not know: {}", plan.text);
        }
        Ok(())
    }

    fn plan_twice(&mut self, at: usize) -> Result<(), Broken> {
        let first = self.plan(at, &[])?;
        let flags = ["-detailed-exitcode".to_owned()];
        let (one, two) = (self.run(at, "plan", &flags)?, self.run(at, "plan", &flags)?);
        // On a real server pods may have become ready in between.
        let is_same = one.all == two.all || self.cluster.is_real();
        law!(is_same, "two plans in a row differ:\n{}\n---\n{}", one.all, two.all);
        law!(one.exit == Some(first.exit), "with and without -json a plan ends differently:\n{}", one.all);
        Ok(())
    }

    fn forget(&mut self, at: usize) -> Result<(), Broken> {
        let before = self.plan(at, &[])?;
        self.workspace().forget();
        let after = self.plan(at, &[])?;
        let is_same = before.text == after.text || (self.cluster.is_real() && before.changes == after.changes);
        law!(is_same, "without local state the plan is another:\n{}\n---\n{}", before.text, after.text);
        Ok(())
    }

    /// The flags of a decision; those of nothing where it would name what is not there.
    fn flags(&self, at: usize, decision: Decision) -> (Decision, Vec<String>) {
        let environment = self.at(at);
        let component = |name: &'static str| {
            let tier = if super::definition::is_dependency(name) { "dependencies" } else { "services" };
            let is_there = environment.definition.components.contains_key(name);
            is_there.then(|| format!("{}.{tier}.{name}", environment.name))
        };
        let flags = match decision {
            Decision::Nothing => Vec::new(),
            Decision::Target(name) => component(name).map(|address| format!("-target={address}")).into_iter().collect(),
            Decision::Exclude(name) => {
                component(name).map(|address| format!("-exclude={address}")).into_iter().collect()
            }
            Decision::Force(name) => {
                component(name).map(|address| format!("-force-conflicts={address}")).into_iter().collect()
            }
            Decision::Replace(name) => {
                let component = environment.definition.components.get(name);
                component.map(|component| format!("-replace={}", component.workload(name))).into_iter().collect()
            }
            Decision::Adopt => {
                let mut flags = Vec::new();
                for object in environment.definition.keys() {
                    if environment.foreign.contains_key(&environment.key(&object)) {
                        flags.push(format!("-adopt={object}"));
                    }
                }
                flags
            }
            Decision::DeleteData => vec![format!("-delete-data={}", environment.name)],
            Decision::MaxDestroy(number) => vec![format!("-max-destroy={number}")],
            Decision::Everything => {
                vec![format!("-delete-data={}", environment.name), "-max-destroy=100".to_owned()]
            }
            Decision::RefreshOnly => vec!["-refresh-only".to_owned()],
        };
        if flags.is_empty() { (Decision::Nothing, flags) } else { (decision, flags) }
    }

    fn apply(&mut self, at: usize, decision: Decision) -> Result<(), Broken> {
        let (decision, flags) = self.flags(at, decision);
        let plan = self.plan(at, &flags)?;
        let before = self.objects();
        let said = self.run(at, "apply", &[&flags[..], &["-auto-approve".to_owned()]].concat())?;
        if !plan.applyable {
            law!(said.exit == Some(Exit::Error), "an apply of a blocked plan ends with {:?}: {}", said.exit, said.all);
            let wrote = said.requests.iter().find(|request| request.is_write());
            law!(wrote.is_none(), "an apply of a blocked plan wrote: {wrote:?}");
            return Ok(());
        }
        law!(said.exit == Some(Exit::Done), "an apply {flags:?} ends with {:?}: {}", said.exit, said.all);
        let is_whole = !matches!(decision, Decision::Target(_) | Decision::Exclude(_) | Decision::RefreshOnly);
        let again = if is_whole { Vec::new() } else { flags };
        self.is_applied(at, &plan, &before, &said, &again)
    }

    /// After an apply: it did what its plan said, and nothing is left to do.
    fn is_applied(
        &mut self,
        at: usize,
        plan: &Plan,
        before: &Objects,
        said: &Said,
        flags: &[String],
    ) -> Result<(), Broken> {
        let after = self.objects();
        let environment = &mut self.environments[at];
        environment.foreign.retain(|key, _| plan.changes.get(key).is_none_or(|action| action != "import"));
        let writes: Vec<&Request> = said.requests.iter().filter(|request| request.is_write()).collect();
        laws::keeps_to(environment, plan, before, &after, &writes)?;
        if flags.is_empty() {
            environment.is_as_new();
            laws::is_as_defined(environment, &after)?;
        } else {
            environment.moved.retain(|key| plan.changes.get(key).is_none_or(|action| action == "forget"));
        }
        let more = ["-detailed-exitcode".to_owned()];
        let again = self.run(at, "plan", &[flags, &more].concat())?;
        law!(
            again.exit == Some(Exit::Done) && again.out.contains("No changes."),
            "after an apply the plan {flags:?} is not empty ({:?}): {}\nthe apply said: {}",
            again.exit,
            again.all,
            said.all
        );
        if plan.exit == Exit::Done {
            let idle = self.run(at, "apply", &[flags, &["-auto-approve".to_owned()]].concat())?;
            let wrote = idle.requests.iter().find(|request| request.is_write());
            law!(idle.exit == Some(Exit::Done) && wrote.is_none(), "an apply of nothing wrote: {wrote:?}");
        }
        Ok(())
    }

    fn killed(&mut self, at: usize, kill: Kill) -> Result<(), Broken> {
        let verb = if kill.destroys { "destroy" } else { "apply" };
        if kill.destroys && !self.at(at).foreign.is_empty() {
            return Ok(());
        }
        let plan = self.plan(at, &[])?;
        if !kill.destroys && (!plan.applyable || plan.exit == Exit::Done) {
            return Ok(());
        }
        let before = self.objects();
        let second = super::killed::finish(self, at, verb, kill)?;
        if kill.destroys {
            return self.is_destroyed(at, &second);
        }
        // The writes are those of both runs, and were compared with those of one.
        let unseen = Said { requests: Vec::new(), ..second };
        self.is_applied(at, &plan, &before, &unseen, &[])
    }

    fn destroy(&mut self, at: usize) -> Result<(), Broken> {
        let said = self.run(at, "destroy", &["-auto-approve".to_owned()])?;
        if !self.at(at).foreign.is_empty() {
            let wrote = said.requests.iter().find(|request| request.is_write());
            let is_refused = said.exit == Some(Exit::Error) && wrote.is_none();
            law!(is_refused, "a destroy with foreign objects ends with {:?}: {}", said.exit, said.all);
            return Ok(());
        }
        self.is_destroyed(at, &said)
    }

    fn is_destroyed(&mut self, at: usize, said: &Said) -> Result<(), Broken> {
        law!(said.exit == Some(Exit::Done), "a destroy ends with {:?}: {}", said.exit, said.all);
        let objects = self.objects();
        let left: Vec<&str> = objects.asked_for_in(&self.at(at).name).into_keys().collect();
        law!(left.is_empty(), "a destroy left {left:?}");
        self.environments[at].is_as_new();
        Ok(())
    }

    /// The file gets another name: what was made under the old one stays until it is destroyed, by name and without file.
    fn rename(&mut self, at: usize) -> Result<(), Broken> {
        self.tidy_up(at);
        let (old, new) = (self.at(at).name.clone(), self.at(at).other_name.clone());
        let objects = self.objects();
        let is_recorded = objects.record_in(&old).is_some();
        self.workspace().remove(&self.at(at).file());
        let environment = &mut self.environments[at];
        (environment.name, environment.other_name) = (new, old.clone());
        if is_recorded {
            let text = format!("namespace = \"{old}\"\n{}", environment.definition.toml());
            let file = environment.file();
            self.workspace().write(&file, &text);
            let said = self.run(at, "plan", &[])?;
            law!(said.exit == Some(Exit::Error), "an environment moved into the namespace of another: {}", said.all);
        }
        self.environments[at].is_as_new();
        self.define(at);
        let of_old = |objects: &Objects| objects.normalised_in(&old);
        self.apply(at, Decision::Nothing)?;
        let now = self.cluster.objects(&[&old]);
        law!(of_old(&objects) == of_old(&now), "{old} was touched by an apply of its new name");
        let said = self.cluster.run(&["destroy".to_owned(), old.clone(), "-auto-approve".to_owned()], None)?;
        // What was never made is nothing to destroy; that nothing is left is looked at below.
        let is_nowhere = said.exit == Some(Exit::Error) && said.all.contains("and nothing of it");
        let is_right = said.exit == Some(Exit::Done) || is_nowhere;
        law!(is_right, "a destroy without file ends with {:?}: {}", said.exit, said.all);
        let left = self.cluster.objects(&[&old]);
        let left: Vec<&str> = left.asked_for_in(&old).into_keys().collect();
        law!(left.is_empty(), "a destroy without file left {left:?}");
        Ok(())
    }

    fn target(&self, at: usize, objects: &Objects, name: &str, part: Part) -> Option<String> {
        let candidates = match part {
            Part::Workload => vec![format!("Deployment/{name}"), format!("StatefulSet/{name}-master")],
            Part::Config => (0..6).map(|suffix| format!("ConfigMap/{name}-config-{suffix}")).collect(),
            Part::Service => vec![format!("Service/{name}-master"), format!("Service/{name}")],
            Part::Secret => vec![format!("Secret/{name}-vault"), format!("Secret/{name}")],
            Part::Namespace => return Some(self.at(at).namespace()),
        };
        candidates.into_iter().map(|object| self.at(at).key(&object)).find(|key| objects.get(key).is_some())
    }

    fn hand(&mut self, at: usize, name: &str, part: Part, hand: &Hand) {
        let objects = self.objects();
        let namespace = self.at(at).namespace();
        // A real namespace takes its time to go.
        if objects.get(&namespace).is_none() || (self.cluster.is_real() && part == Part::Namespace) {
            return;
        }
        if let Some(object) = self.addition(at, &objects, name, hand) {
            let key = key_of(&object);
            if objects.get(&key).is_none() {
                self.write(&[Order::create(object)]);
                let after = self.objects();
                self.environments[at].made_by_hand(&after, &key);
            }
            return;
        }
        let Some(key) = self.target(at, &objects, name, part) else { return };
        let live = objects.get(&key).expect("a target is there").clone();
        let saved = self.at(at).before.get(&key).filter(|saved| saved["metadata"]["uid"] == live["metadata"]["uid"]);
        let orders = hand::orders(&live, hand, saved);
        if orders.is_empty() {
            return;
        }
        self.write(&orders);
        let after = self.objects();
        let environment = &mut self.environments[at];
        if key == namespace {
            environment.foreign.clear();
            environment.moved = environment.keys();
            return;
        }
        let is_yielded = matches!(hand, Hand::Autoscale(_)) && environment.is_autoscaled(&after, &key);
        match (environment.foreign.contains_key(&key), hand) {
            (true, Hand::Delete) => {
                environment.foreign.remove(&key);
                environment.moved.insert(key);
            }
            (true, _) => environment.made_by_hand(&after, &key),
            (false, Hand::Recreate) => {
                environment.made_by_hand(&after, &key);
                environment.moved.insert(key);
            }
            (false, _) if is_yielded => {
                environment.moved.remove(&key);
            }
            (false, _) => {
                if after.get(&key).is_none_or(|after| ours(after) != ours(&live)) {
                    environment.before.entry(key.clone()).or_insert(live);
                    environment.moved.insert(key);
                }
            }
        }
    }

    /// An object that a hand adds.
    fn addition(&self, at: usize, objects: &Objects, name: &str, hand: &Hand) -> Option<Value> {
        let environment = &self.at(at).name;
        let (name, labels) = match hand {
            Hand::Autoscaler => {
                let workload = self.target(at, objects, name, Part::Workload)?;
                return objects.get(&workload).map(hand::autoscaler);
            }
            Hand::Stray(number) => (
                format!("stray-{number}"),
                json!({"app.kubernetes.io/managed-by": "ditc", "ditc.dev/environment": environment}),
            ),
            Hand::Foreign => (format!("{name}-config-0"), json!({})),
            _ => return None,
        };
        Some(json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"text": "mine"},
            "metadata": {"name": name, "namespace": environment, "labels": labels}}))
    }

    fn tidy_up(&mut self, at: usize) {
        let objects = self.objects();
        let foreign: BTreeMap<String, _> = std::mem::take(&mut self.environments[at].foreign);
        let deletes: Vec<Order> = foreign.keys().filter_map(|key| objects.get(key)).map(Order::delete).collect();
        self.write(&deletes);
        self.environments[at].moved.extend(foreign.into_keys());
    }

    fn write(&mut self, writes: &[Order]) {
        self.cluster.write(writes);
        self.canaries.extend(self.objects().secrets());
    }
}
