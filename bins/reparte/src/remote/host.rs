//! A host: its links, one after the other, and the server at the end of each.
//!
//! | the link ends | then |
//! | --- | --- |
//! | before its server was ever up | the host is told and left out |
//! | since the host forwards no Unix sockets | at once another one, by a port and a token |
//! | later | another one, after a pause that doubles up to a minute |
//! | since all are to stop | no more |

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use untrusted_text::OneLine;
use xmlrpc_client::{Options, ServerProxy, Value};

use crate::console::Console;
use crate::flags::server_entry::NAME_MARK;
use crate::random;
use crate::remote::binary::{Binary, Machine};
use crate::remote::host_list::HostLine;
use crate::remote::link::{Line, Link, NoLine};
use crate::remote::private_directory::PrivateDirectory;
use crate::remote::published::Published;
use crate::remote::script::{HELLO, Place, directory, meaning, script};
use crate::remote::server::RemoteServer;
use crate::remote::start_watch::StartWatch;

/// The time until a host tells of itself.
const HELLO_PATIENCE: Duration = Duration::from_secs(40);
/// The time until its server listens, once it has the command.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// The time for the first answer of a server.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);
/// The time between two signs of life, for the server there.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The time between two looks whether all are to stop.
const STEP: Duration = Duration::from_millis(200);
/// The longest pause before a lost link is made again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The ports that are tried on a host which forwards no Unix sockets.
const PORTS: usize = 5;

/// The parts that all hosts share.
pub(super) struct Shared {
    pub(super) ssh: PathBuf,
    pub(super) binaries: Vec<Binary>,
    /// The archive of the program's files.
    pub(super) files: Vec<u8>,
    pub(super) server: RemoteServer,
    pub(super) grace: Duration,
    pub(super) published: Published,
    pub(super) console: Console,
    pub(super) directory: PrivateDirectory,
    pub(super) watch: StartWatch,
}

/// A host of the list.
pub(super) struct Host {
    number: usize,
    line: HostLine,
    shared: Arc<Shared>,
}

/// The end of a link.
enum End {
    /// All are to stop.
    Stopped,
    /// The server listens on its socket, and ssh does not lead there.
    NotForwarded(String),
    Failed(String),
    /// The server was up.
    Lost(String),
}

/// The reason why no server was started.
enum Trouble {
    /// ssh ended, or the script there.
    Ended,
    Reason(String),
}

impl Host {
    pub(super) fn new(number: usize, line: HostLine, shared: Arc<Shared>) -> Self {
        Host {
            number,
            line,
            shared,
        }
    }

