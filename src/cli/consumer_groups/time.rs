//! Times and durations as Java reads them.

use std::sync::LazyLock;

use jiff::civil::date;
use regex::Regex;

use crate::cli::error::ToolError;

/// `yyyy-MM-dd'T'HH:mm:ss.SSS` and a zone: `Z`, `+02`, `+0200` or `+02:00`.
static DATE_TIME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)(Z|([+-])(\d{2})(?::?(\d{2}))?)$").expect("it is constant")
});

/// `PnDTnHnMn.nS`, in whatever case and with signs (`java.time.Duration.parse`).
static DURATION: LazyLock<Regex> = LazyLock::new(|| {
    let pattern =
        r"(?i)^([-+]?)P(?:([-+]?\d+)D)?(T(?:([-+]?\d+)H)?(?:([-+]?\d+)M)?(?:([-+]?\d+)(?:[.,](\d{0,9}))?S)?)?$";
    Regex::new(pattern).expect("it is constant")
});

/// The milliseconds since 1970 of a time; without a zone it is UTC.
pub(super) fn date_time(text: &str) -> Result<i64, ToolError> {
    const CLASS: &str = "java.lang.RuntimeException";
    const PARSE: &str = "java.text.ParseException";
    let wrong = |message: String| ToolError::failed(CLASS, format!("{PARSE}: {message}"));
    let mut parts = text.split('T');
    let (Some(_), Some(time)) = (parts.next(), parts.next()) else {
        return Err(wrong("Error parsing timestamp. It does not contain a 'T' according to ISO8601 format".to_owned()));
    };
    let zoned = if time.contains(['+', '-', 'Z']) { text.to_owned() } else { format!("{text}Z") };
    parsed(&zoned).ok_or_else(|| wrong(format!("Unparseable date: \"{zoned}\"")))
}

fn parsed(text: &str) -> Option<i64> {
    let parts = DATE_TIME.captures(text)?;
    let number = |index: usize| parts[index].parse::<i64>().ok();
    let date = date(1970, 1, 1)
        .with()
        .year(i16::try_from(number(1)?).ok()?)
        .month(i8::try_from(number(2)?).ok()?)
        .day(i8::try_from(number(3)?).ok()?)
        .build()
        .ok()?;
    let (hour, minute, second, millis) = (number(4)?, number(5)?, number(6)?, number(7)?);
    if hour > 23 || minute > 59 || second > 59 || millis > 999 {
        return None;
    }
    let time_of_day = ((hour * 60 + minute) * 60 + second) * 1000 + millis;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    let zone = |index: usize| parts.get(index).and_then(|part| part.as_str().parse::<i64>().ok()).unwrap_or(0);
    let ahead = (zone(10) * 60 + zone(11)) * 60_000;
    let ahead = if parts.get(9).is_some_and(|sign| sign.as_str() == "-") { -ahead } else { ahead };
    Some(midnight + time_of_day - ahead)
}

/// The milliseconds of a duration.
pub(super) fn duration(text: &str) -> Result<i64, ToolError> {
    let wrong = || ToolError::failed("java.time.format.DateTimeParseException", "Text cannot be parsed to a Duration");
    let parts = DURATION.captures(text).ok_or_else(wrong)?;
    let is_bare = parts.get(3).is_some_and(|time| time.as_str().eq_ignore_ascii_case("T"));
    let is_empty = [2, 4, 5, 6].iter().all(|index| parts.get(*index).is_none());
    if is_bare || is_empty {
        return Err(wrong());
    }
    let part = |index: usize, millis: i128| {
        let count = parts.get(index).map_or(Ok(0), |count| count.as_str().parse::<i128>());
        count.ok().and_then(|count| count.checked_mul(millis))
    };
    let fraction = parts.get(7).map_or("", |digits| digits.as_str());
    let fraction: i128 = format!("{fraction:0<3}")[..3].parse().unwrap_or(0);
    let is_back = parts.get(6).is_some_and(|seconds| seconds.as_str().starts_with('-'));
    let fraction = if is_back { -fraction } else { fraction };
    let sum = part(2, 86_400_000)
        .zip(part(4, 3_600_000))
        .zip(part(5, 60_000).zip(part(6, 1_000)))
        .map(|((days, hours), (minutes, seconds))| days + hours + minutes + seconds + fraction);
    let sum = sum.map(|sum| if &parts[1] == "-" { -sum } else { sum });
    sum.and_then(|sum| i64::try_from(sum).ok()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_unless_they_name_a_zone() {
        for (text, expected) in [
            ("2020-01-01T00:00:00.000", 1_577_836_800_000),
            ("2020-01-01T00:00:00.007Z", 1_577_836_800_007),
            ("2020-01-01T02:00:00.000+02:00", 1_577_836_800_000),
            ("2020-01-01T02:00:00.000+0200", 1_577_836_800_000),
            ("2019-12-31T19:00:00.000-05", 1_577_836_800_000),
            ("1969-12-31T23:59:59.999", -1),
        ] {
            assert_eq!(date_time(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["yesterday", "2020-01-01", "2020-01-01T00:00:00", "2020-02-30T00:00:00.000", "2020-01-01T24:00:00.000"]
        {
            assert!(date_time(text).is_err(), "{text}");
        }
        let message = date_time("2020-13-01T00:00:00.000").unwrap_err().message;
        assert_eq!(message, "java.text.ParseException: Unparseable date: \"2020-13-01T00:00:00.000Z\"");
    }

    #[test]
    fn durations_are_javas() {
        for (text, expected) in [
            ("P1D", 86_400_000),
            ("PT15M", 900_000),
            ("p1dt1h1m1.5s", 90_061_500),
            ("-PT1H", -3_600_000),
            ("PT-1.25S", -1_250),
            ("P-1DT24H", 0),
        ] {
            assert_eq!(duration(text), Ok(expected), "{text}");
        }
        for text in ["1day", "P", "PT", "P1DT", "P1W", "P1M", "", "PT1.5H", "P99999999999999999999D"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
