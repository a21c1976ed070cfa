//! Faults from values, such as those among the results of `system.multicall`.

use crate::convert::value_traits::FromValue;
use crate::error::Error;
use crate::fault::Fault;
use crate::value::Value;

/// Reads a struct with a `faultCode`, a `faultString` or both, as
/// [`decode_response`](crate::decode_response) does in a `<fault>`.
impl FromValue for Fault {
    fn from_value(value: Value) -> Result<Self, Error> {
        let found = value.type_name();
        Fault::from_struct(value)
            .ok_or_else(|| Error::mismatch("a struct of faultCode and faultString", found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Struct;

    #[test]
    fn a_struct_of_other_members_is_no_fault() {
        let fault = Struct::from([("faultString", "no")]);
        assert_eq!(Fault::from_value(fault.into()), Ok(Fault::new(0, "no")));
        let error = Fault::from_value(Struct::from([("a", 1)]).into()).unwrap_err();
        let text = "expected a struct of faultCode and faultString, found struct";
        assert_eq!(error.to_string(), text);
    }
}
