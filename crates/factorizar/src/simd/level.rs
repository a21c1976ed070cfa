//! The choice among functions that are compiled for several sets of vector instructions.

/// The vector instructions of the processor, as far as this module uses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// The instructions of every processor of the target.
    Portable,
    /// AVX2.
    Avx2,
    /// AVX-512 with F, BW, DQ and VL.
    Avx512,
}

impl Level {
    /// Asks the processor.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") {
                return Level::Avx512;
            }
            if has!("avx2") {
                return Level::Avx2;
            }
        }
        Level::Portable
    }
}

/// Compiles the function `$name` with the body `$body` for each level, and calls the one for
/// `level`, which [`Level::detect`] gave.
macro_rules! by_level {
    ($(#[$doc:meta])* $visibility:vis $name:ident = $body:ident ($($argument:ident: $type:ty),*) $(-> $result:ty)?) => {
        $(#[$doc])*
        $visibility fn $name(level: Level, $($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) $(-> $result)? {
                    $body($($argument),*)
                }
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2,avx2")]
                fn avx512($($argument: $type),*) $(-> $result)? {
                    $body($($argument),*)
                }
                let level = level.min(Level::detect());
                #[allow(unsafe_code, reason = "safe functions for processors that have the features")]
                match level {
                    // SAFETY: the processor has the features, since `detect` says so.
                    Level::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: as above.
                    Level::Avx2 => return unsafe { avx2($($argument),*) },
                    Level::Portable => {}
                }
            }
            $body($($argument),*)
        }
    };
}

pub(crate) use by_level;
