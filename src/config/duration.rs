//! The notation of Go for durations, which TOML has no type for.

use std::time::Duration;

/// Reads a duration as Go writes it: `90s`, `1h30m`, `1.5h`. Negative ones and a bare `0` are not durations here.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, tail) = rest.split_at(end);
        // "ms" before "m": the longer unit wins.
        let (unit, tail) = UNITS.iter().find_map(|(unit, length)| Some((length, tail.strip_prefix(unit)?)))?;
        total += number.parse::<f64>().ok()? * unit;
        rest = tail;
    }
    (!text.is_empty()).then(|| Duration::try_from_secs_f64(total).ok()).flatten()
}

/// Units with their length in seconds, in the order in which they must be tried.
const UNITS: [(&str, f64); 7] =
    [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations_as_go_does() {
        for (text, seconds) in [("90s", 90.0), ("1h30m", 5400.0), ("1.5h", 5400.0), ("250ms", 0.25), ("72h", 259_200.0)]
        {
            assert_eq!(parse(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for bad in ["", "10", "1d", "h", "1h 30m", "-5s", "5 minutes", "1..5s"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
