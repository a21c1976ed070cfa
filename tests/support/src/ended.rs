//! The exit status and output of a program that has ended.

use std::process::ExitStatus;

/// The exit status and output of a program that has ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// The exit status.
    pub status: ExitStatus,
    /// The standard output, as far as the test had not read it before.
    pub stdout: String,
    /// The standard error, whole.
    pub stderr: String,
}

impl Ended {
    /// Checks the exit code. Shows both outputs if it is another.
    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Returns the results that clnt_lineal or clnt_processes printed, a line each, after
    /// checking that the line behind them is the time, with six decimals.
    #[track_caller]
    pub fn results(&self) -> &str {
        let (results, time) = self
            .stdout
            .split_at(self.stdout.find("Tiempo: ").unwrap_or(0));
        let seconds = time
            .strip_prefix("Tiempo: ")
            .and_then(|rest| rest.strip_suffix('\n'))
            .and_then(|seconds| seconds.split_once('.'));
        let six =
            |decimals: &str| decimals.len() == 6 && decimals.bytes().all(|b| b.is_ascii_digit());
        assert!(
            seconds.is_some_and(|(whole, decimals)| whole.parse::<u64>().is_ok() && six(decimals)),
            "no time with six decimals at the end of: {}",
            self.stdout
        );
        results
    }

    /// Checks that the exit code is 0 and that standard output is `stdout`.
    #[track_caller]
    pub fn expect(&self, stdout: &str) {
        self.expect_code(0);
        assert_eq!(self.stdout, stdout, "{}", self.stderr);
    }

    /// Checks that the program failed with this exit code, printed nothing on standard output
    /// and one line `error: ...` on standard error, and that standard error has all `texts`.
    #[track_caller]
    pub fn expect_error(&self, code: i32, texts: &[&str]) {
        self.expect_code(code);
        assert_eq!(self.stdout, "");
        let errors = self.stderr.lines();
        let errors = errors.filter(|line| line.starts_with("error: "));
        assert_eq!(errors.count(), 1, "{}", self.stderr);
        for text in texts {
            self.expect_told(text);
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }

    /// Checks that standard error has `text`.
    #[track_caller]
    pub fn expect_told(&self, text: &str) {
        assert!(
            self.stderr.contains(text),
            "no {text:?} in: {}",
            self.stderr
        );
    }
}
