//! Durations as Go and kubectl write them: `90s`, `5m`, `1h30m`, `500ms`, `0`.

use std::time::Duration;

/// Longer is a typing mistake, and would overflow clocks.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Reads a duration.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    const FORM: &str = "write it as 90s, 5m or 1h30m";
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits =
            rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or("it lacks a unit; ".to_owned() + FORM)?;
        let number: f64 = rest[..digits].parse().map_err(|_| FORM.to_owned())?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                other => return Err(format!("{other:?} is no unit; {FORM}")),
            };
        rest = &rest[unit..];
    }
    match Duration::try_from_secs_f64(total) {
        Ok(duration) if !text.is_empty() && duration <= LONGEST => Ok(duration),
        _ => Err(FORM.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_writes() {
        for (text, seconds) in
            [("0", 0.0), ("0s", 0.0), ("90s", 90.0), ("1h30m", 5400.0), ("1.5m", 90.0), ("500ms", 0.5)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "5", "m", "5x", "-5s", "1..5s", "5 m", "99999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
