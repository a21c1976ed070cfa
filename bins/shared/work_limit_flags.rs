//! The flags of the limits on a call: `--max-seconds` and `--max-digits`.

use factorizar_service::WorkLimits;

use crate::shared::command_line::Values;
use crate::shared::failure::Failure;

/// Takes `--max-seconds` or `--max-digits` into `limits`. Returns whether `option` is one of
/// them.
pub(crate) fn take(
    limits: &mut WorkLimits,
    option: &str,
    values: &mut Values<'_>,
) -> Result<bool, Failure> {
    match option {
        "max-seconds" => limits.time = values.seconds("--max-seconds")?,
        "max-digits" => {
            let what = "a number from 1 to 1000";
            let digits = values.parse("--max-digits", what)?;
            if !(1..=WorkLimits::MAX_DIGITS).contains(&digits) {
                return Err(values.bad(format_args!("--max-digits takes {what}, not {digits}")));
            }
            limits.digits = digits;
        }
        _ => return Ok(false),
    }
    Ok(true)
}
