//! What cells are made of: ages, names of containers, selectors, short lists.

use serde_json::Value;

use crate::sandbox::store::text;

/// An object to be shown, and when.
pub(super) struct Row<'a> {
    pub(super) object: &'a Value,
    pub(super) now: jiff::Timestamp,
}

impl<'a> Row<'a> {
    pub(super) fn text(&self, pointer: &str) -> &'a str {
        text(self.object, pointer)
    }

    /// The text, or what stands for none.
    pub(super) fn text_or(&self, pointer: &str, none: &str) -> Value {
        match self.text(pointer) {
            "" => none.into(),
            text => text.into(),
        }
    }

    pub(super) fn name(&self) -> Value {
        self.text("/metadata/name").into()
    }

    pub(super) fn number(&self, pointer: &str) -> i64 {
        self.object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
    }

    pub(super) fn boolean(&self, pointer: &str) -> bool {
        self.object.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(super) fn has(&self, pointer: &str) -> bool {
        self.object.pointer(pointer).is_some_and(|value| !value.is_null())
    }

    pub(super) fn list(&self, pointer: &str) -> &'a [Value] {
        self.object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// How many keys or items there are.
    pub(super) fn count(&self, pointer: &str) -> usize {
        match self.object.pointer(pointer) {
            Some(Value::Object(map)) => map.len(),
            Some(Value::Array(list)) => list.len(),
            _ => 0,
        }
    }

    pub(super) fn age(&self) -> Value {
        self.since("/metadata/creationTimestamp").into()
    }

    /// How long ago a time was.
    pub(super) fn since(&self, pointer: &str) -> String {
        match time(self.text(pointer)) {
            Some(then) => human(self.now.as_second() - then.as_second()),
            None => "<unknown>".to_owned(),
        }
    }

    pub(super) fn is_terminating(&self) -> bool {
        !self.text("/metadata/deletionTimestamp").is_empty()
    }

    /// Names and images of the containers of a pod's spec.
    pub(super) fn containers(&self, spec: &str) -> [Value; 2] {
        let containers = self.list(&format!("{spec}/containers"));
        ["/name", "/image"].map(|field| join(containers.iter().map(|container| text(container, field))).into())
    }
}

pub(super) fn time(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}

pub(super) fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(",")
}

/// The name of a class, which one of its annotations makes the default.
pub(super) fn named(row: &Row<'_>, annotation: &str) -> Value {
    let annotations = row.object.pointer("/metadata/annotations");
    let is_default = annotations.and_then(|all| all.get(annotation)).is_some_and(|value| value == "true");
    let name = row.text("/metadata/name");
    if is_default { format!("{name} (default)").into() } else { name.into() }
}

/// A short time to the second, a long one to the day.
pub(super) fn human(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let two = |large: i64, name: &str, rest: i64, small: &str| match rest {
        0 => format!("{large}{name}"),
        rest => format!("{large}{name}{rest}{small}"),
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => two(seconds / MINUTE, "m", seconds % MINUTE, "s"),
        600..10_800 => format!("{}m", seconds / MINUTE),
        10_800..28_800 => two(seconds / HOUR, "h", seconds % HOUR / MINUTE, "m"),
        28_800..172_800 => format!("{}h", seconds / HOUR),
        172_800..691_200 => two(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
        691_200..63_072_000 => format!("{}d", seconds / DAY),
        63_072_000..252_288_000 => two(seconds / YEAR, "y", seconds % YEAR / DAY, "d"),
        _ => format!("{}y", seconds / YEAR),
    }
}

/// `a=1,b=2`, or `<none>`.
pub(super) fn labels(map: Option<&Value>) -> String {
    let mut pairs: Vec<String> = map
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    pairs.sort_unstable();
    if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") }
}

/// A LabelSelector as people write it, or what stands for one that says nothing.
pub(super) fn selector(selector: Option<&Value>, none: &str) -> String {
    let wanted = selector.and_then(|selector| selector.get("matchLabels")).and_then(Value::as_object);
    let mut demands: Vec<(String, String)> = wanted
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), format!("{key}={}", value.as_str().unwrap_or_default())))
        .collect();
    let expressions = selector.and_then(|selector| selector.get("matchExpressions")).and_then(Value::as_array);
    for expression in expressions.into_iter().flatten() {
        let key = text(expression, "/key");
        let values = expression.get("values").and_then(Value::as_array);
        let mut values: Vec<&str> = values.into_iter().flatten().filter_map(Value::as_str).collect();
        values.sort_unstable();
        let values = values.join(",");
        let shown = match text(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        };
        demands.push((key.to_owned(), shown));
    }
    demands.sort();
    if demands.is_empty() { none.to_owned() } else { join(demands.iter().map(|(_, shown)| shown.as_str())) }
}

/// The first of a list, and how many more there are.
pub(super) fn first_of(list: &[String], most: usize, separator: &str) -> String {
    let shown = list[..most.min(list.len())].join(separator);
    if list.len() > most { format!("{shown} + {} more...", list.len() - most) } else { shown }
}

/// A number or a text as a text.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{first_of, human, selector};

    #[test]
    fn ages_are_exact_while_they_are_short() {
        let ages =
            [(-5, "<invalid>"), (-1, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"), (600, "10m"), (10_799, "179m")];
        let longer = [(10_800, "3h"), (11_100, "3h5m"), (28_800, "8h"), (172_800, "2d"), (180_000, "2d2h")];
        let longest = [(691_200, "8d"), (63_072_000, "2y"), (63_158_400, "2y1d"), (252_288_000, "8y")];
        for (seconds, shown) in ages.into_iter().chain(longer).chain(longest) {
            assert_eq!(human(seconds), shown, "{seconds}");
        }
    }

    #[test]
    fn selectors_read_as_people_write_them() {
        let given = serde_json::json!({"matchLabels": {"b": "2"}, "matchExpressions": [
            {"key": "a", "operator": "In", "values": ["y", "x"]}, {"key": "c", "operator": "Exists"},
            {"key": "d", "operator": "DoesNotExist"}, {"key": "e", "operator": "NotIn", "values": ["z"]},
        ]});
        assert_eq!(selector(Some(&given), "<none>"), "a in (x,y),b=2,c,!d,e notin (z)");
        assert_eq!(selector(None, "<none>"), "<none>");
    }

    #[test]
    fn long_lists_say_how_many_more_there_are() {
        let list: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        assert_eq!(first_of(&list, 3, ","), "a,b,c");
        assert_eq!(first_of(&list, 2, ", "), "a, b + 1 more...");
    }
}
