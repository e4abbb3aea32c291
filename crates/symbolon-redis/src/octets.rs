//! Numbers, texts and bytes in a row, as facts and notices are written: numbers with the highest byte first, a text with
//! its length before it.

use symbolon_core::revocation::RevocationReason;

/// Writes. A text that is too long to be written makes the whole unwritable.
pub(crate) struct Writer {
    bytes: Vec<u8>,
    whole: bool,
}

impl Writer {
    pub(crate) fn new(first: u8, capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity);
        bytes.push(first);
        Self { bytes, whole: true }
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn unsigned(&mut self, number: u64) {
        self.bytes(&number.to_be_bytes());
    }

    pub(crate) fn signed(&mut self, number: i64) {
        self.bytes(&number.to_be_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        match u16::try_from(text.len()) {
            Ok(length) => {
                self.bytes(&length.to_be_bytes());
                self.bytes(text.as_bytes());
            }
            Err(_) => self.whole = false,
        }
    }

    /// A number of things that follow: few.
    pub(crate) fn count(&mut self, count: usize) {
        match u8::try_from(count) {
            Ok(count) => self.byte(count),
            Err(_) => self.whole = false,
        }
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// A value that may be absent: a byte that says so before it.
    pub(crate) fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    pub(crate) fn reason(&mut self, reason: RevocationReason) {
        self.byte(match reason {
            RevocationReason::Logout => 1,
            RevocationReason::Kicked => 2,
            RevocationReason::Replaced => 3,
            RevocationReason::Banned => 4,
            RevocationReason::PasswordChanged => 5,
            RevocationReason::ReuseDetected => 6,
            RevocationReason::Revoked => 7,
        });
    }

    /// All that was written; `None`: something could not be.
    pub(crate) fn end(self) -> Option<Vec<u8>> {
        self.whole.then_some(self.bytes)
    }
}

/// Reads what [`Writer`] has written. `None`: it was not.
pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    pub(crate) fn text(&mut self) -> Option<&'b str> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    pub(crate) fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.byte()? {
            0 => Some(None),
            1 => read(self).map(Some),
            _ => None,
        }
    }

    pub(crate) fn reason(&mut self) -> Option<RevocationReason> {
        Some(match self.byte()? {
            1 => RevocationReason::Logout,
            2 => RevocationReason::Kicked,
            3 => RevocationReason::Replaced,
            4 => RevocationReason::Banned,
            5 => RevocationReason::PasswordChanged,
            6 => RevocationReason::ReuseDetected,
            7 => RevocationReason::Revoked,
            _ => return None,
        })
    }

    /// Whether all was read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use symbolon_core::revocation::RevocationReason;

    use super::{Reader, Writer};

    #[test]
    fn every_reason_is_read_as_it_was_written() {
        for reason in RevocationReason::ALL {
            let mut writer = Writer::new(0, 2);
            writer.reason(reason);
            let bytes = writer.end().unwrap();
            assert_eq!(Reader::new(&bytes[1..]).reason(), Some(reason));
        }
        assert_eq!(Reader::new(&[0]).reason(), None);
        assert_eq!(Reader::new(&[8]).reason(), None);
    }

    #[test]
    fn a_text_too_long_for_its_length_is_not_written_in_part() {
        let longest = "a".repeat(usize::from(u16::MAX));
        let mut writer = Writer::new(0, 0);
        writer.text(&longest);
        assert_eq!(Reader::new(&writer.end().unwrap()[1..]).text(), Some(&*longest));
        let mut writer = Writer::new(0, 0);
        writer.text(&(longest + "a"));
        assert_eq!(writer.end(), None);
    }
}
