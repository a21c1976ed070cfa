//! The builds of the command that can be copied, and which of them a host can run.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use crate::exit::Failure;

/// A build of the command.
#[derive(Debug, Clone)]
pub(super) struct Binary {
    pub(super) bytes: Arc<[u8]>,
    /// The system that it is for, as `uname -s` tells it.
    system: &'static str,
    /// The names that `uname -m` has for its processor. Empty if it is not known.
    machines: &'static [&'static str],
    /// The version of the GNU C library that it needs. `None` if it is linked statically.
    glibc: Option<Version>,
}

/// A major and a minor number.
type Version = (u32, u32);

/// A host, as it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Machine {
    system: String,
    processor: String,
    /// `None` if its C library is another one.
    glibc: Option<Version>,
}

impl Machine {
    /// Reads `Linux x86_64 glibc 2.36`; the last two words may be missing, or others.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (system, processor) = (words.next()?.to_owned(), words.next()?.to_owned());
        let glibc = match words.next() {
            Some("glibc") => words.next().and_then(|text| version(text.as_bytes())),
            _ => None,
        };
        Some(Machine {
            system,
            processor,
            glibc,
        })
    }
}

impl Binary {
    /// Returns the builds to choose from: those of `--remote-binary`, and then this one.
    pub(super) fn candidates(given: &[PathBuf]) -> Result<Vec<Self>, Failure> {
        let own = env::current_exe().map_err(|error| {
            Failure::server(format_args!("can't find the file of this command: {error}"))
        })?;
        let read = |path: &PathBuf| {
            fs::read(path).map(Binary::new).map_err(|error| {
                Failure::argument(format_args!(
                    "--remote-binary: can't read {} ({error})",
                    path.display()
                ))
            })
        };
        given.iter().chain([&own]).map(read).collect()
    }

    fn new(bytes: Vec<u8>) -> Self {
        let (system, machines) = match bytes.get(..4) {
            Some(b"\x7fELF") => ("Linux", elf_machines(&bytes)),
            Some(b"\xcf\xfa\xed\xfe") => ("Darwin", NONE),
            _ => ("", NONE),
        };
        Binary {
            system,
            machines,
            glibc: needed_glibc(&bytes),
            bytes: bytes.into(),
        }
    }

    /// Returns the first build that runs on a machine.
    ///
    /// # Errors
    ///
    /// The reason why none does, with a remedy.
    pub(super) fn choose<'b>(all: &'b [Binary], machine: &Machine) -> Result<&'b Self, String> {
        let mut reason = String::new();
        for binary in all {
            match binary.misfit(machine) {
                None => return Ok(binary),
                Some(misfit) => reason = misfit,
            }
        }
        Err(format!(
            "{reason}: build the command for that machine, linked statically (the target \
             {}-unknown-linux-musl) or on one like it, and name it with --remote-binary",
            machine.processor
        ))
    }

    fn misfit(&self, machine: &Machine) -> Option<String> {
        let Machine {
            system, processor, ..
        } = machine;
        if !self.system.is_empty() && self.system != system {
            return Some(format!(
                "it runs {system}, and the command is for {}",
                self.system
            ));
        }
        if !self.machines.is_empty() && !self.machines.contains(&&**processor) {
            return Some(format!(
                "its processor is {processor}, and the command is for {}",
                self.machines.first().unwrap_or(&"another")
            ));
        }
        let needed = self.glibc?;
        let (major, minor) = needed;
        match machine.glibc {
            Some(there) if there >= needed => None,
            Some((has_major, has_minor)) => Some(format!(
                "it has the C library glibc {has_major}.{has_minor}, and the command needs \
                 {major}.{minor}"
            )),
            None => Some(format!(
                "it has no GNU C library, and the command needs glibc {major}.{minor}"
            )),
        }
    }
}

const NONE: &[&str] = &[];

/// Returns the names of the processor that an ELF file is for.
fn elf_machines(bytes: &[u8]) -> &'static [&'static str] {
    let &[first, second] = bytes
        .get(18..20)
        .and_then(|two| two.try_into().ok())
        .unwrap_or(&[0, 0]);
    let is_little = bytes.get(5) != Some(&2);
    let number = match is_little {
        true => u16::from_le_bytes([first, second]),
        false => u16::from_be_bytes([first, second]),
    };
    match (number, is_little) {
        (3, _) => &["i686", "i586", "i486", "i386"],
        (21, true) => &["ppc64le"],
        (22, _) => &["s390x"],
        (40, _) => &["armv7l", "armv6l", "armv8l"],
        (62, _) => &["x86_64", "amd64"],
        (183, _) => &["aarch64", "arm64"],
        (243, _) => &["riscv64"],
        _ => NONE,
    }
}

/// Returns the latest version of the GNU C library of which a binary has a symbol: the names of
/// those versions stand in it.
fn needed_glibc(bytes: &[u8]) -> Option<Version> {
    const NAME: &[u8] = b"GLIBC_";
    let starts = bytes
        .windows(NAME.len())
        .enumerate()
        .filter(|(_, window)| *window == NAME);
    starts
        .filter_map(|(at, _)| version(bytes.get(at + NAME.len()..)?))
        .max()
}

/// Reads `2.36` at the beginning of a text.
fn version(text: &[u8]) -> Option<Version> {
    let (major, rest) = number(text)?;
    let (minor, _) = number(rest.strip_prefix(b".")?)?;
    Some((major, minor))
}

fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(number: u8, symbols: &[u8]) -> Binary {
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(18, 0);
        bytes.extend([number, 0]);
        bytes.extend(symbols);
        Binary::new(bytes)
    }

    #[test]
    fn a_machine_tells_what_it_is() {
        let glibc = Machine::read("Linux x86_64 glibc 2.36").unwrap();
        assert_eq!(glibc.glibc, Some((2, 36)));
        for text in ["Linux x86_64", "Linux x86_64 none", "Linux x86_64 glibc x"] {
            assert_eq!(Machine::read(text).unwrap().glibc, None, "{text}");
        }
        assert_eq!(Machine::read("Linux"), None);
    }

    #[test]
    fn a_build_fits_or_the_reason_is_told() {
        let dynamic = elf(62, b"GLIBC_2.4\0GLIBC_2.34\0GLIBC_PRIVATE\0GLIBC_2.9\0");
        assert_eq!(dynamic.glibc, Some((2, 34)));
        let arm = elf(183, b"");
        let all = [arm, dynamic];
        let chosen = |machine: &str| {
            let machine = Machine::read(machine).unwrap();
            Binary::choose(&all, &machine).map(|binary| binary.machines[0])
        };
        assert_eq!(chosen("Linux x86_64 glibc 2.34"), Ok("x86_64"));
        assert_eq!(chosen("Linux aarch64 none"), Ok("aarch64"));
        for (machine, reason) in [
            (
                "Linux x86_64 glibc 2.31",
                "glibc 2.31, and the command needs 2.34",
            ),
            ("Linux x86_64 none", "no GNU C library"),
            ("Linux riscv64 glibc 2.36", "processor is riscv64"),
            ("Darwin arm64", "runs Darwin"),
        ] {
            let error = chosen(machine).unwrap_err();
            assert!(error.contains(reason), "{machine}: {error}");
            assert!(error.contains("--remote-binary"), "{error}");
        }
    }

    #[test]
    fn this_build_fits_this_machine() {
        let own = Binary::candidates(&[]).unwrap().remove(0);
        let system = rustix::system::uname();
        let machine = system.machine().to_string_lossy().into_owned();
        assert!(
            own.machines.contains(&&*machine),
            "{:?} {machine}",
            own.machines
        );
    }
}
