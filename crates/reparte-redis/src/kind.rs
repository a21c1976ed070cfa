//! The kinds of answers.

/// The code of the fault of a task that was lost with [`MOST_LOST`] workers.
pub(crate) const LOST: i32 = -32052;

/// The code of the fault of a task that no worker can do.
pub(crate) const UNFIT: i32 = -32053;

/// The number of different workers that are lost with a task before it is a suspect: a worker that
/// takes it has no other task.
pub(crate) const SUSPECT_AFTER: usize = 2;

/// The number of different workers that may be lost with a task. The task then fails.
pub(crate) const MOST_LOST: usize = 3;

/// The kind of an answer: the field `kind` of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerKind {
    /// The function's answer, a value or a fault.
    Answer,
    /// The work went on for longer than its limit.
    Overran,
    /// The task was lost with too many workers, and was not begun again.
    Lost,
    /// Several workers are unfit for the task, or all of them.
    Unfit,
    /// No answer yet: a worker has begun the task.
    Begun,
}

impl AnswerKind {
    /// Returns the kind's name in a result.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Overran => "overran",
            Self::Lost => "lost",
            Self::Unfit => "unfit",
            Self::Begun => "begun",
        }
    }

    /// Reads a name. An unknown one is that of an answer.
    pub(crate) fn read(name: &str) -> Self {
        let kinds = [Self::Overran, Self::Lost, Self::Unfit, Self::Begun];
        let found = kinds.into_iter().find(|kind| kind.name() == name);
        found.unwrap_or(Self::Answer)
    }
}
