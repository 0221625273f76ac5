//! Quantities of Kubernetes, exactly, and in the one spelling that the server keeps
//! (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>).

use std::{cmp::Ordering, fmt};

/// Billionths: the finest step that a quantity has.
const ONE: i128 = 1_000_000_000;
const DECIMAL: [(&str, i32); 10] =
    [("n", 0), ("u", 3), ("m", 6), ("", 9), ("k", 12), ("M", 15), ("G", 18), ("T", 21), ("P", 24), ("E", 27)];
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// Beyond these powers of ten nothing is meant seriously, and nothing overflows within.
const POWERS: std::ops::RangeInclusive<i32> = -27..=27;

/// An amount and the notation in which it is written; only the amount is compared.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    billionths: i128,
    notation: Notation,
}

#[derive(Debug, Clone, Copy)]
enum Notation {
    Decimal,
    Exponent,
    Binary,
}

impl Quantity {
    pub const ZERO: Self = Self { billionths: 0, notation: Notation::Decimal };

    /// Reads what the server takes for a quantity; none where it is none. Finer than a billionth is rounded away from
    /// zero, as the server does.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (is_negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, suffix) = rest.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let has_digits = !(whole.is_empty() && fraction.is_empty());
        if !has_digits || fraction.contains('.') || whole.len() > 20 || fraction.len() > 15 {
            return None;
        }
        let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
        let decimals = i32::try_from(fraction.len()).ok()?;
        let (power, factor, notation) = match suffix {
            suffix if BINARY.contains(&suffix) => {
                let at = BINARY.iter().position(|known| *known == suffix)?;
                (9, 1024_i128.pow(u32::try_from(at).ok()? + 1), Notation::Binary)
            }
            suffix if suffix.starts_with(['e', 'E']) && suffix.len() > 1 => {
                let exponent = suffix[1..].parse::<i32>().ok().filter(|exponent| POWERS.contains(exponent))?;
                (exponent + 9, 1, Notation::Exponent)
            }
            suffix => (DECIMAL.iter().find(|(known, _)| *known == suffix)?.1, 1, Notation::Decimal),
        };
        let ten = |power: i32| u32::try_from(power).ok().and_then(|power| 10_i128.checked_pow(power));
        let scaled = digits.checked_mul(factor)?.checked_mul(ten(power.max(0))?)?;
        let divisor = ten(decimals + power.min(0).abs())?;
        let billionths = scaled / divisor + i128::from(scaled % divisor != 0);
        Some(Self { billionths: if is_negative { -billionths } else { billionths }, notation })
    }

    /// A plain number of things.
    #[must_use]
    pub fn count(number: i64) -> Self {
        Self { billionths: i128::from(number) * ONE, notation: Notation::Decimal }
    }

    /// The amount in the finest step, for ratios.
    #[must_use]
    pub fn billionths(self) -> i128 {
        self.billionths
    }

    #[must_use]
    pub fn is_positive(self) -> bool {
        self.billionths > 0
    }

    /// The sum, in the notation of whichever part is not nothing. What is too large to be true stays at the limit.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let notation = if self.billionths == 0 { other.notation } else { self.notation };
        Self { billionths: self.billionths.saturating_add(other.billionths), notation }
    }

    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(Self { billionths: -other.billionths, ..other })
    }

    #[must_use]
    pub fn times(self, number: i64) -> Self {
        Self { billionths: self.billionths.saturating_mul(i128::from(number)), ..self }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.billionths == other.billionths
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.billionths.cmp(&other.billionths)
    }
}

/// Written as the server would.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { billionths, notation } = *self;
        if billionths == 0 {
            return f.write_str("0");
        }
        let is_binary = matches!(notation, Notation::Binary) && billionths % ONE == 0 && billionths.abs() >= 1024 * ONE;
        if is_binary {
            let (mut number, mut suffix) = (billionths / ONE, "");
            for larger in BINARY {
                if number % 1024 != 0 {
                    break;
                }
                (number, suffix) = (number / 1024, larger);
            }
            return write!(f, "{number}{suffix}");
        }
        let (mut number, mut step) = (billionths, 0);
        while number % 1000 == 0 && step + 1 < DECIMAL.len() {
            (number, step) = (number / 1000, step + 1);
        }
        let (suffix, power) = DECIMAL[step];
        match notation {
            Notation::Exponent if power != 9 => write!(f, "{number}e{}", power - 9),
            Notation::Exponent | Notation::Decimal | Notation::Binary => write!(f, "{number}{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|| panic!("{text:?} is no quantity"))
    }

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
            ("0.0000000001", "1n"),
            ("1e-10", "1e-9"),
        ] {
            assert_eq!(quantity(given).to_string(), kept, "{given}");
        }
    }

    #[test]
    fn reads_quantities_as_the_server_does() {
        for good in ["1", "0.5", ".5", "5.", "100m", "1Gi", "156Mi", "1e3", "1E-3", "2E", "-1", "12k"] {
            assert!(Quantity::parse(good).is_some(), "{good}");
        }
        for bad in ["", "x", "1x", "Mi", "1gb", "1 Gi", "1GB", "1..2", "1.2.3", "1KB", "1K", "ki", "1e", ".", "+"] {
            assert!(Quantity::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_written_differently_is_equal() {
        for (one, other) in [("1", "1000m"), ("1Gi", "1024Mi"), ("1e3", "1k"), ("0.5", "500m")] {
            assert_eq!(quantity(one), quantity(other));
        }
        assert!(quantity("1G") < quantity("1Gi") && quantity("-1") < Quantity::ZERO);
    }

    #[test]
    fn sums_keep_the_notation() {
        let sum = Quantity::ZERO.plus(quantity("512Mi")).plus(quantity("1Gi")).times(2);
        assert_eq!(sum.to_string(), "3Gi");
        assert_eq!(quantity("500m").times(3).minus(quantity("2")).to_string(), "-500m");
        assert_eq!(Quantity::count(3).to_string(), "3");
        assert_eq!(quantity("600Mi").plus(quantity("1Gi")).to_string(), "1624Mi");
    }
}
