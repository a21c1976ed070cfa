//! A connection's buffers: what has been read and is not used yet, and what is to be
//! written and waits for more.

use ureq::unversioned::transport::Buffers;

/// Two buffers of one size, which take no memory until they are used.
#[derive(Debug)]
pub(super) struct SocketBuffers {
    size: usize,
    input: Vec<u8>,
    consumed: usize,
    filled: usize,
    /// Whether the last look at the input made use of any of it.
    progress: bool,
    output: Vec<u8>,
    held: usize,
}

impl SocketBuffers {
    pub(super) fn new(size: usize) -> Self {
        SocketBuffers {
            size,
            input: Vec::new(),
            consumed: 0,
            filled: 0,
            progress: false,
            output: Vec::new(),
            held: 0,
        }
    }

    /// Holds the next `amount` bytes of the output, and tells whether there is room for
    /// little more.
    pub(super) fn hold(&mut self, amount: usize) -> bool {
        self.held += amount;
        self.held > self.size / 2
    }

    /// What is to be written.
    pub(super) fn held(&self) -> &[u8] {
        &self.output[..self.held]
    }

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
        self.progress = amount > 0;
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
        self.progress && self.consumed < self.filled
    }
}
