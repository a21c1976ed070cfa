//! The script that runs on a host, and the words that it is given.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use crate::remote::server::RemoteServer;

/// The command that ssh is given. Any shell of the user's understands it. The script itself comes
/// as the first line of the standard input, which `read` reads to its end and no further.
pub(super) const COMMAND: &str = r#"exec sh -c 'IFS= read -r l; eval "$l"'"#;

/// The beginning of the line with which the script tells of its machine. What a profile of the
/// user prints comes before it.
pub(super) const HELLO: &str = "reparte-up 1 ";

/// The silence after which a server takes its link for lost.
const SILENCE: Duration = Duration::from_secs(60);

/// The way to a server on its host.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A Unix socket in the host's directory.
    Socket,
    /// A port of the host's loopback interface, where the host's users may connect, and a token.
    Port(u16, String),
}

impl Place {
    /// Returns what ssh is to forward to.
    pub(super) fn forwarded(&self, directory: &str) -> String {
        match self {
            Place::Socket => format!("{directory}/s"),
            Place::Port(port, _) => format!("127.0.0.1:{port}"),
        }
    }
}

/// Returns the script as a line. It makes the directory, tells of the machine, reads a line with
/// the sizes of the command and of the archive, and a token or `-`, reads these two, and runs the
/// server. It removes the directory at the end.
pub(super) fn script(
    directory: &str,
    place: &Place,
    slots: Option<u16>,
    grace: Duration,
    server: &RemoteServer,
) -> Vec<u8> {
    let mut words: Vec<OsString> = vec!["serve".into()];
    match place {
        Place::Socket => words.push(format!("unix:{directory}/s").into()),
        Place::Port(port, _) => {
            words.push(format!("127.0.0.1:{port}").into());
            words.push(format!("--token-file={directory}/token").into());
        }
    }
    let mut function = OsString::from("--function=");
    function.push(&server.function);
    words.push(function);
    words.push(format!("--grace={}", grace.as_secs()).into());
    words.push(format!("--until-stdin-ends={}", SILENCE.as_secs()).into());
    words.extend(slots.map(|slots| format!("--workers={slots}").into()));
    words.extend(server.flags.iter().cloned());
    words.push("--".into());
    words.extend(server.program.iter().cloned());
    let mut script = format!(
        "umask 077; d={directory}; mkdir -m 700 $d || exit 91; trap 'cd /; rm -rf $d' EXIT; \
         trap 'exit 92' HUP INT TERM PIPE; n=$(printf '\\n.'); n=${{n%.}}; \
         echo \"{HELLO}$(uname -s) $(uname -m) $(getconf GNU_LIBC_VERSION 2>/dev/null)\"; \
         IFS=' ' read -r size files token || exit 93; \
         head -c $size > $d/reparte; test $(wc -c < $d/reparte) -eq $size || exit 94; \
         chmod 700 $d/reparte; mkdir $d/work; cd $d/work || exit 95; \
         if test $files -gt 0; then head -c $files > $d/files.tar; \
         test $(wc -c < $d/files.tar) -eq $files || exit 94; \
         tar -xf $d/files.tar || exit 96; rm $d/files.tar; fi; \
         test \"$token\" = - || printf '%s\\n' \"$token\" > $d/token; \
         RUST_LOG=xmlrpc_server::access=warn $d/reparte"
    )
    .into_bytes();
    for word in words {
        script.push(b' ');
        script.extend(quoted(&word));
    }
    script.push(b'\n');
    script
}

/// Returns a word in quotes that a shell takes away, without a line end.
fn quoted(word: &OsStr) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for &byte in word.as_bytes() {
        match byte {
            b'\'' => quoted.extend(b"'\\''"),
            b'\n' => quoted.extend(b"'\"$n\"'"),
            byte => quoted.push(byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

/// Returns the name of a directory on a host.
pub(super) fn directory(name: &str) -> String {
    format!("/tmp/reparte-{name}")
}

/// Returns words for a message.
pub(super) fn meaning(code: i32) -> Option<&'static str> {
    Some(match code {
        91 => "no directory could be made in /tmp there",
        92 => "the script there was ended by a signal",
        93 | 94 => {
            "the copy of the command did not arrive whole, or there is no room in /tmp there"
        }
        95 | 96 => "the files of --with could not be unpacked there",
        126 => "the command can't be executed there: /tmp may be mounted noexec",
        127 => "the command can't be executed there",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::ffi::OsStringExt as _;
    use std::process::Command;

    use super::*;

    /// Any words reach the program as they are, whatever the shell makes of others.
    #[test]
    fn words_pass_a_shell_as_they_are() {
        let words: Vec<OsString> = vec![
            "a b".into(),
            "it's \"$x\" `y` \\ !".into(),
            "line\nend\n".into(),
            "".into(),
            OsString::from_vec(vec![0xff, b'*']),
        ];
        let mut line = b"n=$(printf '\\n.'); n=${n%.}; printf '%s|'".to_vec();
        for word in &words {
            line.push(b' ');
            line.extend(quoted(word));
        }
        let ran = Command::new("sh")
            .arg("-c")
            .arg(OsString::from_vec(line))
            .output()
            .unwrap();
        let expected = words
            .iter()
            .flat_map(|word| [word.as_bytes(), b"|"].concat());
        assert_eq!(ran.stdout, expected.collect::<Vec<u8>>());
    }

    #[test]
    fn the_script_is_one_line() {
        let server = RemoteServer {
            function: "f".to_owned(),
            flags: vec!["--keep".into()],
            program: vec!["printf".into(), "a\nb".into()],
        };
        for place in [Place::Socket, Place::Port(9, "t".to_owned())] {
            let grace = Duration::from_secs(1);
            let script = script("/tmp/reparte-x", &place, Some(2), grace, &server);
            let ends = script.iter().filter(|&&byte| byte == b'\n').count();
            assert_eq!((ends, script.last()), (1, Some(&b'\n')));
        }
        assert!(!fs::exists("/tmp/reparte-x").unwrap());
    }
}
