//! Weight initialisation.

use crate::options::choices;

choices! {
    /// How weights are initialised, given the number of inputs per output (fan-in) and of outputs per
    /// input (fan-out).
    pub enum Initialisation {
        /// Uniform within ±√(6 / (fan-in + fan-out)), biases 0 (Glorot and Bengio 2010)
        Glorot "glorot",
        /// Uniform within ±1/√fan-in, biases 0: the former standard (Glorot and Bengio 2010, eq. 1)
        Uniform "uniform",
        /// Normal with standard deviation 1/√fan-in, biases 0 (LeCun et al. 1998)
        Lecun "lecun",
        /// Normal with standard deviation √(2 / fan-in), biases 0: for ReLU (He et al. 2015)
        He "he",
        /// Normal with standard deviation 1, biases too (Nielsen 2015, chapter 1)
        Normal "normal",
    }
}
