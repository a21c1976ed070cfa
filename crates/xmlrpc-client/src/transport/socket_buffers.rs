//! The buffers of a socket: input that is read and not used yet, and output that is held
//! until it is written.

use ureq::unversioned::transport::Buffers;

/// Two buffers of one size, which take no memory until they are used.
#[derive(Debug)]
pub(super) struct SocketBuffers {
    size: usize,
    /// Empty, or `size` bytes long.
    input: Vec<u8>,
    /// The input that is not used yet is `input[consumed..filled]`.
    consumed: usize,
    filled: usize,
    /// ureq used some of the input when it last looked at it.
    made_progress: bool,
    /// Empty, or `size` bytes long.
    output: Vec<u8>,
    /// The output that is not written yet is `output[..held]`.
    held: usize,
}

impl SocketBuffers {
    pub(super) fn new(size: usize) -> Self {
        SocketBuffers {
            size,
            input: Vec::new(),
            consumed: 0,
            filled: 0,
            made_progress: false,
            output: Vec::new(),
            held: 0,
        }
    }

    /// Holds the next `amount` bytes of the output. Returns whether they fill more than
    /// half of the buffer, so that they should be written.
    pub(super) fn hold(&mut self, amount: usize) -> bool {
        self.held += amount;
        self.held > self.size / 2
    }

    /// Returns the output that is to be written.
    pub(super) fn held(&self) -> &[u8] {
        &self.output[..self.held]
    }

    /// Frees the output buffer: its bytes are written.
    pub(super) fn release(&mut self) {
        self.held = 0;
    }
}

impl Buffers for SocketBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.output.resize(self.size, 0);
        &mut self.output[self.held..]
    }

    fn input(&self) -> &[u8] {
        &self.input[self.consumed..self.filled]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.input.resize(self.size, 0);
        self.input.copy_within(self.consumed..self.filled, 0);
        self.filled -= self.consumed;
        self.consumed = 0;
        &mut self.input[self.filled..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.made_progress = amount > 0;
        self.consumed += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.output();
        self.input_append_buf();
        (
            &mut self.input[self.filled..],
            &mut self.output[self.held..],
        )
    }

    fn can_use_input(&self) -> bool {
        self.made_progress && self.consumed < self.filled
    }
}
