//! Activations and gradients of the samples of a mini-batch, as layers see them.

/// Some samples' values, read only: sample n begins at `n · step`.
///
/// At least [`SLACK`](super::kernel::SLACK) values of no meaning follow the last one.
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

    /// The values of the first `count` samples: in one piece where no others lie between them.
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

/// Some samples' values, to be written.
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

/// Where the pieces that samples make up begin, how long they are, and how many there are.
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

/// What becomes of values that are already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// They are replaced.
    Set,
    /// They are added to.
    Add,
}

/// What every layer of one pass through a network needs to know.
#[derive(Clone, Copy)]
pub struct Pass<'a, T> {
    /// All parameters of the network.
    pub parameters: &'a [T],
    /// Number of samples.
    pub count: usize,
    /// Whether a layer may share its work among the cores.
    pub parallel: bool,
    /// What dropout is drawn from; `None`: nothing is dropped.
    pub seed: Option<u64>,
}
