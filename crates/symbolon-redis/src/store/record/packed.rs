//! Texts one after the other, as `cmsgpack` of Redis packs and unpacks them: each is a text of MessagePack.

/// Packs.
pub(crate) struct Packer(Vec<u8>);

impl Packer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Adds bytes, with their count before them in the shortest form.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let count = bytes.len();
        match (u8::try_from(count), u16::try_from(count)) {
            (Ok(count @ ..0x20), _) => self.0.push(0xa0 | count),
            (Ok(count), _) => self.0.extend([0xd9, count]),
            (_, Ok(count)) => {
                self.0.push(0xda);
                self.0.extend(count.to_be_bytes());
            }
            _ => {
                self.0.push(0xdb);
                // No text of a session comes near to what does not fit: Redis takes 512 MiB for a value.
                self.0
                    .extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
            }
        }
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Adds a number as digits.
    pub(crate) fn number(&mut self, number: impl std::fmt::Display) {
        self.text(&number.to_string());
    }

    pub(crate) fn end(self) -> Vec<u8> {
        self.0
    }
}

/// Unpacks exactly so many texts; `None`: there are not those.
pub(crate) fn unpack<const N: usize>(mut packed: &[u8]) -> Option<[&[u8]; N]> {
    let mut texts: [&[u8]; N] = [&[]; N];
    for text in &mut texts {
        let count = take_count(&mut packed)?;
        (*text, packed) = packed.split_at_checked(count)?;
    }
    packed.is_empty().then_some(texts)
}

fn take_count(packed: &mut &[u8]) -> Option<usize> {
    let (first, rest) = packed.split_first()?;
    *packed = rest;
    match first {
        0xa0..=0xbf => Some(usize::from(first & 0x1f)),
        0xd9 => take_bytes::<1>(packed).map(|[count]| usize::from(count)),
        0xda => take_bytes(packed).map(|count| usize::from(u16::from_be_bytes(count))),
        0xdb => take_bytes(packed).and_then(|count| usize::try_from(u32::from_be_bytes(count)).ok()),
        _ => None,
    }
}

fn take_bytes<const N: usize>(packed: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, rest) = packed.split_first_chunk()?;
    *packed = rest;
    Some(*bytes)
}

#[cfg(test)]
mod tests {
    use super::{Packer, unpack};

    #[test]
    fn texts_of_every_length_are_unpacked_as_they_were_packed() {
        let all: Vec<Vec<u8>> = [0, 1, 31, 32, 255, 256, 65_535, 65_536]
            .map(|count: usize| vec![0xd9; count])
            .to_vec();
        let mut packer = Packer::with_capacity(0);
        for text in &all {
            packer.bytes(text);
        }
        packer.number(-7_i64);
        let packed = packer.end();
        let texts: [&[u8]; 9] = unpack(&packed).unwrap();
        assert_eq!(texts[..8], all);
        assert_eq!(texts[8], b"-7");
    }

    #[test]
    fn what_is_cut_short_too_long_or_no_text_is_not_unpacked() {
        let mut packer = Packer::with_capacity(0);
        packer.text("one");
        packer.bytes(&[7; 300]);
        let packed = packer.end();
        for end in 0..packed.len() {
            assert_eq!(unpack::<2>(&packed[..end]), None, "{end}");
        }
        assert_eq!(unpack::<1>(&packed), None);
        assert_eq!(unpack::<3>(&packed), None);
        assert_eq!(unpack::<1>(b"x"), None);
        assert_eq!(unpack::<1>(&[0xdb, 255, 255, 255, 255, 0]), None);
    }
}
