//! Why the pods of a workload are not made, from the text that its controller repeats of the server's refusal.

use super::Fault;

/// The fault, our words, and the arguments of kubectl that show more.
pub(super) fn refusal(text: &str) -> (Fault, String, String) {
    let quoted = |text: &str| text.split('"').nth(1).map(str::to_owned);
    if let Some(rest) = after(text, "exceeded quota: ") {
        let quota = rest.split([',', ' ']).next().unwrap_or_default();
        let part = |name: &str| after(rest, name).map(|part| part.split(", ").next().unwrap_or_default().to_owned());
        let why = match (part("requested: "), part("used: "), part("limited: ")) {
            (Some(requested), Some(used), Some(limited)) => format!(
                "quota {quota} has no room for its pods: they ask for {requested}, used is {used}, allowed is {limited}"
            ),
            _ => format!("quota {quota} has no room for its pods"),
        };
        return (Fault::Quota, why, format!("describe resourcequota {quota}"));
    }
    if let Some(rest) = after(text, "failed quota: ") {
        let quota = rest.split(':').next().unwrap_or_default();
        let wants = after(rest, "must specify ").unwrap_or_default();
        // The pods will ask for no more than they do now.
        let why = format!("quota {quota} counts what its pods do not say: {wants}");
        return (Fault::Denied, why, format!("describe resourcequota {quota}"));
    }
    if let Some(rest) = after(text, "error looking up service account ") {
        let account = rest.split(':').next().and_then(|account| account.rsplit('/').next()).unwrap_or_default();
        let why = format!("its pods run as service account {account}, which is not there");
        return (Fault::ReferenceMissing, why, "get serviceaccounts".to_owned());
    }
    if let Some(rest) = after(text, "violates PodSecurity ") {
        let level = quoted(rest).unwrap_or_default();
        let why = format!("its pods are refused: they break the rules of pod security level {level}");
        return (Fault::Denied, why, "get events --field-selector reason=FailedCreate".to_owned());
    }
    if text.contains("failed calling webhook") {
        let hook = after(text, "failed calling webhook ").and_then(quoted).unwrap_or_default();
        let why = format!("its pods cannot be checked: webhook {hook} does not answer");
        return (Fault::NotMade, why, "get events --field-selector reason=FailedCreate".to_owned());
    }
    let fault = if text.contains("denied the request") || text.contains("is forbidden") || text.contains("is invalid") {
        Fault::Denied
    } else {
        Fault::NotMade
    };
    let who = after(text, "admission webhook ").and_then(quoted).map(|hook| format!(" by webhook {hook}"));
    let why = match fault {
        Fault::Denied => format!("its pods are refused{}", who.unwrap_or_default()),
        _ => "its pods cannot be made".to_owned(),
    };
    (fault, why, "get events --field-selector reason=FailedCreate".to_owned())
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}
