//! Quantities in the one spelling that the server keeps (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>).

/// What a real server says of text that is no quantity.
pub(super) const REFUSED: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// Billionths: the finest step that a quantity has.
const ONE: i128 = 1_000_000_000;
const DECIMAL: [(&str, u32); 10] =
    [("n", 0), ("u", 3), ("m", 6), ("", 9), ("k", 12), ("M", 15), ("G", 18), ("T", 21), ("P", 24), ("E", 27)];
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

enum Format {
    Decimal,
    Exponent,
    Binary,
}

/// Writes a quantity as the server would; None when it is none.
pub(super) fn canonical(text: &str) -> Option<String> {
    let (billionths, format) = parse(text)?;
    Some(write(billionths, format))
}

/// The sum of two quantities, written as the first one unless that is nothing.
pub(super) fn sum(left: &str, right: &str) -> Option<String> {
    let ((left, first), (right, second)) = (parse(left)?, parse(right)?);
    Some(write(left.checked_add(right)?, if left == 0 { second } else { first }))
}

/// What is left of the first quantity; never less than nothing.
pub(super) fn excess(left: &str, right: &str) -> Option<String> {
    let ((left, format), (right, _)) = (parse(left)?, parse(right)?);
    Some(write(left.checked_sub(right)?.max(0), format))
}

fn write(billionths: i128, format: Format) -> String {
    if billionths == 0 {
        return "0".to_owned();
    }
    let is_binary = matches!(format, Format::Binary) && billionths % ONE == 0 && billionths.abs() >= 1024 * ONE;
    if is_binary {
        let (mut number, mut suffix) = (billionths / ONE, "");
        for larger in BINARY {
            if number % 1024 != 0 {
                break;
            }
            (number, suffix) = (number / 1024, larger);
        }
        return format!("{number}{suffix}");
    }
    let (mut number, mut step) = (billionths, 0);
    while number % 1000 == 0 && step + 1 < DECIMAL.len() {
        (number, step) = (number / 1000, step + 1);
    }
    let (suffix, power) = DECIMAL[step];
    match format {
        Format::Exponent if power != 9 => format!("{number}e{}", i64::from(power) - 9),
        Format::Exponent | Format::Decimal | Format::Binary => format!("{number}{suffix}"),
    }
}

/// The quantity in billionths, for comparisons.
pub(super) fn billionths(text: &str) -> Option<i128> {
    parse(text).map(|(value, _)| value)
}

fn parse(text: &str) -> Option<(i128, Format)> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || whole.len() > 20 || fraction.len() > 15 {
        return None;
    }
    let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let decimals = u32::try_from(fraction.len()).ok()?;
    let (power, factor, format) = match suffix {
        suffix if BINARY.contains(&suffix) => {
            let at = BINARY.iter().position(|known| *known == suffix)?;
            (9, 1024i128.pow(u32::try_from(at).ok()? + 1), Format::Binary)
        }
        suffix if suffix.starts_with(['e', 'E']) && suffix.len() > 1 => {
            (u32::try_from(suffix[1..].parse::<i32>().ok()? + 9).ok().filter(|power| *power < 28)?, 1, Format::Exponent)
        }
        suffix => (DECIMAL.iter().find(|(known, _)| *known == suffix)?.1, 1, Format::Decimal),
    };
    let scaled = digits.checked_mul(factor)?.checked_mul(10i128.pow(power))?;
    let divisor = 10i128.pow(decimals);
    // Finer than a billionth is rounded up, as the server does.
    let value = scaled / divisor + i128::from(scaled % divisor != 0);
    Some((if negative { -value } else { value }, format))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_quantities_as_the_server_does() {
        for (given, kept) in [
            ("0.5", "500m"),
            ("1000m", "1"),
            ("0.1", "100m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Gi", "512Mi"),
            ("1e3", "1e3"),
            ("128974848", "128974848"),
            ("100.5", "100500m"),
            ("1000", "1k"),
            ("0", "0"),
            ("-1", "-1"),
            ("512Ki", "512Ki"),
        ] {
            assert_eq!(canonical(given).as_deref(), Some(kept), "{given}");
        }
        for (left, right, both) in [("600Mi", "1Gi", "1624Mi"), ("0", "128Mi", "128Mi"), ("1", "500m", "1500m")] {
            assert_eq!(sum(left, right).as_deref(), Some(both), "{left} + {right}");
            assert_eq!(excess(left, both).as_deref(), Some("0"), "{left} - {both}");
            assert_eq!(excess(both, left).and_then(|rest| billionths(&rest)), billionths(right), "{both} - {left}");
        }
        for wrong in ["", "x", "1x", "1..2", "Mi", "1 Gi"] {
            assert_eq!(canonical(wrong), None, "{wrong}");
        }
    }
}
