//! The days on which the next rollup is to be cut.

use jiff::civil::Date;
use jiff::{Span, Unit};
use serde::Serialize;

/// So many weeks after the cut before, least and most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Window {
    /// The day of the cut before.
    pub since: Date,
    /// The first day.
    pub opens: Date,
    /// The last day.
    pub closes: Date,
}

/// Where a day lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowState {
    /// Before the first day.
    Early,
    /// Within.
    Open,
    /// After the last day.
    Late,
}

impl Window {
    /// The window after a cut. Weeks beyond the calendar's end are its end.
    pub fn after(since: Date, (least, most): (u32, u32)) -> Self {
        let later = |weeks: u32| Span::new().try_weeks(weeks).and_then(|span| since.checked_add(span)).unwrap_or(Date::MAX);
        Self { since, opens: later(least), closes: later(most) }
    }

    /// Where a day lies.
    pub fn state(&self, day: Date) -> WindowState {
        if day < self.opens {
            WindowState::Early
        } else if day <= self.closes {
            WindowState::Open
        } else {
            WindowState::Late
        }
    }
}

/// How many days lie between two; negative if the second comes first.
pub fn days_between(first: Date, second: Date) -> i64 {
    // Days are told in days, regardless of what lies between them.
    first.until((Unit::Day, second)).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_window_has_its_first_and_its_last_day() {
        let window = Window::after(date(2024, 1, 1), (6, 8));
        assert_eq!((window.opens, window.closes), (date(2024, 2, 12), date(2024, 2, 26)));
        for (day, state) in [(11, WindowState::Early), (12, WindowState::Open), (26, WindowState::Open), (27, WindowState::Late)]
        {
            assert_eq!(window.state(date(2024, 2, day)), state, "{day}");
        }
        assert_eq!(days_between(date(2024, 2, 1), date(2024, 3, 1)), 29);
        assert_eq!(days_between(date(2024, 3, 1), date(2024, 2, 1)), -29);
        assert_eq!(Window::after(date(9999, 12, 31), (u32::MAX, u32::MAX)).closes, date(9999, 12, 31));
    }
}
