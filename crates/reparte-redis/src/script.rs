//! The scripts of the protocol, which docs/engine.md describes.

/// A script. The server executes it in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Announce,
    Cancel,
    Check,
    Close,
    Commit,
    Leave,
    Open,
    Release,
    Renew,
    Submit,
    Take,
}

impl Script {
    /// All scripts, in the order of their numbers.
    pub(crate) const ALL: [Script; 11] = [
        Self::Announce,
        Self::Cancel,
        Self::Check,
        Self::Close,
        Self::Commit,
        Self::Leave,
        Self::Open,
        Self::Release,
        Self::Renew,
        Self::Submit,
        Self::Take,
    ];

    /// Returns the script's text.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Announce => include_str!("scripts/announce.lua"),
            Self::Cancel => include_str!("scripts/cancel.lua"),
            Self::Check => include_str!("scripts/check.lua"),
            Self::Close => include_str!("scripts/close.lua"),
            Self::Commit => include_str!("scripts/commit.lua"),
            Self::Leave => include_str!("scripts/leave.lua"),
            Self::Open => include_str!("scripts/open.lua"),
            Self::Release => include_str!("scripts/release.lua"),
            Self::Renew => include_str!("scripts/renew.lua"),
            Self::Submit => include_str!("scripts/submit.lua"),
            Self::Take => include_str!("scripts/take.lua"),
        }
    }
}

/// A call of a script.
#[derive(Clone, Debug)]
pub(crate) struct ScriptCall {
    pub(crate) script: Script,
    pub(crate) keys: Vec<String>,
    pub(crate) arguments: Vec<Vec<u8>>,
}

impl ScriptCall {
    pub(crate) fn new(script: Script, keys: impl IntoIterator<Item = String>) -> Self {
        Self {
            script,
            keys: keys.into_iter().collect(),
            arguments: Vec::new(),
        }
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, argument: impl Into<Vec<u8>>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds a number.
    pub(crate) fn number(self, number: impl Into<u64>) -> Self {
        self.arg(number.into().to_string())
    }

    /// Adds arguments.
    pub(crate) fn args<I: Into<Vec<u8>>>(mut self, arguments: impl IntoIterator<Item = I>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Returns the length of the call, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.arguments.iter().map(Vec::len).sum::<usize>() + 256
    }
}
