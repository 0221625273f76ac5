//! The modules that every workspace has, compiled in from `modules/`, so that a binary alone is enough.

use crate::names::ModuleName;

/// Module, path inside its directory, text.
pub(super) const BUILTIN: &[(&str, &str, &str)] = &[
    ("postgresql", "module.toml", include_str!("../../modules/postgresql/module.toml")),
    ("postgresql", "postgresql.yaml", include_str!("../../modules/postgresql/postgresql.yaml")),
    ("postgresql", "files/setup.sh", include_str!("../../modules/postgresql/files/setup.sh")),
    ("rabbitmq", "module.toml", include_str!("../../modules/rabbitmq/module.toml")),
    ("rabbitmq", "rabbitmq.yaml", include_str!("../../modules/rabbitmq/rabbitmq.yaml")),
    ("rabbitmq", "files/rabbitmq.conf", include_str!("../../modules/rabbitmq/files/rabbitmq.conf")),
    ("rabbitmq", "files/setup.sh", include_str!("../../modules/rabbitmq/files/setup.sh")),
    ("redis", "module.toml", include_str!("../../modules/redis/module.toml")),
    ("redis", "redis.yaml", include_str!("../../modules/redis/redis.yaml")),
    ("redis", "files/redis.conf", include_str!("../../modules/redis/files/redis.conf")),
    ("service", "module.toml", include_str!("../../modules/service/module.toml")),
    ("service", "service.yaml", include_str!("../../modules/service/service.yaml")),
];

/// Whether there is a built-in module of this name.
pub(super) fn has(name: &ModuleName) -> bool {
    BUILTIN.iter().any(|(known, ..)| *known == name.as_str())
}
