//! Activations and gradients of the samples of a mini-batch, as seen by layers.

/// Values of some samples, read-only: sample n starts at `n · step`.
///
/// At least [`SLACK`](super::kernel::SLACK) meaningless values follow the last one.
#[derive(Clone, Copy)]
pub struct Batch<'a, T> {
    data: &'a [T],
    step: usize,
    volume: usize,
}

impl<'a, T> Batch<'a, T> {
    pub fn new(data: &'a [T], step: usize, volume: usize) -> Batch<'a, T> {
        Batch { data, step, volume }
    }

    /// The C×H×W values of sample `n`.
    pub fn sample(&self, n: usize) -> &'a [T] {
        &self.data[n * self.step..][..self.volume]
    }

    /// Everything from sample `n` on, for kernels that read beyond the end.
    pub fn from(&self, n: usize) -> &'a [T] {
        &self.data[n * self.step..]
    }

    /// The values of the first `count` samples, in one piece if they are contiguous.
    pub fn pieces(&self, count: usize) -> impl Iterator<Item = &'a [T]> {
        let Pieces { step, length, count } = Pieces::new(self.step, self.volume, count);
        self.data.chunks(step).take(count).map(move |piece| &piece[..length])
    }

    pub fn step(&self) -> usize {
        self.step
    }

    pub fn volume(&self) -> usize {
        self.volume
    }
}

/// Values of some samples, to be written.
pub struct BatchMut<'a, T> {
    data: &'a mut [T],
    step: usize,
    volume: usize,
}

impl<'a, T> BatchMut<'a, T> {
    pub fn new(data: &'a mut [T], step: usize, volume: usize) -> BatchMut<'a, T> {
        BatchMut { data, step, volume }
    }

    /// The C×H×W values of sample `n`.
    pub fn sample(&mut self, n: usize) -> &mut [T] {
        &mut self.data[n * self.step..][..self.volume]
    }

    /// Everything from sample `n` on.
    pub fn from(&mut self, n: usize) -> &mut [T] {
        &mut self.data[n * self.step..]
    }

    /// The values of the first `count` samples, as [`Batch::pieces`].
    pub fn pieces(&mut self, count: usize) -> impl Iterator<Item = &mut [T]> {
        let Pieces { step, length, count } = Pieces::new(self.step, self.volume, count);
        self.data.chunks_mut(step).take(count).map(move |piece| &mut piece[..length])
    }

    pub fn step(&self) -> usize {
        self.step
    }
}

/// The start, length and number of the contiguous pieces of some samples.
struct Pieces {
    step: usize,
    length: usize,
    count: usize,
}

impl Pieces {
    fn new(step: usize, volume: usize, count: usize) -> Pieces {
        match step == volume && count > 0 {
            true => Pieces { step: (count * volume).max(1), length: count * volume, count: 1 },
            false => Pieces { step: step.max(1), length: volume, count },
        }
    }
}

/// How results combine with existing values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// They replace them.
    Set,
    /// They are added to them.
    Add,
}

/// What every layer of a pass through a network needs to know.
#[derive(Clone, Copy)]
pub struct Pass<'a, T> {
    /// All parameters of the network.
    pub parameters: &'a [T],
    /// Number of samples.
    pub count: usize,
    /// Whether a layer may use several cores.
    pub parallel: bool,
    /// The seed of dropout; `None`: no dropout.
    pub seed: Option<u64>,
    /// Whether a rectifier that is silent lets pass back what would wake it.
    pub redirected: bool,
}
