//! The second half of an ECDSA signature: of `s` and `n − s`, which both verify, only the lower one is taken.
//!
//! So a signature cannot be turned into another one of the same text (SEC 1, section 4.1, allows both).

/// The order of P-256 (SEC 2, section 2.4.2), halved: the largest low number.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde,
    0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Whether the number is the lower one. It is public: no care is taken about time.
pub(crate) fn is_low(number: &[u8; 32]) -> bool {
    *number <= HALF_ORDER
}

/// The order less the number, which must be below the order.
pub(crate) fn negated(number: &[u8; 32]) -> [u8; 32] {
    let mut difference = ORDER;
    let mut borrow = false;
    for (digit, less) in difference.iter_mut().zip(number).rev() {
        let (first, under) = digit.overflowing_sub(*less);
        let (second, under_too) = first.overflowing_sub(u8::from(borrow));
        *digit = second;
        borrow = under || under_too;
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::{HALF_ORDER, ORDER, is_low, negated};

    #[test]
    fn of_a_number_and_its_negative_exactly_one_is_low() {
        let mut one = [0; 32];
        one[31] = 1;
        for number in [one, HALF_ORDER, [0x11; 32], [0x80; 32]] {
            assert_ne!(is_low(&number), is_low(&negated(&number)), "{number:02x?}");
            assert_eq!(negated(&negated(&number)), number);
        }
    }

    #[test]
    fn the_limit_is_half_the_order() {
        let above = negated(&HALF_ORDER);
        let mut next = HALF_ORDER;
        next[31] += 1;
        assert_eq!(above, next);
        assert!(is_low(&HALF_ORDER) && !is_low(&above));
        assert_eq!(negated(&ORDER), [0; 32]);
    }
}
