//! The file that a new environment begins with.

use crate::names::EnvironmentName;

/// The text of a new environment: what it extends, and what people most often say, as comments that are right once the
/// `#` before them is taken away.
#[must_use]
pub fn starter(base: Option<&EnvironmentName>) -> String {
    let mut text = String::from("# What this environment is for.\n");
    if let Some(base) = base {
        text.push_str(&format!("extends = \"{base}\"\n"));
    }
    text.push_str(
        r#"# owner = "you@example.com"
# ttl   = "72h"

# [variables]
# log_level = "debug"

# `ditc modules` tells what there is, `ditc modules show NAME` what each takes.
# [dependencies.cache]
# module = "redis"

# [services.web]
# image = "traefik/whoami"
# tag   = "v1.11.0"
# ports = [80]

# [services.web.env]
# LOG_LEVEL = "{{ variables.log_level }}"
# CACHE     = "{{ dependencies.cache.host }}"
"#,
    );
    text
}
