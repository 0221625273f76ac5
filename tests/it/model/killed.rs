//! A run that is killed, and the next, which comes to the end that one run alone comes to.

use std::collections::BTreeMap;

use ditc::failure::Exit;

use super::{
    cluster::{Cluster, Death, Said},
    step::Kill,
    world::{Broken, World, law},
};
use crate::support_model::{Objects, Request, text_at};

/// How long a run on a real server lives at most, in tenths of a second.
const LONGEST: u64 = 40;

/// What one run alone does.
struct Alone {
    end: serde_json::Value,
    writes: BTreeMap<String, usize>,
    requests: u64,
}

/// Runs a command, kills it, and runs it again.
pub(super) fn finish(world: &mut World, at: usize, verb: &str, kill: Kill) -> Result<Said, Broken> {
    let name = world.at(at).name.clone();
    let arguments = [verb.to_owned(), name.clone(), "-auto-approve".to_owned()];
    let alone = if world.cluster.is_real() { None } else { Some(alone(&world.cluster, &name, &arguments)?) };
    let number = match &alone {
        Some(alone) => 1 + kill.percent * alone.requests / 100,
        None => 1 + kill.percent * LONGEST / 100,
    };
    let death = Death { at: usize::try_from(number).expect("a small number"), is_done: kill.is_done };
    let before = world.objects();
    let first = world.cluster.run(&arguments, Some(death))?;
    world.keeps_the_peace(at, &arguments, &before, &first)?;
    let between = world.objects();
    if kill.forgets {
        world.workspace().forget();
    }
    let second = world.cluster.run(&arguments, None)?;
    world.keeps_the_peace(at, &arguments, &before, &second)?;
    let told = || format!("killed at request {number}: {}\nand then: {}", first.all, second.all);
    law!(second.exit == Some(Exit::Done), "the second run ends with {:?}, {}", second.exit, told());
    let after = world.objects();
    if let Some(lost) = lost_values(&name, &between, &after) {
        return Err(format!("the values of {lost} were made anew, {}", told()));
    }
    if let Some(alone) = alone {
        let end = after.normalised_in(&name);
        law!(end == alone.end, "another end than {}: {end}, {}", alone.end, told());
        let requests: Vec<Request> = first.requests.iter().chain(&second.requests).cloned().collect();
        for (object, count) in writes(&requests) {
            let allowed = alone.writes.get(&object).copied().unwrap_or_default() + 1;
            let is_lease = object.ends_with("/leases") || object.ends_with("/leases/ditc");
            law!(count <= allowed || is_lease, "{object} was written {count} times, not {allowed} at most, {}", told());
        }
    }
    Ok(second)
}

fn alone(cluster: &Cluster, name: &str, arguments: &[String]) -> Result<Alone, Broken> {
    let twin = cluster.twin();
    let said = twin.run(arguments, None)?;
    law!(said.exit == Some(Exit::Done), "{arguments:?} ends with {:?}: {}", said.exit, said.all);
    let end = twin.objects(&[name]).normalised_in(name);
    Ok(Alone { end, writes: writes(&said.requests), requests: said.requests.len() as u64 })
}

/// The writes that the server accepted, by path.
fn writes(requests: &[Request]) -> BTreeMap<String, usize> {
    let mut writes = BTreeMap::new();
    for request in requests.iter().filter(|request| request.is_write() && request.code < 300) {
        *writes.entry(request.path.clone()).or_default() += 1;
    }
    writes
}

/// A Secret that was there in between and has other values in the end.
fn lost_values(name: &str, between: &Objects, after: &Objects) -> Option<String> {
    let secrets = between.asked_for_in(name).into_iter().filter(|(_, object)| text_at(object, "/kind") == "Secret");
    let mut lost = secrets.filter(|(key, was)| after.get(key).is_some_and(|is| is["data"] != was["data"]));
    lost.next().map(|(key, _)| key.to_owned())
}
