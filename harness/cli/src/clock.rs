//! What day it is.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Today, by UTC wherever the command runs: a date in a record means the same day to everybody.
pub(crate) fn today() -> Date {
    day_of(Timestamp::now())
}

/// The day of a moment, by UTC.
pub(crate) fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}
