//! Exponentials and logarithms from additions and multiplications alone.
//!
//! The standard library takes them from the platform, where the last digit differs from machine to machine. Models are
//! rebuilt and judged bit for bit, so they use these. Errors are below 1e-14 of the value.

use std::sync::LazyLock;

const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// e to the power of `x`; 0 and infinity where that is too small or too large to be written.
pub(crate) fn exp(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x > 709.0 {
        return f64::INFINITY;
    }
    if x < -708.0 {
        return 0.0;
    }
    let times = (x * core::f64::consts::LOG2_E).round();
    let rest = (x - times * LN_2_HIGH) - times * LN_2_LOW;
    // The series up to rest^13, from the last term on.
    let mut sum = 1.0;
    for term in (1..=13).rev() {
        sum = 1.0 + sum * rest / f64::from(term);
    }
    sum * power_of_two(times as i64)
}

/// The natural logarithm; minus infinity for what is not above 0.
pub(crate) fn ln(x: f64) -> f64 {
    let Some((exponent, rest)) = parts(x) else { return edge(x) };
    exponent * core::f64::consts::LN_2 + rest
}

/// The logarithm to the base 2, exact for powers of two; minus infinity for what is not above 0.
pub(crate) fn log2(x: f64) -> f64 {
    let Some((exponent, rest)) = parts(x) else { return edge(x) };
    exponent + rest * core::f64::consts::LOG2_E
}

/// The logarithm to the base 2 of a count, known beforehand for small ones; 0 of nothing.
pub(crate) fn log2_of(count: usize) -> f64 {
    static KNOWN: LazyLock<Vec<f64>> = LazyLock::new(|| (0..4096).map(exact).collect());
    fn exact(count: usize) -> f64 {
        log2(count.max(1) as f64)
    }
    KNOWN.get(count).copied().unwrap_or_else(|| exact(count))
}

/// 2 to the power of `x`.
pub(crate) fn exp2(x: f64) -> f64 {
    exp(x * core::f64::consts::LN_2)
}

/// 1 / (1 + e^-x), from 0 to 1.
pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent.
pub(crate) fn tanh(x: f64) -> f64 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// The normal number that is exceeded with probability `p` (Acklam's approximation, error below 2e-9 of the value).
pub(crate) fn normal_above(p: f64) -> f64 {
    let p = if p.is_nan() { 0.5 } else { p.clamp(1e-12, 1.0 - 1e-12) };
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    let polynomial = |all: &[f64], x: f64| all.iter().fold(0.0, |sum, next| sum * x + next);
    let tail = |p: f64| {
        let q = (-2.0 * ln(p)).sqrt();
        polynomial(&C, q) / polynomial(&D, q)
    };
    // The quantile of 1 - p.
    if p < 0.02425 {
        return -tail(p);
    }
    if p > 1.0 - 0.02425 {
        return tail(1.0 - p);
    }
    let q = 0.5 - p;
    let r = q * q;
    polynomial(&A, r) * q / polynomial(&B, r)
}

/// The logarithm of the gamma function of what is above 0 (Lanczos, error below 1e-13 of the value).
pub(crate) fn ln_gamma(x: f64) -> f64 {
    const G: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    // Only used for what is above 0; the recurrence carries the smallest up to where the series is good.
    if x < 0.5 {
        return ln_gamma(x + 1.0) - ln(x);
    }
    let x = x - 1.0;
    let [first, rest @ ..] = &G;
    let series = rest.iter().enumerate().fold(*first, |sum, (at, g)| sum + g / (x + at as f64 + 1.0));
    let t = x + 7.5;
    0.5 * ln(core::f64::consts::TAU) + (x + 0.5) * ln(t) - t + ln(series)
}

/// The exponent of a number and the logarithm of the rest, which lies about 1. None for what has no logarithm.
fn parts(x: f64) -> Option<(f64, f64)> {
    if !x.is_finite() || x <= 0.0 {
        return None;
    }
    // What is subnormal is made normal first.
    let (x, shifted) = if x < f64::MIN_POSITIVE { (x * power_of_two(54), 54) } else { (x, 0) };
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023 - shifted;
    let mut rest = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1023 << 52));
    if rest > core::f64::consts::SQRT_2 {
        rest *= 0.5;
        exponent += 1;
    }
    let s = (rest - 1.0) / (rest + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    for term in (0..=10).rev() {
        sum = sum * square + 1.0 / f64::from(2 * term + 1);
    }
    Some((exponent as f64, 2.0 * s * sum))
}

const fn edge(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY { x } else { f64::NEG_INFINITY }
}

const fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: f64, expect: f64) {
        assert!((found - expect).abs() <= 1e-13 * expect.abs().max(1.0), "{found} is not {expect}");
    }

    #[test]
    fn agree_with_the_platform() {
        for at in -3000..3000 {
            let x = f64::from(at) * 0.0317;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-13, "{x}");
            near(tanh(x), x.tanh());
            near(sigmoid(x), 1.0 / (1.0 + (-x).exp()));
            if at > 0 {
                near(ln(x), x.ln());
                near(log2(x * 1e-6), (x * 1e-6).log2());
            }
        }
        assert_eq!(log2(1024.0), 10.0);
        near(exp2(3.0), 8.0);
        assert_eq!((exp(0.0), exp(800.0), exp(-800.0)), (1.0, f64::INFINITY, 0.0));
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        near(ln(f64::MIN_POSITIVE / 8.0), (f64::MIN_POSITIVE / 8.0).ln());
        assert!(exp(f64::NAN).is_nan() && ln(f64::NAN).is_nan());
    }

    #[test]
    fn the_gamma_function_continues_the_factorials() {
        let mut factorial = 1.0_f64;
        for n in 1..20 {
            near(ln_gamma(f64::from(n)), factorial.ln());
            factorial *= f64::from(n);
        }
        near(ln_gamma(0.5), core::f64::consts::PI.sqrt().ln());
        near(ln_gamma(0.25), 1.288_022_524_698_077_4);
    }

    #[test]
    fn quantiles_of_the_normal_distribution() {
        for (p, expect) in
            [(0.5, 0.0), (0.025, 1.959_963_985), (0.999, -3.090_232_306), (0.16, 0.994_457_883)]
        {
            assert!((normal_above(p) - expect).abs() < 1e-8, "{p}");
        }
        assert!(normal_above(0.0) > 6.0 && normal_above(f64::NAN) == 0.0);
    }
}
