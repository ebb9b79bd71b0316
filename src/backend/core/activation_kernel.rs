//! Activation functions and their derivatives, as loops over many values.

use multiversion::multiversion;

use super::scalar::Scalar;
use crate::network::Activation;

/// LeCun's scaled tanh is A·tanh(S·z).
const AMPLITUDE: f64 = 1.7159;
const SLOPE: f64 = 2.0 / 3.0;

/// The loops of one activation function.
#[derive(Clone, Copy)]
pub struct ActivationKernel<T> {
    /// Replaces every z by a = σ(z).
    pub apply: fn(&mut [T]),
    /// Multiplies every gradient by σ′(z), given the a of each.
    pub scale: fn(&mut [T], &[T]),
    /// Likewise for the values of one group, but lets the positive part of the gradient pass if the
    /// function is silent at all of them.
    pub redirect: fn(&mut [T], &[T]),
}

impl<T: Scalar> ActivationKernel<T> {
    pub fn of(activation: Activation) -> ActivationKernel<T> {
        match activation {
            Activation::Relu => ActivationKernel::new::<Relu>(),
            Activation::Relu6 => ActivationKernel::new::<Relu6>(),
            Activation::Sigmoid => ActivationKernel::new::<Sigmoid>(),
            Activation::Tanh => ActivationKernel::new::<Tanh>(),
            Activation::ScaledTanh => ActivationKernel::new::<ScaledTanh>(),
            Activation::Softsign => ActivationKernel::new::<Softsign>(),
        }
    }

    fn new<F: Function<T>>() -> ActivationKernel<T> {
        ActivationKernel { apply: apply::<T, F>, scale: scale::<T, F>, redirect: redirect::<T, F> }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2+fma"))]
fn apply<T: Scalar, F: Function<T>>(values: &mut [T]) {
    for value in values {
        *value = F::value(*value);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2+fma"))]
fn scale<T: Scalar, F: Function<T>>(gradients: &mut [T], results: &[T]) {
    for (gradient, result) in gradients.iter_mut().zip(results) {
        *gradient *= F::derivative(*result);
    }
}

fn redirect<T: Scalar, F: Function<T>>(gradients: &mut [T], results: &[T]) {
    if F::IS_RECTIFIER && results.iter().all(|result| *result <= T::ZERO) {
        gradients.iter_mut().for_each(|gradient| *gradient = gradient.max(T::ZERO));
    } else {
        scale::<T, F>(gradients, results);
    }
}

/// An activation function σ.
trait Function<T> {
    /// Whether it is silent, with a gradient of zero, wherever z is negative.
    const IS_RECTIFIER: bool = false;

    /// a = σ(z).
    fn value(z: T) -> T;

    /// σ′(z), given a = σ(z).
    fn derivative(a: T) -> T;
}

struct Relu;

impl<T: Scalar> Function<T> for Relu {
    const IS_RECTIFIER: bool = true;

    #[inline(always)]
    fn value(z: T) -> T {
        z.max(T::ZERO)
    }

    #[inline(always)]
    fn derivative(a: T) -> T {
        if a > T::ZERO { T::ONE } else { T::ZERO }
    }
}

struct Relu6;

impl<T: Scalar> Function<T> for Relu6 {
    const IS_RECTIFIER: bool = true;

    #[inline(always)]
    fn value(z: T) -> T {
        z.max(T::ZERO).min(T::from_f64(6.0))
    }

    #[inline(always)]
    fn derivative(a: T) -> T {
        if a > T::ZERO && a < T::from_f64(6.0) { T::ONE } else { T::ZERO }
    }
}

struct Sigmoid;

impl<T: Scalar> Function<T> for Sigmoid {
    #[inline(always)]
    fn value(z: T) -> T {
        T::ONE / (T::ONE + (-z).exp())
    }

    #[inline(always)]
    fn derivative(a: T) -> T {
        a * (T::ONE - a)
    }
}

struct Tanh;

impl<T: Scalar> Function<T> for Tanh {
    #[inline(always)]
    fn value(z: T) -> T {
        z.tanh()
    }

    #[inline(always)]
    fn derivative(a: T) -> T {
        T::ONE - a * a
    }
}

struct ScaledTanh;

impl<T: Scalar> Function<T> for ScaledTanh {
    #[inline(always)]
    fn value(z: T) -> T {
        T::from_f64(AMPLITUDE) * (T::from_f64(SLOPE) * z).tanh()
    }

    #[inline(always)]
    fn derivative(a: T) -> T {
        T::from_f64(SLOPE / AMPLITUDE) * (T::from_f64(AMPLITUDE * AMPLITUDE) - a * a)
    }
}

struct Softsign;

impl<T: Scalar> Function<T> for Softsign {
    #[inline(always)]
    fn value(z: T) -> T {
        z / (T::ONE + z.abs())
    }

    #[inline(always)]
    fn derivative(a: T) -> T {
        let rest = T::ONE - a.abs();
        rest * rest
    }
}
