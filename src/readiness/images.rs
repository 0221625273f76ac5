//! Why an image cannot be pulled, from the text that the kubelet repeats of registry and network.

use super::Fault;

/// The fault, and our words.
pub(super) fn refusal(image: &str, text: &str) -> (Fault, String) {
    // What the image is called says nothing about why it does not come.
    let lower = text.replace(image, "").to_lowercase();
    let says = |marks: &[&str]| marks.iter().any(|mark| lower.contains(mark));
    // Before "not found": a registry that hides what it has says both.
    if says(&["unauthorized", "denied", "forbidden", "authorization failed", "authentication required"]) {
        let why = format!("image {image}: the registry refuses the pull; it does not exist, or needs credentials");
        return (Fault::ImageRefused, why);
    }
    let away = [
        "no such host",
        "i/o timeout",
        "deadline exceeded",
        "timed out",
        "connection refused",
        "network is unreachable",
        "too many requests",
    ];
    if says(&away) || says(&["x509", "server misbehaving", "internal server error", "service unavailable", "no route"])
    {
        let why = format!("image {image}: its registry cannot be reached");
        return (Fault::RegistryAway, why);
    }
    if says(&["is not present with pull policy of never", "errimageneverpull"]) {
        let why = format!("image {image} is not on the node, and its pull policy is Never");
        return (Fault::ImageNotLoaded, why);
    }
    if says(&["not found", "manifest unknown", "name unknown", "not exist"]) {
        let why = format!("image {image} is not in its registry");
        return (Fault::ImageAbsent, why);
    }
    (Fault::RegistryAway, format!("image {image} cannot be pulled"))
}
