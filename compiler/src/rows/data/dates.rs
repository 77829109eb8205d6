//! Dates as numbers: how much of a unit of time lies between an origin and them.

use super::DataIssue;
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// Units by name, each in seconds; a year is one of 365.25 days.
const UNITS: [(&str, f64); 5] =
    [("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0), ("seconds", 1.0), ("years", 31_557_600.0)];

/// From when on time is counted.
pub(super) const ORIGIN: ParamSpec = ParamSpec {
    name: "origin",
    kind: ArgKind::Text,
    default: Some(""),
    doc: "The date from which those of a variable declared `Time` are counted; unless written, `1970-01-01`.",
};

/// What time is counted in.
pub(super) const UNIT: ParamSpec = ParamSpec {
    name: "unit",
    kind: ArgKind::Word(&["days", "hours", "minutes", "seconds", "years"]),
    default: Some("days"),
    doc: "What dates are counted in; a year is one of 365.25 days.",
};

/// How dates are counted.
pub(super) struct Clock {
    origin: f64,
    unit: f64,
    /// `days since 1970-01-01`
    pub said: String,
}

impl Clock {
    /// As the arguments of a source say.
    ///
    /// # Errors
    /// An origin that is no date.
    pub(super) fn of(args: &Args) -> Result<Clock, DataIssue> {
        let origin = args.word_if_given(ORIGIN.name).filter(|o| !o.is_empty()).unwrap_or("1970-01-01");
        let unit = args.word(UNIT.name);
        let seconds = UNITS.iter().find(|(name, _)| *name == unit).map_or(86_400.0, |u| u.1);
        let Some(start) = seconds_of(origin) else {
            let diag = args.error(ORIGIN.name, format!("`{origin}` is no date"), "no date");
            return Err(diag.help("write the year first: `origin: \"2020-01-31\"`").into());
        };
        Ok(Clock { origin: start, unit: seconds, said: format!("{unit} since {origin}") })
    }

    /// A date as a number; `None` of a text that is none.
    pub(super) fn read(&self, cell: &str) -> Option<f64> {
        Some((seconds_of(cell)? - self.origin) / self.unit)
    }
}

/// Whether a text is a date that is read.
pub(super) fn is_date(text: &str) -> bool {
    seconds_of(text).is_some()
}

/// Seconds from the beginning of 1970 to a date of the Gregorian calendar: `2020-01-31`, `2020/01/31`, `31.01.2020`, each with a time of day
/// behind it or without: `2020-01-31T17:05:30.5Z`, `2020-01-31 17:05+01:00`. Days before months with slashes are not told from months
/// before days, and are none.
fn seconds_of(text: &str) -> Option<f64> {
    let text = text.trim();
    let (date, time) = match text.find(['T', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.trim()),
        None => (text, ""),
    };
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    let parts: Vec<&str> = date.split(separator).collect();
    let [a, b, c] = *parts.as_slice() else { return None };
    let (year, month, day) = match separator {
        '-' | '/' if a.len() == 4 => (a, b, c),
        '.' if c.len() == 4 => (c, b, a),
        _ => return None,
    };
    if [year, month, day].iter().any(|t| !t.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let (year, month, day): (i64, i64, i64) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    Some(days(year, month, day) as f64 * 86_400.0 + of_day(time)?)
}

/// Days from the beginning of 1970. Of a year that begins with March a leap day is the last, and months before a month are
/// (153 m + 2) / 5 days.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Seconds of a time of day, `17:05`, `17:05:30.25`, with `Z` or an offset such as `+01:00` behind it; 0 where there is none.
fn of_day(text: &str) -> Option<f64> {
    if text.is_empty() {
        return Some(0.0);
    }
    let (clock, east) = match text.find(['Z', '+', '-']) {
        Some(at) if text.get(at..)? == "Z" => (text.get(..at)?, 0.0),
        Some(at) => {
            let sign = if text.get(at..=at)? == "-" { -1.0 } else { 1.0 };
            let (h, m) = text.get(at + 1..)?.split_once(':')?;
            (text.get(..at)?, sign * (two(h, 15.0)? * 3_600.0 + two(m, 60.0)? * 60.0))
        }
        None => (text, 0.0),
    };
    let mut parts = clock.trim().split(':');
    let (h, m) = (two(parts.next()?, 24.0)?, two(parts.next()?, 60.0)?);
    let s = match parts.next() {
        None => 0.0,
        Some(s) if s.starts_with(|c: char| c.is_ascii_digit()) => {
            s.parse::<f64>().ok().filter(|s| *s < 61.0)?
        }
        Some(_) => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    Some(h * 3_600.0 + m * 60.0 + s - east)
}

/// One or two digits, below an end.
fn two(text: &str, end: f64) -> Option<f64> {
    let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse::<f64>().ok().filter(|v| digits && *v < end)
}

#[cfg(test)]
mod tests {
    use super::seconds_of;

    /// Values of `date -u -d TEXT +%s` of GNU coreutils.
    #[test]
    fn dates_are_counted_as_others_count_them() {
        for (text, seconds) in [
            ("1970-01-01", 0.0),
            ("2000-02-29", 951_782_400.0),
            ("2024-03-01T12:30:15Z", 1_709_296_215.0),
            ("2024-03-01 12:30", 1_709_296_200.0),
            ("2024-03-01T12:30:00+02:00", 1_709_289_000.0),
            ("2024-03-01T12:30:00.25-05:30", 1_709_316_000.25),
            ("1969-12-31", -86_400.0),
            ("1900/03/01", -2_203_891_200.0),
            ("31.12.1999", 946_598_400.0),
            ("1600-01-01", -11_676_096_000.0),
        ] {
            assert_eq!(seconds_of(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "x",
            "12",
            "2023-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-04-31",
            "01/02/2024",
            "24-01-02",
            "2024-1",
            "2024-01-01T25:00",
            "2024-01-01T10",
            "2024-01-01T10:61",
            "2024-01-01 10:00:xx",
            "1.5",
            "2024-01-01T10:00:00:00",
            "2024-01-01T10:00+1",
            "-2024-01-01",
            "2024-+1-01",
            "é-ü-ß",
            "2024-01-01é",
        ] {
            assert_eq!(seconds_of(text), None, "{text}");
        }
    }
}