    /// Keeps a server up on the host until all are to stop.
    pub(super) fn keep(self) {
        let published = &self.shared.published;
        let mut has_been_up = false;
        let mut uses_port = false;
        let mut ports_left = PORTS;
        let mut pause = Duration::from_secs(1);
        loop {
            let end = self
                .place(uses_port)
                .map_or_else(End::Failed, |place| self.link(&place));
            if published.is_stopping() {
                return;
            }
            match end {
                End::Stopped => return,
                End::NotForwarded(reason) if !uses_port => {
                    self.tell(&format!(
                        "no Unix socket is forwarded ({reason}): a port is, with a token"
                    ));
                    uses_port = true;
                    continue;
                }
                End::Failed(_) if uses_port && ports_left > 0 && !has_been_up => {
                    // Another program may have the port.
                    ports_left -= 1;
                    continue;
                }
                End::NotForwarded(reason) | End::Failed(reason) if !has_been_up => {
                    self.tell(&format!("no server: {reason}"));
                    published.set_failed(self.number);
                    return;
                }
                End::Lost(reason) => {
                    has_been_up = true;
                    pause = Duration::from_secs(1);
                    published.set_starting(self.number);
                    self.tell(&format!("the link is lost: {reason}; tried again in 1 s"));
                }
                End::NotForwarded(reason) | End::Failed(reason) => {
                    let seconds = pause.as_secs();
                    self.tell(&format!("no link: {reason}; tried again in {seconds} s"));
                }
            }
            if published.pause(pause) {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn place(&self, uses_port: bool) -> Result<Place, String> {
        if !uses_port {
            return Ok(Place::Socket);
        }
        let port = random::port().and_then(|port| Ok((port, random::token()?)));
        port.map(|(port, token)| Place::Port(port, token))
            .map_err(|error| error.to_string())
    }

    /// Makes a link, with a server at its end, and waits for the end of both.
    fn link(&self, place: &Place) -> End {
        let name = match random::name() {
            Ok(name) => name,
            Err(error) => return End::Failed(error.to_string()),
        };
        let there = directory(&name);
        let local = self.shared.directory.path().join(&self.line.name);
        let forwarded = place.forwarded(&there);
        let ssh = &self.shared.ssh;
        let mut link = match Link::start(ssh, &self.line.target, &local, &forwarded) {
            Ok(link) => link,
            Err(error) => {
                return End::Failed(format!("can't run {}: {error}", ssh.display()));
            }
        };
        match self.start(&mut link, &there, place) {
            Ok(()) => {}
            Err(trouble) => return End::Failed(reason(&mut link, trouble)),
        }
        let address = match place {
            Place::Socket => format!("unix:{}", local.display()),
            Place::Port(_, token) => format!("unix:reparte:{token}@{}", local.display()),
        };
        if let Err(reason) = answers(&address) {
            let _ = link.end(Duration::from_secs(5));
            return match place {
                Place::Socket => End::NotForwarded(reason),
                Place::Port(..) => End::Failed(reason),
            };
        }
        // Before whoever waits for all hosts counts them.
        self.tell("up");
        self.shared.published.set_up(
            self.number,
            format!("{address}  {NAME_MARK} {}", self.line.shown),
        );
        self.serve(link)
    }

    /// Has the script start a server there, and waits until it listens.
    fn start(&self, link: &mut Link, there: &str, place: &Place) -> Result<(), Trouble> {
        let Shared {
            binaries,
            files,
            server,
            grace,
            ..
        } = &*self.shared;
        let goes_on = || !self.shared.published.is_stopping();
        let write = |link: &mut Link, bytes: &[u8]| {
            link.write(bytes, goes_on)
                .map_err(|error| match error.kind() {
                    io::ErrorKind::BrokenPipe => Trouble::Ended,
                    _ => Trouble::Reason(error.to_string()),
                })
        };
        write(link, &script(there, place, self.line.slots, *grace, server))?;
        let hello = self.wait_for(link, HELLO_PATIENCE, |line| match line {
            Line::Output(text) => text.strip_prefix(HELLO).map(str::to_owned),
            Line::Error(_) => None,
        });
        let seconds = HELLO_PATIENCE.as_secs();
        let hello =
            hello?.ok_or_else(|| Trouble::Reason(format!("no sign of it in {seconds} s")))?;
        let machine = Machine::read(&hello);
        let machine = machine.ok_or_else(|| Trouble::Reason(format!("it tells: {hello}")))?;
        let binary = Binary::choose(binaries, &machine).map_err(Trouble::Reason)?;
        let token = match place {
            Place::Socket => "-",
            Place::Port(_, token) => token,
        };
        let sizes = format!("{} {} {token}\n", binary.bytes.len(), files.len());
        write(link, sizes.as_bytes())?;
        write(link, &binary.bytes)?;
        write(link, files)?;
        let listens = self.wait_for(link, START_PATIENCE, |line| match line {
            Line::Error(text) => text.contains("listening on ").then_some(()),
            Line::Output(_) => None,
        });
        let is_silent = || Trouble::Reason("its server does not start".to_owned());
        listens?.ok_or_else(is_silent)
    }

    /// Waits for a line. Returns nothing if none comes in time.
    fn wait_for<T>(
        &self,
        link: &mut Link,
        patience: Duration,
        is_it: impl Fn(&Line) -> Option<T>,
    ) -> Result<Option<T>, Trouble> {
        let latest = Instant::now() + patience;
        loop {
            match link.line(STEP) {
                Ok(line) => {
                    if let Some(found) = is_it(&line) {
                        return Ok(Some(found));
                    }
                }
                Err(NoLine::Ended) => return Err(Trouble::Ended),
                Err(NoLine::Yet) => {}
            }
            if self.shared.published.is_stopping() || Instant::now() >= latest {
                return Ok(None);
            }
        }
    }

    /// Shows what the server logs, and gives signs of life, until the link ends.
    fn serve(&self, mut link: Link) -> End {
        let mut told = Instant::now();
        loop {
            if self.shared.published.is_stopping() {
                let patience = self.shared.grace + Duration::from_secs(5);
                if link.end(patience).is_none() {
                    self.tell("it does not end, and is left to end by itself");
                }
                return End::Stopped;
            }
            match link.line(STEP) {
                Ok(Line::Error(text) | Line::Output(text)) => {
                    self.tell(&OneLine::new(&text).to_string());
                }
                Err(NoLine::Yet) => {}
                Err(NoLine::Ended) => {
                    let code = link.end(Duration::from_secs(3));
                    let said = OneLine::new(&link.last_error).to_string();
                    return End::Lost(match (code, said.is_empty()) {
                        (_, false) => said,
                        (Some(code), true) => format!("ssh ended with code {code}"),
                        (None, true) => "ssh was ended".to_owned(),
                    });
                }
            }
            if told.elapsed() >= HEARTBEAT {
                told = Instant::now();
                // The end of the link shows above.
                let _ = link.write(b"\n", || true);
            }
        }
    }

    fn tell(&self, text: &str) {
        let shown = &self.line.shown;
        self.shared.console.tell(format_args!("{shown}: {text}"));
    }
}

/// Ends a link that has no server. Returns the reason: this side's, or else what ssh or the host
/// said last.
fn reason(link: &mut Link, trouble: Trouble) -> String {
    let patience = Duration::from_secs(3);
    match trouble {
        Trouble::Reason(reason) => {
            link.end(patience);
            OneLine::new(&reason).to_string()
        }
        Trouble::Ended => {
            let code = link.end(patience);
            let said = OneLine::new(&link.last_error).to_string();
            match (code.and_then(meaning), said.is_empty()) {
                (Some(meaning), true) => meaning.to_owned(),
                (Some(meaning), false) => format!("{meaning}: {said}"),
                (None, true) => "the connection ended".to_owned(),
                (None, false) => said,
            }
        }
    }
}

/// Checks that a server answers.
fn answers(address: &str) -> Result<(), String> {
    let mut options = Options::default();
    options.connect_timeout = ANSWER_PATIENCE;
    options.response_timeout = ANSWER_PATIENCE;
    let proxy = ServerProxy::builder(address).options(options).build();
    let answer = proxy.and_then(|proxy| proxy.call::<Value>("reparte.status", ()));
    answer.map(drop).map_err(|error| error.to_string())
}
