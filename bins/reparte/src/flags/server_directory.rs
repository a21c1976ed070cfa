//! A directory of announcements, and the servers there that are alive.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::OFlags;
use untrusted_text::OneLine;

use crate::announcement::{Announcement, MAX_BYTES, is_announcement};
use crate::exit::Failure;
use crate::flags::signs_of_life::SignsOfLife;
use crate::ownership::{directory_fault, is_own, is_writable_by_others};

/// The most announcements that are read of a directory.
const MAX_FILES: usize = 10_000;

/// The file of a directory that lists the servers which its runs drop.
const DROPPED: &str = "dropped";

/// The longest such file, in bytes.
const MAX_DROPPED: usize = 1 << 20;

/// The most complaints that are remembered, so that each is told once.
const MAX_COMPLAINTS: usize = 1000;

/// A directory in which servers announce themselves.
#[derive(Debug)]
pub(super) struct ServerDirectory {
    path: PathBuf,
    signs: SignsOfLife,
    max_files: usize,
    complaints: HashSet<String>,
}

impl ServerDirectory {
    pub(super) fn new(path: PathBuf) -> Self {
        ServerDirectory {
            path,
            signs: SignsOfLife::default(),
            max_files: MAX_FILES,
            complaints: HashSet::new(),
        }
    }

    /// Returns the announcements of the servers that are alive, a server once, in the order of
    /// their addresses. Files that others could have written are told and passed over.
    ///
    /// # Errors
    ///
    /// The directory can't be read, or others may write it.
    pub(super) fn read(&mut self) -> Result<Vec<Announcement>, Failure> {
        let shown = self.path.display().to_string();
        let unreadable = |error: io::Error| {
            Failure::argument(format_args!("--servers: can't read {shown} ({error})"))
        };
        let metadata = fs::metadata(&self.path).map_err(unreadable)?;
        if let Some(fault) = directory_fault(&metadata) {
            return Err(Failure::argument(format_args!(
                "--servers {shown}: {fault}. Whoever can write a file there could have the token"
            )));
        }
        let mut found = Vec::new();
        let mut count = 0;
        for entry in fs::read_dir(&self.path).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            let Some(name) = name.to_str().filter(|name| is_announcement(name)) else {
                continue;
            };
            if count == self.max_files {
                self.complain(format!(
                    "--servers {shown}: it has more than {count} announcements, and the others \
                     are passed over: remove those of servers that were killed"
                ));
                break;
            }
            count += 1;
            match read_file(&self.path.join(name)) {
                Ok(Some((announcement, touched))) => {
                    found.push((name.to_owned(), announcement, touched));
                }
                // It was removed meanwhile.
                Ok(None) => {}
                Err(reason) => self.complain(format!(
                    "--servers: {} is passed over: {reason}",
                    OneLine::new(&self.path.join(name).display().to_string())
                )),
            }
        }
        let times = found
            .iter()
            .map(|(name, _, touched)| (name.clone(), *touched));
        let alive = self.signs.alive(&self.path, times.collect());
        found.retain(|(name, ..)| alive.contains(name));
        // The last one to be touched is the server that has the address now.
        found.sort_by_key(|(.., touched)| *touched);
        let found = found.into_iter();
        let by_url = found.map(|(_, file, _)| (file.url.clone(), file));
        Ok(by_url.collect::<BTreeMap<_, _>>().into_values().collect())
    }

    /// Returns the text of the file that lists the servers which are dropped; none without it.
    /// One that others could have written is told and passed over.
    pub(super) fn dropped(&mut self) -> String {
        let path = self.path.join(DROPPED);
        match read_text(&path, MAX_DROPPED) {
            Ok(Some((text, _))) => text,
            Ok(None) => String::new(),
            Err(reason) => {
                self.complain(format!(
                    "--servers: {} is passed over: {reason}",
                    OneLine::new(&path.display().to_string())
                ));
                String::new()
            }
        }
    }

    fn complain(&mut self, text: String) {
        if self.complaints.len() < MAX_COMPLAINTS && !self.complaints.contains(&text) {
            log::warn!("{text}");
            self.complaints.insert(text);
        }
    }
}

