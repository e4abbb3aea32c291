//! Rows in the binary format of COPY (PostgreSQL's documentation of COPY, "Binary Format").

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::link::Value;

/// The signature, no flags, and no extension of the header.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What stands in the place of a length where there is no value, and in that of a count of columns after the last row.
const NOTHING: i32 = -1;
const END: i16 = -1;

/// How many bytes a row is expected to have: a session with a user agent.
const ROW: usize = 600;

/// The rows, as one piece. Every number of the schema is a BIGINT.
pub(super) fn encode<const N: usize>(rows: &[[Value<'_>; N]]) -> Bytes {
    let mut out = BytesMut::with_capacity(HEADER.len() + rows.len() * ROW);
    out.put_slice(HEADER);
    for row in rows {
        out.put_i16(i16::try_from(N).unwrap_or(i16::MAX));
        for value in row {
            put(&mut out, value);
        }
    }
    out.put_i16(END);
    out.freeze()
}

fn put(out: &mut BytesMut, value: &Value<'_>) {
    match *value {
        Value::Null => out.put_i32(NOTHING),
        Value::Int(number) => {
            out.put_i32(8);
            out.put_i64(number);
        }
        Value::Text(text) => put_bytes(out, text.as_bytes()),
        Value::Bytes(bytes) => put_bytes(out, bytes),
    }
}

fn put_bytes(out: &mut BytesMut, bytes: &[u8]) {
    // No value comes near two gigabytes; a row with one that did would be refused by its length.
    out.put_i32(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
    out.put_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::encode;
    use crate::link::Value;

    #[test]
    fn rows_are_written_as_the_format_says() {
        let rows = [[Value::Int(-2), Value::Text("é"), Value::Null, Value::Bytes(&[7])]];
        let wanted: &[&[u8]] = &[
            b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0",
            &[0, 4],
            &[0, 0, 0, 8, 255, 255, 255, 255, 255, 255, 255, 254],
            &[0, 0, 0, 2, 0xc3, 0xa9],
            &[255, 255, 255, 255],
            &[0, 0, 0, 1, 7],
            &[255, 255],
        ];
        assert_eq!(encode(&rows), wanted.concat());
    }
}
