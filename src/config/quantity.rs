//! The two notations that TOML has no type for: quantities of Kubernetes and durations of Go.

use std::time::Duration;

/// Whether a text is a quantity as the API server reads it
/// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>).
pub(super) fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let is_number = number.bytes().any(|byte| byte.is_ascii_digit()) && number.matches('.').count() <= 1;
    let is_suffix = match suffix {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => true,
        _ => suffix.strip_prefix(['e', 'E']).is_some_and(|exponent| {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
        }),
    };
    is_number && is_suffix
}

/// Reads a duration as Go writes it: `90s`, `1h30m`, `1.5h`. Negative ones and a bare `0` are not durations here.
pub(super) fn duration(text: &str) -> Option<Duration> {
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
    fn reads_quantities_as_the_server_does() {
        for good in ["1", "0.5", ".5", "5.", "100m", "1Gi", "156Mi", "1e3", "1E-3", "2E", "-1", "12k"] {
            assert!(is_quantity(good), "{good}");
        }
        for bad in ["", "Mi", "1gb", "1 Gi", "1GB", "1.2.3", "1KB", "1K", "ki", "1e", "."] {
            assert!(!is_quantity(bad), "{bad}");
        }
    }

    #[test]
    fn reads_durations_as_go_does() {
        for (text, seconds) in [("90s", 90.0), ("1h30m", 5400.0), ("1.5h", 5400.0), ("250ms", 0.25), ("72h", 259_200.0)]
        {
            assert_eq!(duration(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for bad in ["", "10", "1d", "h", "1h 30m", "-5s", "5 minutes", "1..5s"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
