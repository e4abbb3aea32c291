//! The two numbers of an RSA public key, out of its DER form (RFC 8017, appendix A.1.1).

/// The modulus and the exponent, without leading zeros; `None`: it is not such a key.
pub(crate) fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    const SEQUENCE: u8 = 0x30;
    let (body, rest) = element(SEQUENCE, der)?;
    let (modulus, after) = number(body)?;
    let (exponent, end) = number(after)?;
    (rest.is_empty() && end.is_empty()).then_some((modulus, exponent))
}

fn number(der: &[u8]) -> Option<(&[u8], &[u8])> {
    const INTEGER: u8 = 0x02;
    let (bytes, rest) = element(INTEGER, der)?;
    // A leading zero says that the number is not negative.
    Some((bytes.strip_prefix(&[0]).unwrap_or(bytes), rest))
}

/// The content of the first element, which must have this tag, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (len, rest) = match first {
        0x00..=0x7f => (usize::from(*first), rest),
        0x81 => {
            let (len, rest) = rest.split_first()?;
            (usize::from(*len), rest)
        }
        0x82 => {
            let (len, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*len)), rest)
        }
        // A key of 2048 bits needs no more.
        _ => return None,
    };
    (*found == tag).then(|| rest.split_at_checked(len)).flatten()
}

#[cfg(test)]
mod tests {
    use super::rsa_numbers;

    #[test]
    fn the_numbers_are_read_without_leading_zeros() {
        let der = [0x30, 8, 0x02, 3, 0, 0x80, 1, 0x02, 1, 3];
        assert_eq!(rsa_numbers(&der), Some((&[0x80, 1][..], &[3][..])));
    }

    #[test]
    fn what_is_cut_off_too_long_or_something_else_is_no_key() {
        let der = [0x30, 8, 0x02, 3, 0, 0x80, 1, 0x02, 1, 3];
        for len in 0..der.len() {
            assert_eq!(rsa_numbers(&der[..len]), None, "{len}");
        }
        assert_eq!(rsa_numbers(&[der.as_slice(), &[0]].concat()), None);
        assert_eq!(rsa_numbers(&[0x31, 3, 0x02, 1, 1]), None);
        assert_eq!(rsa_numbers(&[0x30, 0x83, 0, 0, 0]), None);
    }
}
