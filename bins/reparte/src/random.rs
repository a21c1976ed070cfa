//! Random numbers of the system's: secrets, and names that nobody can guess.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::exit::Failure;

/// Returns a token of 256 random bits.
pub(crate) fn token() -> Result<String, Failure> {
    Ok(URL_SAFE_NO_PAD.encode(bits::<32>()?))
}

/// Returns a name of 64 random bits.
#[cfg(unix)]
pub(crate) fn name() -> Result<String, Failure> {
    Ok(format!("{:016x}", u64::from_ne_bytes(bits()?)))
}

/// Returns the name of a run on an engine, of 128 random bits.
#[cfg(feature = "redis")]
pub(crate) fn run_name() -> Result<String, Failure> {
    Ok(format!("{:032x}", u128::from_ne_bytes(bits()?)))
}

/// Returns a port that is most likely free.
#[cfg(unix)]
pub(crate) fn port() -> Result<u16, Failure> {
    // Below those that Linux gives to clients.
    Ok(10_000 + u16::from_ne_bytes(bits()?) % 20_000)
}

fn bits<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bits = [0; N];
    getrandom::fill(&mut bits)
        .map_err(|error| Failure::server(format_args!("can't get random numbers: {error}")))?;
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_are_not_the_same() {
        let (one, other) = (token().unwrap(), token().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 43);
    }

    #[cfg(unix)]
    #[test]
    fn a_port_needs_no_privilege() {
        for _ in 0..1000 {
            assert!((10_000..30_000).contains(&port().unwrap()));
        }
    }
}
