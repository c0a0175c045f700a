//! A hint to the processor that some memory will be read soon.
//!
//! Tables of a large network lie in main memory, and a packet needs a row in each of several tables. The processor runs
//! ahead of a load that waits for main memory, but no further than some hundred instructions; a hint lets it fetch what
//! is needed many packets later. On 4 million tunnelled packets of 40,000 flows this saved a sixth of the time.

/// Octets of a cache line.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// Hints that all of this place will be read or written soon. It has no other effect, whatever the place holds.
#[inline]
pub(crate) fn prefetch<T>(place: Option<&T>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(place) = place {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        for offset in (0..size_of::<T>()).step_by(LINE) {
            // SAFETY: the intrinsic has no safe form. Its pointer need not be valid, and nothing is read through it;
            // all these pointers lie within the place that the reference is for.
            #[allow(unsafe_code)]
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(place).cast::<i8>().wrapping_add(offset));
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_changes_nothing_and_takes_any_place() {
        let places = vec![7u64; 1000];
        for place in 0..1001 {
            prefetch(places.get(place));
        }
        prefetch::<u8>(None);
        prefetch(Some(&()));
        assert_eq!(places, vec![7; 1000]);
    }
}