/// Reads an announcement and the time at which it was touched. `None` if it is gone.
///
/// # Errors
///
/// The reason why it is passed over.
fn read_file(path: &Path) -> Result<Option<(Announcement, SystemTime)>, String> {
    let Some((text, touched)) = read_text(path, MAX_BYTES)? else {
        return Ok(None);
    };
    let announcement = Announcement::read(&text).map_err(|reason| {
        let reason = OneLine::new(&reason).to_string();
        format!("it is no announcement: {reason}")
    })?;
    Ok(Some((announcement, touched)))
}

/// Reads a file of the directory, of at most so many bytes, and the time at which it was touched.
/// `None` if it is gone.
///
/// # Errors
///
/// The reason why it is passed over.
fn read_text(path: &Path, max_bytes: usize) -> Result<Option<(String, SystemTime)>, String> {
    // To open it asks a network file system for its present time.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if let Some(fault) = file_fault(&metadata) {
        return Err(fault.to_owned());
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(max_bytes).unwrap_or(u64::MAX);
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() > max_bytes {
        return Err(format!("it is longer than {max_bytes} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let touched = metadata.modified().map_err(|error| error.to_string())?;
    Ok(Some((text, touched)))
}

fn file_fault(file: &Metadata) -> Option<&'static str> {
    match file {
        file if !file.is_file() => Some("it is no regular file"),
        file if !is_own(file) => {
            Some("it is neither yours nor root's, so its owner could have the token")
        }
        file if is_writable_by_others(file) => Some("others may write it: chmod go-w"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::time::Duration;

    use super::*;
    use crate::test_folder::TestFolder;

    fn text(port: u16, instance: &str) -> String {
        let url = format!("http://127.0.0.1:{port}");
        Announcement {
            url,
            function: "f".to_owned(),
            slots: 1,
            instance: instance.to_owned(),
            certificate: None,
            ends_at: None,
        }
        .text()
    }

    fn age(path: &str, seconds: u64) {
        set_time(path, SystemTime::now() - Duration::from_secs(seconds));
    }

    fn set_time(path: &str, time: SystemTime) {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(time).unwrap();
    }

    fn read(directory: &mut ServerDirectory) -> Vec<String> {
        let found = directory.read().unwrap().into_iter();
        found
            .map(|found| format!("{} {}", found.url, found.instance))
            .collect()
    }

    #[test]
    fn a_server_is_alive_while_its_file_is_young() {
        let files = TestFolder::new();
        let mut directory = ServerDirectory::new(files.folder().to_owned());
        assert!(read(&mut directory).is_empty());
        let one = files.write("a.reparte", &text(1, "a"), 0o644);
        let two = files.write("b.reparte", &text(2, "b"), 0o600);
        files.write(".c.reparte", &text(3, "c"), 0o600);
        files.write("d.reparte.new", &text(4, "d"), 0o600);
        let all = ["http://127.0.0.1:1 a", "http://127.0.0.1:2 b"];
        assert_eq!(read(&mut directory), all);
        age(&one, 60);
        assert_eq!(read(&mut directory), all[1..]);
        age(&two, 15);
        assert_eq!(read(&mut directory), all[1..]);
        fs::remove_file(two).unwrap();
        assert!(read(&mut directory).is_empty());
        let left = fs::read_dir(files.folder()).unwrap().count();
        assert_eq!(left, 3, "a file to read the clock is left");
    }

    #[test]
    fn the_last_server_of_an_address_counts() {
        let files = TestFolder::new();
        let mut directory = ServerDirectory::new(files.folder().to_owned());
        let before = files.write("a.reparte", &text(1, "a"), 0o644);
        files.write("b.reparte", &text(1, "b"), 0o644);
        age(&before, 7);
        assert_eq!(read(&mut directory), ["http://127.0.0.1:1 b"]);
    }

    /// One file could otherwise make all live servers look dead.
    #[test]
    fn a_time_that_is_wrong_hides_no_other_server() {
        let files = TestFolder::new();
        let hour = Duration::from_secs(3600);
        files.write("b.reparte", &text(2, "b"), 0o644);
        let wrong = files.write("a.reparte", &text(1, "a"), 0o644);
        for time in [SystemTime::now() + hour, SystemTime::now() - hour] {
            let mut directory = ServerDirectory::new(files.folder().to_owned());
            set_time(&wrong, time);
            for _ in 0..2 {
                assert_eq!(read(&mut directory), ["http://127.0.0.1:2 b"]);
            }
            // A server whose node's clock is wrong gives its file such a time again and again.
            set_time(&wrong, time + Duration::from_secs(5));
            let both = ["http://127.0.0.1:1 a", "http://127.0.0.1:2 b"];
            assert_eq!(read(&mut directory), both);
        }
    }

    #[test]
    fn announcements_beyond_the_limit_are_told() {
        let files = TestFolder::new();
        let mut directory = ServerDirectory::new(files.folder().to_owned());
        directory.max_files = 2;
        for name in [".a.reparte.new", "b", "c.json", "d"] {
            files.write(name, "", 0o600);
        }
        for port in [1, 2] {
            files.write(&format!("{port}.reparte"), &text(port, "a"), 0o644);
        }
        assert_eq!(read(&mut directory).len(), 2);
        assert!(directory.complaints.is_empty());
        files.write("3.reparte", &text(3, "a"), 0o644);
        assert_eq!(read(&mut directory).len(), 2);
        let told: Vec<_> = directory.complaints.iter().collect();
        assert!(told[0].contains("more than 2 announcements"), "{told:?}");
    }

    #[test]
    fn files_that_others_could_have_written_are_passed_over() {
        let files = TestFolder::new();
        let mut directory = ServerDirectory::new(files.folder().to_owned());
        let open = files.write("a.reparte", &text(1, "a"), 0o600);
        fs::set_permissions(&open, fs::Permissions::from_mode(0o666)).unwrap();
        let target = files.write("target", &text(2, "b"), 0o600);
        symlink(target, files.path("b.reparte")).unwrap();
        fs::create_dir(files.path("c.reparte")).unwrap();
        files.write("d.reparte", &" ".repeat(MAX_BYTES + 1), 0o600);
        files.write("e.reparte", "{}", 0o600);
        assert!(read(&mut directory).is_empty());
        let mut told: Vec<_> = directory.complaints.iter().collect();
        told.sort();
        assert_eq!(told.len(), 5, "{told:?}");
        for (told, part) in told.iter().zip([
            "others may write it",
            "a.reparte",
            "no regular file",
            "longer",
            "no announcement",
        ]) {
            // A link's error is the system's own.
            assert!(told.contains(part) || told.contains("b.reparte"), "{told}");
        }
        assert!(read(&mut directory).is_empty());
        assert_eq!(directory.complaints.len(), 5);
    }

    #[test]
    fn a_file_of_dropped_servers_is_its_owners() {
        let files = TestFolder::new();
        let mut directory = ServerDirectory::new(files.folder().to_owned());
        assert_eq!(directory.dropped(), "");
        let file = files.write("dropped", "maquina1:9000\n", 0o644);
        assert_eq!(directory.dropped(), "maquina1:9000\n");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(directory.dropped(), "");
        let told: Vec<_> = directory.complaints.iter().collect();
        assert!(told[0].contains("others may write it"), "{told:?}");
    }

    #[test]
    fn a_directory_that_others_write_is_refused() {
        let files = TestFolder::new();
        let path = files.folder();
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
        let mut directory = ServerDirectory::new(path.to_owned());
        let error = directory.read().unwrap_err().to_string();
        assert!(error.contains("chmod go-w"), "{error}");
        fs::set_permissions(path, fs::Permissions::from_mode(0o1777)).unwrap();
        directory.read().unwrap();
    }
}
